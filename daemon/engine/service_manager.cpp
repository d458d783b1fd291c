#include "daemon/engine/service_manager.h"

#include <systemd/sd-daemon.h>

#include <ctime>
#include <string>

#include <fmt/format.h>

namespace ntmd::engine::service_manager {
namespace {

void tell(const std::string& state) { sd_notify(0, state.c_str()); }

}  // namespace

void ready() { tell("READY=1"); }

void reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void stopping() { tell("STOPPING=1"); }
void alive() { tell("WATCHDOG=1"); }
void status(std::string_view line) { tell(fmt::format("STATUS={}", line)); }

std::optional<std::chrono::microseconds> watchdog() {
  std::uint64_t usec = 0;
  if (sd_watchdog_enabled(0, &usec) <= 0 || usec == 0) return std::nullopt;
  return std::chrono::microseconds(usec);
}

}  // namespace ntmd::engine::service_manager
