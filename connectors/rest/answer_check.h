#pragma once
// Whether an answer is what the step asked for, before anything is read out of it.

#include "connectors/codec/json_value.h"
#include "connectors/rest/rest_spec.h"
#include "connectors/wire/message.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

/// The answer's JSON, whole, with an accepted status and all that `expect` and `echo` ask for. Faults as
/// make_rest_exchange says.
base::Result<JsonValue> checked_answer(const StepSpec& step, const Response& response, const Values& values);

/// Whether `element` holds all that `each.keep` asks for.
base::Result<bool> is_kept(const EachSpec& each, const JsonValue& element, const Values& values);

}  // namespace ntmd::connectors
