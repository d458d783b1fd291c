#pragma once
// One step's request, its placeholders filled.

#include <optional>
#include <string>

#include "connectors/rest/rest_spec.h"
#include "connectors/wire/message.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

/// Asks `next_url` (absolute, of the source's host) in place of the step's own path and query when it is set. bad_data
/// when a value cannot stand where it is put; the error names the placeholder.
base::Result<Request> step_request(const RestSpec& spec, const StepSpec& step, const Values& values,
                                   const std::optional<std::string>& next_url);

}  // namespace ntmd::connectors
