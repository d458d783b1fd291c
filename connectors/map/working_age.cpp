#include "connectors/map/working_age.h"

#include <array>
#include <charconv>
#include <stdexcept>
#include <string_view>

#include "schemas/embedded.h"

namespace ntmd::connectors {
namespace {

constexpr int kFromMonths = 15 * 12;

struct Limits {
  int men = 0;
  int women = 0;
};

/// The table's row of `year`, or its nearest.
Limits limits_of(int year) {
  auto text = schemas::embedded("schemas/tables/working_age.csv");
  Limits nearest;
  bool header = true;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || header) {
      header = header && line.empty();
      continue;
    }
    std::array<int, 5> numbers{};
    for (auto& number : numbers) {
      const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), number);
      if (error != std::errc{}) throw std::logic_error("schemas/tables/working_age.csv: a field is no number");
      line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
      if (line.starts_with(",")) line.remove_prefix(1);
    }
    if (numbers[0] > year && nearest.men != 0) break;
    nearest = {numbers[1] * 12 + numbers[2], numbers[3] * 12 + numbers[4]};
    if (numbers[0] >= year) break;
  }
  if (nearest.men == 0) throw std::logic_error("schemas/tables/working_age.csv: is empty");
  return nearest;
}

/// The first day of birth for which `months` later lies after `on`.
model::Day first_not_reached(model::Day on, int months) {
  auto born = add_months(on, -months) - 5;
  while (add_months(born, months) <= on) born = born + 1;
  return born;
}

}  // namespace

model::Day add_months(model::Day day, int months) {
  const auto from = day.ymd();
  const auto month = std::chrono::year_month(from.year(), from.month()) + std::chrono::months(months);
  const auto last = std::chrono::year_month_day(month / std::chrono::last);
  return model::Day(std::chrono::year_month_day(month.year(), month.month(), std::min(from.day(), last.day())));
}

WorkingAge::WorkingAge(model::Day on) {
  const auto limits = limits_of(on.year());
  latest_ = first_not_reached(on, kFromMonths) - 1;
  earliest_male_ = first_not_reached(on, limits.men);
  earliest_female_ = first_not_reached(on, limits.women);
}

}  // namespace ntmd::connectors
