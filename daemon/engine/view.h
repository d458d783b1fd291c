#pragma once
// What is published at one moment, put together from the setup, the store and the verdicts.

#include <memory>

#include "daemon/base/clock.h"
#include "daemon/engine/setup.h"
#include "daemon/engine/source_memory.h"
#include "daemon/publish/snapshot.h"
#include "daemon/rules/verdict.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

base::Result<publish::Snapshot> snapshot_of(const Setup& setup, store::Store& store, const base::Clock& clock,
                                            std::shared_ptr<const rules::Verdicts> verdicts);
/// The same, by what is known of the sources already.
base::Result<publish::Snapshot> snapshot_of(const Setup& setup, store::Store& store, SourceMemory& sources,
                                            const base::Clock& clock, std::shared_ptr<const rules::Verdicts> verdicts);
/// What the last recorded pass decided. `gone` when nothing was assessed yet. Sources are as they stand now.
base::Result<publish::Snapshot> last_snapshot(const Setup& setup, store::Store& store, const base::Clock& clock);

}  // namespace ntmd::engine
