#pragma once
// `ntmd run --once`: polls every source now, assesses once, publishes, delivers alerts.

#include <optional>

#include "daemon/engine/engine.h"

namespace ntmd::engine {

struct OnceReport {
  std::vector<store::RunRow> runs;  ///< by source id
  Pass pass;
  bool attention = false;  ///< a source failed, was held or refused
};

/// Errors are those that keep the whole from being done; a failing source is in the report. A day before the last
/// assessed one is judged from what the store knows: nothing is polled, recorded, published or told.
base::Result<OnceReport> run_once(Engine& engine, model::Day today);

}  // namespace ntmd::engine
