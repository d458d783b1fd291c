#pragma once
// What to do after a try: give the answer on, wait and try again, or fail. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "connectors/wire/message.h"
#include "connectors/wire/retry_limits.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

/// The answer goes to who asked.
struct GiveOn {};
/// Try again after `wait`; with `whole_host` nobody asks that host before.
struct TryAgain {
  std::chrono::milliseconds wait;
  bool whole_host = false;
};
using Verdict = std::variant<GiveOn, TryAgain, base::Error>;

/// "120" or an HTTP date; nullopt when it is neither. A date in the past is 0.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, base::Instant now);
/// The wait after the `tries`-th try failed.
std::chrono::milliseconds backoff_after(const RetryLimits& limits, std::uint32_t tries);
/// `tries`: made so far, this one included. `subject` names the request in errors.
Verdict judge(const Response& response, const RetryLimits& limits, std::uint32_t tries, base::Instant now,
              std::string_view subject);
/// `again`: the failure may pass by itself.
Verdict judge(const base::Error& error, bool again, const RetryLimits& limits, std::uint32_t tries);

}  // namespace ntmd::connectors
