#include "daemon/engine/surroundings.h"

#include <fmt/format.h>

#include "daemon/notify/command.h"

namespace ntmd::engine {

std::vector<std::string> missing_surroundings(const Setup& setup, base::Files& files) {
  std::vector<std::string> missing;
  for (const auto& plan : setup.plans) {
    if (!plan->folder) continue;
    if (const auto names = files.list(plan->folder->dir); !names)
      missing.push_back(names.error().within(fmt::format("source {}, drop folder", plan->id)).what);
  }
  for (const auto& channel : setup.alerts.channels) {
    if (channel.kind != notify::ChannelKind::command) continue;
    if (const auto there = notify::check_program(channel.argv.front()); !there)
      missing.push_back(there.error().within(fmt::format("channel {}", channel.id)).what);
  }
  return missing;
}

}  // namespace ntmd::engine
