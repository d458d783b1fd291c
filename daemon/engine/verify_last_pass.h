#pragma once
// Whether the last assessed day, judged again from the store, is what its pass said.

#include "daemon/engine/verify.h"

namespace ntmd::engine {

/// Adds to `report`: each unit's and group's indicator that differs, in its standing or in an input.
base::Status check_last_pass(const Setup& setup, store::Store& store, VerifyReport& report);

}  // namespace ntmd::engine
