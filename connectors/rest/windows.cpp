#include <fmt/format.h>

#include <algorithm>

#include "connectors/rest/rest_exchange.h"

namespace ntmd::connectors {
namespace {

RestWindow month_window(std::chrono::year_month month) {
  using std::chrono::last;
  const int year = static_cast<int>(month.year());
  const auto number = static_cast<unsigned>(month.month());
  return {fmt::format("{:04}-{:02}", year, number),
          {model::Day(month / 1), model::Day(std::chrono::year_month_day(month / last))}};
}

/// Every month of the assessment years that ended before `today`.
std::vector<RestWindow> finished_months(const RestSpec& spec, model::Day today) {
  const auto year = today.ymd().year();
  const int into_year = today - model::Day(year / std::chrono::January / 1);
  auto month = year / std::chrono::January;
  if (into_year < spec.previous_year_until.count()) month -= std::chrono::years(1);
  std::vector<RestWindow> out;
  for (;; month += std::chrono::months(1)) {
    RestWindow window = month_window(month);
    if (window.period.last >= today) return out;
    out.push_back(std::move(window));
  }
}

}  // namespace

std::vector<RestWindow> windows_to_poll(const RestSpec& spec, model::Day today,
                                        const std::optional<std::string>& cursor) {
  if (spec.window == WindowKind::today) return {{today.iso(), {today, today}}};
  std::vector<RestWindow> months = finished_months(spec, today);
  if (!cursor) return months;
  const std::size_t again = months.size() - std::min<std::size_t>(months.size(), spec.ask_again);
  std::size_t at = 0;
  std::erase_if(months, [&](const RestWindow& window) { return at++ < again && window.name <= *cursor; });
  return months;
}

std::optional<std::string> cursor_after(const std::optional<std::string>& cursor, const RestWindow& delivered,
                                        bool all_before) {
  if (!all_before || (cursor && *cursor >= delivered.name)) return cursor;
  return delivered.name;
}

}  // namespace ntmd::connectors
