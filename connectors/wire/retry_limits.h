#pragma once
// How often and how patiently one request is tried.

#include <chrono>
#include <cstdint>

namespace ntmd::connectors {

/// The waits double from `backoff` up to `backoff_cap`. A `Retry-After` up to `retry_after_max` is waited for instead.
struct RetryLimits {
  std::uint32_t tries = 5;
  std::chrono::milliseconds backoff{1000};
  std::chrono::milliseconds backoff_cap{30000};
  std::chrono::milliseconds retry_after_max{60000};
};

}  // namespace ntmd::connectors
