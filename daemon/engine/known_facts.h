#pragma once
// The facts in memory, loaded from the store and kept in step with it.

#include <memory>
#include <optional>

#include "daemon/engine/setup.h"
#include "daemon/rules/facts.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// Facts of the configured sources only: what a source that nobody configures any more once told has no freshness rule
/// and never counts. `known_at`: only what was recorded by then.
base::Result<std::unique_ptr<rules::Facts>> load_facts(const Setup& setup, store::Store& store,
                                                       std::optional<base::Instant> known_at = std::nullopt);

/// Reads the dirty cells again.
base::Status refresh_facts(rules::Facts& facts, store::Store& store, const store::Dirty& dirty);

}  // namespace ntmd::engine
