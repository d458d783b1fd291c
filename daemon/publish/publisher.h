#pragma once
// Writes what is published: changed files only, each replaced as a whole, the index of all last.

#include <cstdint>
#include <string>
#include <unordered_map>

#include "daemon/base/files.h"
#include "daemon/base/result.h"
#include "daemon/publish/snapshot.h"

namespace ntmd::publish {

struct PublishReport {
  std::uint64_t written = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t removed = 0;  ///< of units that are no longer assessed
};

/// Readers see either the file before or the file after, whatever happens. One thread.
class Publisher {
 public:
  Publisher(base::Files& files, base::Path folder) : files_(files), folder_(std::move(folder)) {}

  /// units/<code>.json, sources.json, alerts.json, metrics.prom, then status.json. A unit's file that says the same but
  /// for its stamp is left as it is. An error names the file; what was there stays.
  base::Result<PublishReport> publish(const Snapshot& snapshot);

 private:
  base::Status put(const std::string& name, const std::string& text, PublishReport& report);
  base::Status remove_others(const Snapshot& snapshot, PublishReport& report);

  base::Files& files_;
  base::Path folder_;
};

}  // namespace ntmd::publish
