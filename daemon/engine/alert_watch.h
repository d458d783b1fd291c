#pragma once
// What a pass sees of everything that may alert: falls, aged data, thin margins, disputes, sources, held deliveries.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/engine/assessor.h"
#include "daemon/engine/setup.h"
#include "daemon/engine/source_memory.h"
#include "daemon/rules/alert_policy.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// All of it must outlive the calls below.
struct WatchContext {
  const Setup& setup;
  store::Store& store;
  SourceMemory& sources;
  const rules::AlertPolicy& policy;
  const Pass& pass;
  base::Instant now{};  ///< of the machine: when a source last answered is told by it
  bool first = false;   ///< the first pass since the start: also what did not change is looked at
  /// What the pass before saw; nullptr: it is not known what has changed since.
  const rules::Verdicts* before = nullptr;
  /// Since when sources are polled by their schedules; nullopt: by hand or by a timer, then no source can be silent.
  std::optional<base::Instant> scheduled_since;
  base::Instant moment{};  ///< that alerts live in
  /// Since which moment each source is configured.
  const std::map<std::string, base::Instant, std::less<>>& configured_since;
};

using Signals = std::vector<rules::AlertSignal>;

struct SourcesSeen {
  std::set<std::string> stale;        ///< whose data is stale
  std::optional<base::Instant> next;  ///< when one that is not heard of until then has been silent for too long
};
/// SourceFailing, DataStale of sources, DeliveryHeld.
base::Result<SourcesSeen> watch_sources(const WatchContext& context, Signals& signals);

/// IndicatorLost, PillarLost, UnitLost, ThinMargin, FigureDisputed, DataStale of indicators. Of an indicator that went
/// stale with all of its source (`stale_sources`) the source's alert speaks. Where `before` is known, and the pass
/// tells what it touched since, only that is looked at, and what is due: all else would be seen as it was.
base::Status watch_verdicts(const WatchContext& context, const std::set<std::string>& stale_sources, Signals& signals);

}  // namespace ntmd::engine
