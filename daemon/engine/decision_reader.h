#pragma once
// A decision record read back from the chain.

#include <string_view>

#include "daemon/base/result.h"
#include "daemon/rules/decision.h"

namespace ntmd::engine {

/// The inverse of rules::canonical_json; bad_data when a field is missing or of another type. `seq` is left 0.
base::Result<rules::Decision> read_decision(std::string_view body);

}  // namespace ntmd::engine
