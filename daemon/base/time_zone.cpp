#include "daemon/base/time_zone.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <stdexcept>

#include "daemon/base/utf8.h"

namespace ntmd::base {
namespace {

using Micros = std::chrono::microseconds;

const date::time_zone& zone_of(const void* zone) {
  if (zone == nullptr) throw std::logic_error("TimeZone: used without a zone");
  return *static_cast<const date::time_zone*>(zone);
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view name) {
  try {
    TimeZone found;
    found.zone_ = date::locate_zone(name);  // lives as long as the process: the database is never reloaded
    found.name_ = name;
    return found;
  } catch (const std::runtime_error&) {
    return fail(Fault::bad_config,
                fmt::format("time zone \"{}\": not in the system's tz database, expected a name like Asia/Ho_Chi_Minh; "
                            "is the package tzdata installed?",
                            printable(name, 64)));
  }
}

std::chrono::local_time<Micros> TimeZone::to_local(Instant instant) const {
  const auto info = zone_of(zone_).get_info(date::sys_time<Micros>(instant.time_since_epoch()));
  return std::chrono::local_time<Micros>(instant.time_since_epoch() + info.offset);
}

Instant TimeZone::to_instant(std::chrono::local_time<Micros> local) const {
  const auto info = zone_of(zone_).get_info(date::local_time<Micros>(local.time_since_epoch()));
  if (info.result == date::local_info::nonexistent) return Instant(info.first.end.time_since_epoch());
  return Instant(local.time_since_epoch() - info.first.offset);
}

}  // namespace ntmd::base
