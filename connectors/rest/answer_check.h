#pragma once
// Whether an answer is what the step asked for, and what the next step needs of it.

#include <vector>

#include "connectors/codec/json_value.h"
#include "connectors/rest/rest_spec.h"
#include "connectors/wire/message.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

/// The answer's JSON, whole, with an accepted status and all that `expect`, `echo` and `require` ask for. Faults as
/// make_rest_exchange says.
base::Result<JsonValue> checked_answer(const StepSpec& step, const Response& response, const Values& values);

/// Whether `element` holds all that `rules` ask for.
base::Result<bool> fits(const std::vector<KeepSpec>& rules, const JsonValue& element, const Values& values);

/// The `item.` values of `element`. bad_data when one that is not optional is missing.
base::Result<Values> pick(const EachSpec& each, const JsonValue& element, const Values& values);

}  // namespace ntmd::connectors
