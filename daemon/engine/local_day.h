#pragma once
// The calendar day of an instant in a zone.

#include "daemon/base/time_zone.h"
#include "daemon/model/day.h"

namespace ntmd::engine {

inline model::Day local_day(base::Instant instant, const base::TimeZone& zone) {
  const auto days = std::chrono::floor<std::chrono::days>(zone.to_local(instant));
  return model::Day(static_cast<std::int32_t>(days.time_since_epoch().count()));
}

}  // namespace ntmd::engine
