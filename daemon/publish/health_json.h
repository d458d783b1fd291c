#pragma once
// sources.json and alerts.json.

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/json_writer.h"
#include "daemon/publish/snapshot.h"
#include "daemon/publish/stamped.h"

namespace ntmd::publish {

/// Of these two only `generated_at` is the stamp: each new generation replaces them.
Stamped sources_json(const Snapshot& snapshot);
/// What fires first, then what is pending; each from the gravest name on, then by unit, indicator and source.
Stamped alerts_json(const Snapshot& snapshot);

/// `"generation": 7, "generated_at": "…"`, the stamp of a unit's file.
std::string json_stamp(const Snapshot& snapshot);

/// The keys of a source in status.json, into an object that the caller has begun and ends.
void write_source(base::JsonWriter& json, const SourceHealth& source);
std::vector<const SourceHealth*> sources_by_id(const Snapshot& snapshot);
std::vector<const AlertSummary*> alerts_in_order(const std::vector<AlertSummary>& alerts);
inline std::vector<const AlertSummary*> alerts_in_order(const Snapshot& snapshot) {
  return alerts_in_order(snapshot.alerts);
}

/// The keys of an alert, into an object that the caller has begun and ends.
void write_alert(base::JsonWriter& json, const AlertSummary& alert);

struct AlertCounts {
  std::int64_t firing = 0;
  std::int64_t pending = 0;
};
AlertCounts count_alerts(const std::vector<AlertSummary>& alerts);
inline AlertCounts count_alerts(const Snapshot& snapshot) { return count_alerts(snapshot.alerts); }

}  // namespace ntmd::publish
