#pragma once
// Elements counted over several sources: the union of the snapshots in force, appended like any figure (design §5).
//
// They are not in the transaction of the delivery that changes them: a snapshot may be one of several parts, wait for
// its day or for the mass-change guard, and many that come together are counted once. Nor in that of the pass: the
// guard judges one count after the other. A process that ends between loses nothing: a delivery that was committed and
// not counted differs from the basis and is counted by the next pass, and what was counted and not judged is dirty with
// the figures and the basis, in one transaction.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/work_sharing.h"
#include "daemon/engine/setup.h"
#include "daemon/rules/facts.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// A counted element counted anew.
struct CountedChange {
  store::Basis basis;
  std::vector<store::DerivedFigure> figures;
};

/// Every counted element on `day`: per source the newest snapshot dated on or before it, all parts united; where that
/// set differs from the one last computed from, the units it touches are counted again. The deliveries `except`
/// (ascending) are left out. Writes nothing. Ask after deliveries were committed, retracted or accepted, and when the
/// day changes (a snapshot may have waited for it). Where the runs of a snapshot in force were dropped no unit has a
/// figure until its file is delivered again. Runs are read on this thread and united by whoever has time. Memory: the
/// runs of a few units.
base::Result<std::vector<CountedChange>> counted_changes(const Setup& setup, store::Store& store,
                                                         const rules::Facts& facts, model::Day day,
                                                         std::span<const model::Revision> except,
                                                         const base::ShareWork& share = {});
base::Status append_counted(store::Store& store, const std::vector<CountedChange>& changes);

/// By part: the content of the snapshots of `plan` in force on `day` whose runs are not kept any more. Read again their
/// files bring them back. `heads`: all of the source.
base::Result<std::map<std::string, std::string>> snapshots_without_runs(const SourcePlan& plan, store::Store& store,
                                                                        const std::vector<store::DeliveryHead>& heads,
                                                                        model::Day day);

/// The snapshot deliveries of one source that are in force on `day`, ascending by revision.
std::vector<store::DeliveryHead> snapshot_in_force(const std::vector<store::DeliveryHead>& of_source, model::Day day);

}  // namespace ntmd::engine
