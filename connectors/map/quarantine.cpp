#include "connectors/map/quarantine.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/base/personal.h"
#include "daemon/base/utf8.h"

namespace ntmd::connectors {
namespace {

constexpr std::size_t kShown = 100;

}  // namespace

void Quarantine::add(const RowFault& fault) {
  add(fault.line, fault.byte, fault.column, fault.rule, fault.message, kNoValue);
}

void Quarantine::add(std::uint64_t line, std::uint64_t byte, std::string_view column, std::string_view rule,
                     std::string_view message, Cell value) {
  ++count_;
  if (!keeps()) return;
  Kept kept;
  kept.document = document_;
  kept.line = line;
  kept.byte = byte;
  kept.column = texts_.intern(column);
  kept.rule = texts_.intern(rule);
  kept.message = texts_.intern(message);
  if (!personal_ && has_value(value))
    kept.value = texts_.intern(base::printable(base::mask_numbers(std::string(value)), kShown));
  rows_.push_back(kept);
}

RefusedRow Quarantine::row_of(const Kept& kept) const {
  RefusedRow row;
  row.line = lines_ ? kept.line : 0;
  row.byte = kept.byte;
  row.column = texts_.name(kept.column);
  row.rule = texts_.name(kept.rule);
  row.message = lines_ ? texts_.name(kept.message) : fmt::format("record {}: {}", kept.line, texts_.name(kept.message));
  if (kept.value) row.value = texts_.name(*kept.value);
  return row;
}

Quarantine Quarantine::beside() const {
  Quarantine other(lines_, personal_);
  other.room_ = room_ - rows_.size();
  return other;
}

void Quarantine::take_in(Quarantine& other, std::uint64_t line, std::uint64_t byte) {
  // In the order in which they would have come: the first ones are kept.
  count_ += other.count_;
  for (const auto& theirs : other.rows_) {
    if (!keeps()) break;
    auto kept = theirs;
    kept.document = document_;
    kept.line += line;
    kept.byte += byte;
    kept.column = texts_.intern(other.texts_.name(theirs.column));
    kept.rule = texts_.intern(other.texts_.name(theirs.rule));
    kept.message = texts_.intern(other.texts_.name(theirs.message));
    if (theirs.value) kept.value = texts_.intern(other.texts_.name(*theirs.value));
    rows_.push_back(kept);
  }
  other.rows_.clear();
}

void Quarantine::sort() {
  // Faults come field by field; a row has one at most.
  std::stable_sort(rows_.begin(), rows_.end(), [](const Kept& a, const Kept& b) {
    return a.document != b.document ? a.document < b.document : a.line < b.line;
  });
}

}  // namespace ntmd::connectors
