#pragma once
// How runs are named, and which delivery received bytes are.

#include <string>

#include "daemon/base/result.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// 16 hex digits that no other run has.
std::string new_run_id();

/// Gives `staged` the id that `store` will know it by: that of the newest delivery of its part where it says the same,
/// and another one when what was said before comes back. What went X, Y, X is a third delivery: were it the first
/// again, Y would stay in force.
base::Status name_return(store::Store& store, store::StagedDelivery& staged);

}  // namespace ntmd::engine
