#pragma once
// Records counted by unit and day, kept by month, and the figures that the counts tell.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/model/figure.h"
#include "daemon/store/records.h"

namespace ntmd::store {

constexpr std::size_t kMonthDays = 31;

/// Year × 12 + month - 1.
using Month = std::int32_t;
Month month_of(model::Day day);
model::Day first_day(Month month);
model::Day last_day(Month month);

/// A source's days and counters, in the order of the columns of a month: first for each day how many records have it,
/// then for each counter how many count; each by day of the month.
struct RecordSlots {
  std::vector<std::string> days;
  std::vector<RecordCounter> counters;  ///< their `day` is into `days`
  [[nodiscard]] std::size_t cells() const { return (days.size() + counters.size()) * kMonthDays; }
};

/// One row, its numbers those of the slots.
struct TalliedRow {
  std::uint32_t unit = 0;    ///< any dense numbering
  std::uint32_t counts = 0;  ///< bits of the counters
  std::array<std::int32_t, RecordLayout::kMostDays> days{};
  bool operator==(const TalliedRow&) const = default;
};

/// What rows add and take, by unit and month. One thread at a time.
class RecordTally {
 public:
  explicit RecordTally(const RecordSlots& slots) : slots_(slots) {}

  void add(const TalliedRow& row, std::int32_t sign);
  /// Months touched, times their cells: what memory holds.
  [[nodiscard]] std::size_t size() const { return changes_.size(); }
  /// Each once, in no promised order; those whose changes cancel are there, too.
  using Visit = std::function<base::Status(std::uint32_t unit, Month month, std::span<const std::int32_t> change)>;
  [[nodiscard]] base::Status visit(const Visit& visit) const;
  void clear();

 private:
  struct Months {
    Month first = 0;
    std::vector<std::uint32_t> places;  ///< 1 + into changes_, in cells; 0: untouched
  };
  std::int32_t* cells(std::uint32_t unit, Month month);

  std::uint32_t& place(std::uint32_t unit, Month month);

  const RecordSlots& slots_;
  std::vector<Months> units_;
  std::map<std::pair<std::uint32_t, Month>, std::uint32_t> unusual_;  ///< months of other centuries
  std::vector<std::int32_t> changes_;
};

/// A month's counts as they are stored: only what is not 0.
std::string encode_month(std::span<const std::int64_t> cells);
/// False when the bytes are damaged. `cells` has its size.
bool decode_month(std::string_view bytes, std::span<std::int64_t> cells);

struct UnitMonth {
  Month month = 0;
  model::Revision revision = 0;
  base::Instant received{};
  base::Instant recorded{};
  std::vector<std::int64_t> cells;
};

/// What holds for all units of a source.
struct RecordSpan {
  /// By day: the last month that any unit has records of, up to that of `daily_from`: a date to come is no sign of
  /// life.
  std::vector<std::optional<Month>> last;
  model::Day daily_from;
};

/// The figures of one unit, of `only` when given: flows, from its months by ascending date.
///
/// A source of records tells records, not months: from the unit's first record on, a month or day without any is 0, no
/// hole. So a window sums to the records that lie in it, whichever day it ends on: months that are over are told as a
/// whole, later ones in stretches that each end on a day with records (or with the unit's last of any kind). A unit
/// whose last record is old has zeros up to the last month that others have records of, so that a quiet unit is not a
/// stale one. Nothing is filled between records that lie more than two years apart (such a date is a slip), nor in
/// months that are not over.
void tell_figures(const model::UnitCode& unit, model::SourceId source, std::span<const UnitMonth> months,
                  const RecordSlots& slots, const RecordSpan& span, std::optional<model::ElementId> only,
                  const std::function<void(const model::Figure&)>& sink);

/// What a store that knows nothing else would tell of a delivery, by months. Reads its blocks.
base::Result<std::vector<model::Figure>> figures_alone(const StagedRecords& staged);

}  // namespace ntmd::store
