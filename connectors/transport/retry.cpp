#include "connectors/transport/retry.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace ntmd::connectors {
namespace {

constexpr std::chrono::seconds kLongest{std::chrono::hours(24 * 365)};

Verdict judge_slow_down(const Response& response, const RetryLimits& limits, std::uint32_t tries, base::Instant now,
                        std::string_view subject) {
  const auto wait = parse_retry_after(response.header("retry-after"), now);
  const auto fail = [&](std::string_view fact) {
    return base::Error{
        base::Fault::slow_down,
        fmt::format("{}: HTTP {} {}, expected an answer; asked again on schedule", subject, response.status, fact),
        wait.value_or(std::chrono::seconds(0))};
  };
  if (!wait) return fail("without a Retry-After");
  if (*wait > limits.retry_after_max) return fail(fmt::format("with Retry-After {} s", wait->count()));
  if (tries >= limits.tries) return fail(fmt::format("after {} tries", tries));
  return TryAgain{*wait, true};
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, base::Instant now) {
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  if (value.empty()) return std::nullopt;
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    return error == std::errc{} ? std::min(std::chrono::seconds(seconds), kLongest) : kLongest;
  }
  // curl_getdate takes nearly anything for a date; the three forms of RFC 9110 begin with the day's name.
  static constexpr std::string_view kDays = "MonTueWedThuFriSatSun";
  const auto day = kDays.find(value.substr(0, 3));
  if (value.size() < 24 || day == std::string_view::npos || day % 3 != 0) return std::nullopt;
  const time_t at = curl_getdate(std::string(value).c_str(), nullptr);
  if (at < 0) return std::nullopt;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(base::Instant(std::chrono::seconds(at)) - now);
  return std::clamp(wait, std::chrono::seconds(0), kLongest);
}

std::chrono::milliseconds backoff_after(const RetryLimits& limits, std::uint32_t tries) {
  std::chrono::milliseconds wait = limits.backoff;
  for (std::uint32_t i = 1; i < tries && wait < limits.backoff_cap; ++i) wait *= 2;
  return std::min(wait, limits.backoff_cap);
}

Verdict judge(const Response& response, const RetryLimits& limits, std::uint32_t tries, base::Instant now,
              std::string_view subject) {
  if (response.status == 429) return judge_slow_down(response, limits, tries, now, subject);
  if (response.status == 503 && !response.header("retry-after").empty()) {
    return judge_slow_down(response, limits, tries, now, subject);
  }
  if (response.status != 408 && response.status < 500) return GiveOn{};
  return judge(
      base::Error{base::Fault::retry_later, fmt::format("{}: HTTP {}, expected an answer", subject, response.status)},
      true, limits, tries);
}

Verdict judge(const base::Error& error, bool again, const RetryLimits& limits, std::uint32_t tries) {
  if (again && tries < limits.tries) return TryAgain{backoff_after(limits, tries), false};
  if (!again || tries < 2) return error;
  return base::Error{error.fault, fmt::format("{}; tried {} times", error.what, tries), error.wait};
}

}  // namespace ntmd::connectors
