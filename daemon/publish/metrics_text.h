#pragma once
// metrics.prom: the Prometheus text format. Label values come from the configuration and the criteria only, never from
// units.

#include <span>
#include <string>

#include "daemon/publish/snapshot.h"
#include "daemon/publish/totals.h"

namespace ntmd::publish {

/// `totals` by criteria set. Throws std::logic_error for a counter whose name or labels Prometheus would refuse.
std::string metrics_text(const Snapshot& snapshot, std::span<const Totals> totals);
std::string metrics_text(const Snapshot& snapshot);

}  // namespace ntmd::publish
