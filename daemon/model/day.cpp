#include "daemon/model/day.h"

#include <fmt/format.h>

namespace ntmd::model {
namespace {

/// The number that `digits` spells; nullopt when one of them is none.
std::optional<int> number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = (value * 10) + (c - '0');
  }
  return value;
}

}  // namespace

bool Day::set_any(int year, unsigned month, unsigned day) {
  if (year < 1 || year > 9999) return false;
  if (month > 12 || day > 31) return false;  // the calendar types keep only the low bits
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!ymd.ok()) return false;
  *this = Day(ymd);
  return true;
}

const std::array<std::int32_t, Day::kMonths + 1> Day::kFirstDays = [] {
  std::array<std::int32_t, kMonths + 1> days{};
  for (int month = 0; month <= kMonths; ++month) {
    const auto ymd = std::chrono::year(kFirstYear + (month / 12)) / ((month % 12) + 1) / 1;
    days[static_cast<std::size_t>(month)] = Day(ymd).since_epoch();
  }
  return days;
}();

std::optional<Day> Day::parse(std::string_view iso) {
  if (iso.size() != 10 || iso[4] != '-' || iso[7] != '-') return std::nullopt;
  const auto year = number(iso.substr(0, 4));
  const auto month = number(iso.substr(5, 2));
  const auto day = number(iso.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  return of(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day));
}

std::string Day::iso() const {
  const auto date = ymd();
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace ntmd::model
