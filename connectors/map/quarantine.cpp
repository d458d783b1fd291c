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
                     std::string message, Cell value) {
  ++count_;
  if (!keeps()) return;
  RefusedRow row;
  row.line = lines_ ? line : 0;
  row.byte = byte;
  row.column = column;
  row.rule = rule;
  row.message = lines_ ? std::move(message) : fmt::format("record {}: {}", line, message);
  if (!personal_ && has_value(value)) row.value = base::printable(base::mask_numbers(std::string(value)), kShown);
  rows_.push_back({document_, line, std::move(row)});
}

Quarantine Quarantine::beside() const {
  Quarantine other(lines_, personal_);
  other.room_ = room_ - rows_.size();
  return other;
}

void Quarantine::take_in(Quarantine& other, std::uint64_t line, std::uint64_t byte) {
  // In the order in which they would have come: the first ones are kept.
  count_ += other.count_;
  for (auto& kept : other.rows_) {
    if (!keeps()) break;
    kept.line += line;
    kept.row.line = lines_ ? kept.line : 0;
    kept.row.byte += byte;
    rows_.push_back({document_, kept.line, std::move(kept.row)});
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
