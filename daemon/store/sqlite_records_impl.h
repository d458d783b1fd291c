#pragma once
// The parts that sqlite_records*.cpp share.

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/store/sqlite_records.h"

namespace ntmd::store {

/// Unit codes as dense numbers, for one piece of work.
class RecordBook::Units {
 public:
  std::uint32_t number(const model::UnitCode& code) {
    const auto [place, fresh] = numbers_.try_emplace(code, static_cast<std::uint32_t>(codes_.size()));
    if (fresh) codes_.push_back(code);
    return place->second;
  }
  [[nodiscard]] const model::UnitCode& code(std::uint32_t number) const { return codes_.at(number); }

 private:
  std::unordered_map<model::UnitCode, std::uint32_t> numbers_;
  std::vector<model::UnitCode> codes_;
};

/// A delivery's rows, and what their numbers are in the source's slots and the units of the work.
struct RecordBook::Delivery {
  model::Revision revision = 0;
  std::int64_t source = 0;
  model::Day daily_from;
  unsigned bits = 0;
  std::uint64_t rows = 0;
  std::tuple<base::Instant, std::string, model::Revision, model::Revision> rank;
  std::vector<std::uint32_t> units;
  std::vector<std::uint32_t> days;
  std::vector<std::uint32_t> counters;
  bool same_counters = false;  ///< numbered as the slots are

  [[nodiscard]] TalliedRow row(const RecordBlock& block, std::size_t i) const {
    TalliedRow row;
    row.unit = units[block.units[i]];
    row.counts = block.counts[i];
    if (!same_counters) {
      row.counts = 0;
      for (std::size_t bit = 0; bit < counters.size(); ++bit) {
        if ((block.counts[i] >> bit & 1U) != 0) row.counts |= 1U << counters[bit];
      }
    }
    row.days.fill(RecordBlock::kNoDay);
    for (std::size_t day = 0; day < days.size(); ++day) row.days[days[day]] = block.days[day][i];
    return row;
  }
  /// Whether the numbers in the block are among those that the delivery declared.
  [[nodiscard]] bool explains(const RecordBlock& block) const {
    const auto known = counters.size() == 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << counters.size()) - 1;
    return std::ranges::all_of(block.units, [&](auto unit) { return unit < units.size(); }) &&
           std::ranges::all_of(block.counts, [&](auto counts) { return (counts & ~known) == 0; });
  }
};

}  // namespace ntmd::store
