#include "daemon/base/clock.h"

#include <fmt/format.h>

namespace ntmd::base {
namespace {

std::string seconds_text(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day ymd(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

}  // namespace

Instant SystemClock::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Steady SystemClock::steady() const { return std::chrono::steady_clock::now(); }

void ManualClock::advance(std::chrono::microseconds by) {
  now_ += by;
  steady_ += by;
}

std::string to_rfc3339(Instant instant) { return seconds_text(instant) + "Z"; }

std::string to_rfc3339_micros(Instant instant) {
  const auto micros = instant - std::chrono::floor<std::chrono::seconds>(instant);
  return fmt::format("{}.{:06}Z", seconds_text(instant), micros.count());
}

}  // namespace ntmd::base
