#pragma once
// What the daemon tells the service manager that started it (sd_notify). Without one every call does nothing.

#include <chrono>
#include <optional>
#include <string_view>

namespace ntmd::engine::service_manager {

void ready();
/// Before a reload; `ready` ends it.
void reloading();
void stopping();
/// One line for `systemctl status`.
void status(std::string_view line);
void alive();
/// How often `alive` is expected at least; nullopt: no watchdog.
std::optional<std::chrono::microseconds> watchdog();

}  // namespace ntmd::engine::service_manager
