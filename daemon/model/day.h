#pragma once
// Calendar days and spans of them: what figures and verdicts are dated by.

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace ntmd::model {

/// A day of the Gregorian calendar, 0001-01-01 to 9999-12-31; counted from 1970-01-01.
class Day {
 public:
  constexpr Day() = default;
  constexpr explicit Day(std::int32_t since_epoch) : days_(since_epoch) {}
  constexpr explicit Day(std::chrono::year_month_day ymd)
      : days_(static_cast<std::int32_t>(std::chrono::sys_days(ymd).time_since_epoch().count())) {}

  /// nullopt unless it is a real date in these years.
  static std::optional<Day> of(int year, unsigned month, unsigned day) {
    Day found;
    return found.set(year, month, day) ? std::optional(found) : std::nullopt;
  }
  /// The same without an optional, which costs more than the calendar does. False: it stays what it was.
  bool set(int year, unsigned month, unsigned day) {
    const auto at = static_cast<unsigned>((year - kFirstYear) * 12) + month - 1;
    if (year < kFirstYear || year > kLastYear || month - 1 >= 12) return set_any(year, month, day);
    const auto first = kFirstDays[at];
    if (day - 1 >= static_cast<unsigned>(kFirstDays[at + 1] - first)) return false;
    days_ = first + static_cast<std::int32_t>(day) - 1;
    return true;
  }
  /// Exactly "yyyy-MM-dd".
  static std::optional<Day> parse(std::string_view iso);

  [[nodiscard]] constexpr std::int32_t since_epoch() const { return days_; }
  [[nodiscard]] constexpr std::chrono::year_month_day ymd() const {
    return std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(days_)));
  }
  [[nodiscard]] constexpr int year() const { return static_cast<int>(ymd().year()); }
  [[nodiscard]] std::string iso() const;

  friend constexpr auto operator<=>(Day, Day) = default;
  friend constexpr Day operator+(Day day, int n) { return Day(day.days_ + n); }
  friend constexpr Day operator-(Day day, int n) { return Day(day.days_ - n); }
  friend constexpr std::int32_t operator-(Day a, Day b) { return a.days_ - b.days_; }

 private:
  // The years that nearly all dates are in: their months begin on these days.
  static constexpr int kFirstYear = 1900;
  static constexpr int kLastYear = 2099;
  static constexpr int kMonths = (kLastYear + 1 - kFirstYear) * 12;
  static const std::array<std::int32_t, kMonths + 1> kFirstDays;
  bool set_any(int year, unsigned month, unsigned day);

  std::int32_t days_ = 0;
};

/// First to last day, both included.
struct Period {
  Day first;
  Day last;
  friend constexpr auto operator<=>(const Period&, const Period&) = default;
  [[nodiscard]] constexpr bool inside(const Period& window) const {
    return window.first <= first && last <= window.last;
  }
};

}  // namespace ntmd::model
