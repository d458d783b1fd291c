#pragma once
// The time of day and the time that only runs forward, as things that can be handed in.

#include <chrono>
#include <string>

namespace ntmd::base {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Steady = std::chrono::steady_clock::time_point;

struct Clock {
  virtual ~Clock() = default;
  /// Wall clock, UTC. May jump either way; never used for intervals.
  [[nodiscard]] virtual Instant now() const = 0;
  /// For intervals and deadlines.
  [[nodiscard]] virtual Steady steady() const = 0;
};

/// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] Steady steady() const override;
};

/// A clock that stands until told; for tests and dry runs. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : now_(start) {}
  void advance(std::chrono::microseconds by);
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] Steady steady() const override { return steady_; }

 private:
  Instant now_;
  Steady steady_{};
};

/// "2024-12-20T03:04:05Z", whole seconds, UTC.
std::string to_rfc3339(Instant instant);
/// "2024-12-20T03:04:05.000123Z": sorts as text.
std::string to_rfc3339_micros(Instant instant);

}  // namespace ntmd::base
