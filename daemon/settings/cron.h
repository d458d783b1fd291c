#pragma once
// Cron expressions: five fields in a time zone, and the instants they name.

#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/time_zone.h"

namespace ntmd::settings {

/// "minute hour day-of-month month day-of-week"; lists, ranges, steps, names (mon, jan); day fields as in POSIX cron
/// (either matches when both are given). A local time that a zone skips fires at the first instant after the gap; one
/// that occurs twice fires once, at the first.
class Cron {
 public:
  /// The error names the field and what it may hold.
  static base::Result<Cron> parse(std::string_view expression);
  /// The first instant strictly after `after`; nullopt when there is none within 8 years ("30 2 31 2 *").
  [[nodiscard]] std::optional<base::Instant> next(base::Instant after, const base::TimeZone& zone) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] bool matches(std::chrono::year_month_day date) const;

  std::string text_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  bool any_day_ = true;
  bool any_weekday_ = true;
};

}  // namespace ntmd::settings
