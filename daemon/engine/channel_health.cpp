#include "daemon/engine/channel_health.h"

#include <set>

#include <fmt/format.h>

namespace ntmd::engine {

std::map<std::string, std::string> failing_channels(const std::vector<store::OutboxRow>& waiting) {
  std::map<std::string, std::string> failing;
  std::set<std::string> seen;
  for (const auto& row : waiting) {
    if (!seen.insert(row.channel).second || row.attempts < kLongFailing) continue;
    failing.emplace(row.channel, fmt::format("alerts to {} have not arrived in {} tries: {}", row.channel, row.attempts,
                                             row.last_error));
  }
  return failing;
}

}  // namespace ntmd::engine
