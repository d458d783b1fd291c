#pragma once
// Time zones from the system's tz database. The only place that names the date library.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace ntmd::base {

/// A named zone, e.g. "Asia/Ho_Chi_Minh". Cheap to copy, immutable, thread-safe.
class TimeZone {
 public:
  /// `bad_config` for a name that the database does not know.
  static Result<TimeZone> find(std::string_view name);

  [[nodiscard]] const std::string& name() const { return name_; }
  /// The wall clock there.
  [[nodiscard]] std::chrono::local_time<std::chrono::microseconds> to_local(Instant instant) const;
  /// A local time that occurs twice gives the first; one that is skipped gives the first instant after the gap.
  [[nodiscard]] Instant to_instant(std::chrono::local_time<std::chrono::microseconds> local) const;

 private:
  std::string name_;
  const void* zone_ = nullptr;
};

}  // namespace ntmd::base
