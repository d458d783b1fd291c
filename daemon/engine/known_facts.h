#pragma once
// The facts in memory, loaded from the store and kept in step with it.

#include <memory>
#include <optional>
#include <vector>

#include "daemon/engine/pass_frame.h"
#include "daemon/engine/setup.h"
#include "daemon/rules/facts.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// Facts of the configured sources only: what a source that nobody configures any more once told has no freshness rule
/// and never counts. `known_at`: only what was recorded by then.
base::Result<std::unique_ptr<rules::Facts>> load_facts(const Setup& setup, store::Store& store,
                                                       std::optional<base::Instant> known_at = std::nullopt);

/// Those of the sources, and with the limits, of a pass before.
base::Result<std::unique_ptr<rules::Facts>> load_facts(const Setup& setup, const PassFrame& frame, store::Store& store);

/// Cells as they are to be, or were.
struct FactsChange {
  struct Cell {
    model::UnitCode unit;
    model::ElementId element = 0;
    std::vector<model::Figure> versions;
  };
  std::vector<Cell> cells;
  std::optional<rules::Facts::EvidenceByPlace> evidence;  ///< all of it, where any changed
  std::vector<model::UnitCode> units;                     ///< that may be judged otherwise; ascending
};
/// The dirty cells as the store has them now.
base::Result<FactsChange> read_change(const rules::Facts& facts, store::Store& store, const store::Dirty& dirty);
/// Puts `change` into the facts, and what was there into `change`: done twice, all is as before.
void exchange(rules::Facts& facts, FactsChange& change);
/// The units that a dirty cell speaks of: its own, and for a figure those formed from it.
std::vector<model::UnitCode> units_told(const units::UnitRegister& units, const store::DirtyCell& cell);
/// Reads the dirty cells again.
base::Status refresh_facts(rules::Facts& facts, store::Store& store, const store::Dirty& dirty);

}  // namespace ntmd::engine
