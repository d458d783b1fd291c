#pragma once
// Why a counted element was counted anew: which deliveries came into its basis or left it, and how.

#include <map>
#include <span>
#include <vector>

#include "daemon/engine/setup.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

using Touchers = std::vector<store::Toucher>;

/// For each revision that is in one of `before` and `now` (ascending) only: what moved it. What fell back into place
/// because a newer one was taken out is there for that one; what a newer one replaced, left for that one. `known`: the
/// deliveries of the sources that give `element`.
base::Result<std::map<model::Revision, Touchers>> why_counted(const Setup& setup, store::Store& store,
                                                              model::ElementId element,
                                                              std::span<const store::DeliveryHead> known,
                                                              std::span<const model::Revision> before,
                                                              std::span<const model::Revision> now);
/// `more` behind `into`, each once.
void unite(Touchers& into, const Touchers& more);

}  // namespace ntmd::engine
