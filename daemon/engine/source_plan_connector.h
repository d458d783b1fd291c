#pragma once
// A connector's text and the parameters of one source, put together and compiled. Private to source_plan and
// connector_test.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/files/folder_spec.h"
#include "connectors/map/record_plan.h"
#include "connectors/rest/rest_spec.h"
#include "daemon/model/element.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::engine {

struct CompiledConnector {
  std::map<std::string, settings::Node> parameters;
  std::optional<connectors::FolderSpec> folder;
  std::optional<connectors::RestSpec> rest;
  std::shared_ptr<const connectors::RecordPlan> records;
  std::vector<model::ElementId> counted;
  bool personal = false;
};

struct ConnectorUse {
  const settings::Node& connector;       ///< the whole connector file, or `connector:` of a source
  const settings::Node* with = nullptr;  ///< the source's; nullptr: none
  settings::Place with_place;            ///< for parameters that are missing
  std::string folder;                    ///< that a `path` is relative to
  bool in_place = false;                 ///< stands in the source itself: no name
  bool for_test = false;                 ///< where bytes come from need not be said
};

/// nullopt when there are faults; each is in `problems` with its place.
std::optional<CompiledConnector> compile_connector(const ConnectorUse& use, const model::ElementTable& elements,
                                                   settings::Problems& problems);

/// The parameters of a source by the connector's `with:`: unknown, missing and mistyped ones are faults.
std::map<std::string, settings::Node> bind_parameters(const settings::Node* declared, const ConnectorUse& use,
                                                      settings::Problems& problems);

/// A copy of `node` in which each plain scalar `$name` is the parameter's node. Names that are neither parameters nor
/// known while a delivery is read are faults.
settings::Node put_in(const settings::Node& node, const std::map<std::string, settings::Node>& parameters,
                      settings::Problems& problems);

}  // namespace ntmd::engine
