#include "daemon/store/record_months.h"

#include <algorithm>

namespace ntmd::store {
namespace {

constexpr Month kLongestGap = 24;

struct MonthDay {
  Month month;
  std::int32_t day;  ///< from 0
};

MonthDay split(std::int32_t day) {
  const auto ymd = model::Day(day).ymd();
  return {static_cast<int>(ymd.year()) * 12 + static_cast<std::int32_t>(static_cast<unsigned>(ymd.month())) - 1,
          static_cast<std::int32_t>(static_cast<unsigned>(ymd.day())) - 1};
}

/// Most days lie in these years.
const std::vector<MonthDay>& known_days() {
  static const std::vector<MonthDay> days = [] {
    std::vector<MonthDay> made;
    for (std::int32_t day = 0; day < 40'000; ++day) made.push_back(split(day));
    return made;
  }();
  return days;
}

MonthDay month_day(std::int32_t day) {
  static const auto& known = known_days();
  return day >= 0 && static_cast<std::size_t>(day) < known.size() ? known[static_cast<std::size_t>(day)] : split(day);
}

void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>(0x80U | (value & 0x7FU));
  out += static_cast<char>(value);
}

bool take_number(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

Month month_of(model::Day day) { return month_day(day.since_epoch()).month; }

model::Day first_day(Month month) {
  return model::Day(std::chrono::year(month / 12) / static_cast<int>(month % 12 + 1) / 1);
}

model::Day last_day(Month month) {
  return model::Day(std::chrono::year_month_day(std::chrono::year(month / 12) / static_cast<int>(month % 12 + 1) /
                                                std::chrono::last));
}

std::uint32_t& RecordTally::place(std::uint32_t unit, Month month) {
  constexpr Month kUsual = 1970 * 12;
  constexpr Month kUsualEnd = 2070 * 12;
  if (month < kUsual || month >= kUsualEnd) return unusual_[{unit, month}];
  if (unit >= units_.size()) units_.resize(unit + std::size_t{1});
  auto& months = units_[unit];
  if (months.places.empty()) months.first = month;
  if (month < months.first) {
    months.places.insert(months.places.begin(), static_cast<std::size_t>(months.first - month), 0);
    months.first = month;
  }
  const auto at = static_cast<std::size_t>(month - months.first);
  if (at >= months.places.size()) months.places.resize(at + 1);
  return months.places[at];
}

std::int32_t* RecordTally::cells(std::uint32_t unit, Month month) {
  auto& at = place(unit, month);
  if (at == 0) {
    at = static_cast<std::uint32_t>(changes_.size() / slots_.cells()) + 1;
    changes_.resize(changes_.size() + slots_.cells());
  }
  return changes_.data() + (at - std::size_t{1}) * slots_.cells();
}

void RecordTally::add(const TalliedRow& row, std::int32_t sign) {
  for (std::size_t day = 0; day < slots_.days.size(); ++day) {
    if (row.days[day] == RecordBlock::kNoDay) continue;
    const auto at = month_day(row.days[day]);
    auto* const into = cells(row.unit, at.month) + at.day;
    into[day * kMonthDays] += sign;
    if (row.counts == 0) continue;
    auto* const counters = into + slots_.days.size() * kMonthDays;
    for (std::size_t i = 0; i < slots_.counters.size(); ++i) {
      if (slots_.counters[i].day == day && (row.counts >> i & 1U) != 0) counters[i * kMonthDays] += sign;
    }
  }
}

base::Status RecordTally::visit(const Visit& visit) const {
  const auto change = [&](std::uint32_t place) {
    return std::span(changes_).subspan((place - std::size_t{1}) * slots_.cells(), slots_.cells());
  };
  for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
    const auto& months = units_[unit];
    for (std::size_t i = 0; i < months.places.size(); ++i) {
      if (months.places[i] == 0) continue;
      if (auto done = visit(unit, months.first + static_cast<Month>(i), change(months.places[i])); !done) return done;
    }
  }
  for (const auto& [where, place] : unusual_) {
    if (auto done = visit(where.first, where.second, change(place)); !done) return done;
  }
  return {};
}

void RecordTally::clear() {
  units_.clear();
  unusual_.clear();
  changes_.clear();
}

std::string encode_month(std::span<const std::int64_t> cells) {
  std::string out;
  for (std::size_t column = 0; column * kMonthDays < cells.size(); ++column) {
    const auto days = cells.subspan(column * kMonthDays, kMonthDays);
    const auto filled = std::ranges::count_if(days, [](auto count) { return count != 0; });
    if (filled == 0) continue;
    put_number(out, column);
    put_number(out, static_cast<std::uint64_t>(filled));
    for (std::size_t day = 0; day < kMonthDays; ++day) {
      if (days[day] == 0) continue;
      put_number(out, day);
      put_number(out, static_cast<std::uint64_t>(days[day]));
    }
  }
  return out;
}

bool decode_month(std::string_view bytes, std::span<std::int64_t> cells) {
  std::ranges::fill(cells, 0);
  while (!bytes.empty()) {
    std::uint64_t column = 0;
    std::uint64_t filled = 0;
    if (!take_number(bytes, column) || !take_number(bytes, filled)) return false;
    if (column >= cells.size() / kMonthDays || filled > kMonthDays) return false;
    for (; filled > 0; --filled) {
      std::uint64_t day = 0;
      std::uint64_t count = 0;
      if (!take_number(bytes, day) || !take_number(bytes, count) || day >= kMonthDays) return false;
      cells[column * kMonthDays + day] = static_cast<std::int64_t>(count);
    }
  }
  return true;
}

namespace {

/// One element of one unit.
class Teller {
 public:
  Teller(std::span<const UnitMonth> months, const RecordSlots& slots, const RecordSpan& span,
         const std::function<void(const model::Figure&)>& sink, model::Figure figure)
      : months_(months), slots_(slots), span_(span), sink_(sink), figure_(figure) {
    for (std::size_t i = 0; i < slots.counters.size(); ++i) {
      if (slots.counters[i].element == figure_.element) counters_.push_back(i);
    }
  }

  void tell() {
    std::optional<Month> told;  // up to it everything is told
    std::optional<Month> end;   // the last month of the source
    for (const auto counter : counters_) end = std::max(end, span_.last.at(slots_.counters[counter].day));
    for (const auto& month : months_) {
      const auto last = last_told(month);
      if (!last) continue;
      if (told && month.month - *told <= kLongestGap) zeros(*told + 1, month.month);
      take(month);
      told = month.month;
      if (last_day(month.month) < span_.daily_from) {
        put(first_day(month.month), last_day(month.month), sum(month));
      } else {
        by_days(month, month.month < end ? last_day(month.month) : first_day(month.month) + *last);
      }
    }
    if (told && end && *end - *told <= kLongestGap) zeros(*told + 1, *end);
  }

 private:
  /// The last day of the month, from 0, with a record that has one of the element's days.
  [[nodiscard]] std::optional<std::int32_t> last_told(const UnitMonth& month) const {
    for (std::int32_t day = kMonthDays - 1; day >= 0; --day) {
      for (const auto counter : counters_) {
        if (month.cells[slots_.counters[counter].day * kMonthDays + static_cast<std::size_t>(day)] != 0) return day;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::int64_t on(const UnitMonth& month, std::size_t day) const {
    std::int64_t sum = 0;
    for (const auto counter : counters_) sum += month.cells[(slots_.days.size() + counter) * kMonthDays + day];
    return sum;
  }
  [[nodiscard]] std::int64_t sum(const UnitMonth& month) const {
    std::int64_t sum = 0;
    for (std::size_t day = 0; day < kMonthDays; ++day) sum += on(month, day);
    return sum;
  }
  void take(const UnitMonth& month) {
    figure_.revision = month.revision;
    figure_.received = month.received;
    figure_.recorded = month.recorded;
  }
  /// From `month` up to `before`.
  void zeros(Month month, Month before) {
    before = std::min(before, month_of(span_.daily_from));
    for (; month < before; ++month) put(first_day(month), last_day(month), 0);
  }
  void by_days(const UnitMonth& month, model::Day end) {
    auto from = first_day(month.month);
    for (std::size_t day = 0; day < kMonthDays; ++day) {
      const auto count = on(month, day);
      if (count == 0) continue;
      const auto until = first_day(month.month) + static_cast<int>(day);
      put(from, until, count);
      from = until + 1;
    }
    if (from <= end) put(from, end, 0);
  }
  void put(model::Day first, model::Day last, std::int64_t value) {
    figure_.period = {first, last};
    figure_.value = value;
    sink_(figure_);
  }

  std::span<const UnitMonth> months_;
  const RecordSlots& slots_;
  const RecordSpan& span_;
  const std::function<void(const model::Figure&)>& sink_;
  model::Figure figure_;
  std::vector<std::size_t> counters_;
};

}  // namespace

void tell_figures(const model::UnitCode& unit, model::SourceId source, std::span<const UnitMonth> months,
                  const RecordSlots& slots, const RecordSpan& span, std::optional<model::ElementId> only,
                  const std::function<void(const model::Figure&)>& sink) {
  std::vector<model::ElementId> elements;
  for (const auto& counter : slots.counters) elements.push_back(counter.element);
  std::ranges::sort(elements);
  elements.erase(std::ranges::unique(elements).begin(), elements.end());
  model::Figure figure;
  figure.unit = unit;
  figure.source = source;
  for (const auto element : elements) {
    if (only && element != *only) continue;
    figure.element = element;
    Teller(months, slots, span, sink, figure).tell();
  }
}

base::Result<std::vector<model::Figure>> figures_alone(const StagedRecords& staged) {
  const RecordSlots slots{staged.layout.days, staged.layout.counters};
  RecordTally tally(slots);
  RecordBlock block;
  while (true) {
    const auto next = staged.blocks->next();
    if (!next) return std::unexpected(next.error());
    if (*next == nullptr) break;
    if (auto read = unpack((*next)->bytes, slots.days.size(), block); !read) return std::unexpected(read.error());
    for (std::size_t i = 0; i < block.size(); ++i) {
      TalliedRow row{block.units[i], block.counts[i], {}};
      for (std::size_t day = 0; day < block.days.size(); ++day) row.days[day] = block.days[day][i];
      tally.add(row, 1);
    }
  }
  RecordSpan span{std::vector<std::optional<Month>>(slots.days.size()), last_day(10'000 * 12 - 1)};
  std::vector<std::vector<UnitMonth>> months(staged.layout.units.size());
  auto read = tally.visit([&](std::uint32_t unit, Month month, std::span<const std::int32_t> change) -> base::Status {
    auto& made = months.at(unit).emplace_back();
    made.month = month;
    made.cells.assign(change.begin(), change.end());
    for (std::size_t day = 0; day < slots.days.size(); ++day) {
      const auto cells = change.subspan(day * kMonthDays, kMonthDays);
      if (std::ranges::any_of(cells, [](auto count) { return count != 0; }))
        span.last[day] = std::max(span.last[day], std::optional(month));
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  std::vector<model::Figure> figures;
  for (std::uint32_t unit = 0; unit < months.size(); ++unit) {
    std::ranges::sort(months[unit], {}, &UnitMonth::month);
    tell_figures(staged.layout.units[unit], 0, months[unit], slots, span, std::nullopt,
                 [&](const model::Figure& figure) { figures.push_back(figure); });
  }
  return figures;
}

}  // namespace ntmd::store
