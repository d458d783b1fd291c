#pragma once
// A message as Alertmanager's API v2 takes it.

#include <string>

#include "daemon/base/clock.h"
#include "daemon/notify/message.h"

namespace ntmd::notify {

/// The body of POST /api/v2/alerts. Labels hold only what an alert is about, so that firing, reminders and resolved are
/// one alert there; what changes stands in annotations. A firing alert ends far after `now`: it must be resolved by
/// ntmd, never by time.
std::string alertmanager_json(const Message& message, base::Instant now);

}  // namespace ntmd::notify
