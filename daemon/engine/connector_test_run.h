#pragma once
// One test of a connector: what came out, and how it is compared. Private to connector_test.

#include <optional>
#include <string>
#include <vector>

#include "connectors/wire/message.h"
#include "daemon/base/result.h"
#include "daemon/engine/pipeline.h"
#include "daemon/model/element.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"
#include "daemon/store/delivery.h"

namespace ntmd::engine {

struct TestOutcome {
  base::Result<store::StagedDelivery> delivery = store::StagedDelivery{};
  std::vector<std::string> notes;
  std::vector<connectors::Request> requests;
};

/// Feeds scripted answers to the source's exchange, the exchange's documents to the pipeline. Answers must be used up.
TestOutcome run_answers(const SourcePlan& plan, const settings::Node& answers,
                        const std::optional<connectors::RestSpec>& rest, std::optional<model::Period> window,
                        const std::string& window_name, Pipeline& pipeline, settings::Problems& problems);

/// One line per difference between `expect:` and what came out; what the test itself gets wrong goes to `problems`.
std::vector<std::string> compare(const settings::Node& expect, const TestOutcome& outcome,
                                 const model::ElementTable& elements, settings::Problems& problems);

}  // namespace ntmd::engine
