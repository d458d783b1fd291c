#pragma once
// What people are told, as messages for the channels that the routes name.

#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/rules/alert_policy.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// In the order of `events`, per channel. Events of one pass that agree in a route's `group_by` (and in what they are:
/// firing, reminder or resolved) are one message; so are more than 20 of one alert that would go out over one route,
/// because nobody reads a flood. A message of one event has the event's id; one of several has an id made of theirs.
std::vector<store::OutboxRow> messages_of(const std::vector<rules::AlertEvent>& events,
                                          const std::vector<rules::Route>& routes, const std::string& language,
                                          base::Instant now);

}  // namespace ntmd::engine
