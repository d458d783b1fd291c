#pragma once
// What fires and how the sources are, as cards of index.html.

#include "daemon/publish/html.h"
#include "daemon/publish/layout.h"

namespace ntmd::publish {

/// Firing and pending alerts, the first kAlertsShown of them.
void alert_card(Html& html, const Printing& printing);
inline constexpr std::size_t kAlertsShown = 50;

void source_card(Html& html, const Printing& printing);
/// Sources whose last run or freshness is not what it should be.
std::size_t sources_in_trouble(const Snapshot& snapshot);

}  // namespace ntmd::publish
