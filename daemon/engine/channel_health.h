#pragma once
// Whether alerts reach who they are for, told from what waits in the outbox.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/store/store.h"

namespace ntmd::engine {

/// Failures of one message after which its channel counts as failing: with the outbox's waits about 40 minutes.
inline constexpr std::uint32_t kLongFailing = 8;

/// The channels whose first message has failed so often, each with why, for operators. `waiting` is in the order of the
/// outbox.
std::map<std::string, std::string> failing_channels(const std::vector<store::OutboxRow>& waiting);

}  // namespace ntmd::engine
