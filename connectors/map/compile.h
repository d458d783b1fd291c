#pragma once
// The decode, map, check and load sections of a connector, read strictly and turned into a RecordPlan. Grammar:
// connectors/catalogue/README.md.

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "connectors/map/record_plan.h"
#include "daemon/model/element.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::connectors {

/// The sections, parameters already put in. `check` may be absent.
struct RecordSections {
  const settings::Node* decode = nullptr;
  const settings::Node* map = nullptr;
  const settings::Node* check = nullptr;
  const settings::Node* load = nullptr;
  bool personal = false;
};

/// A table of ages by name ("working_age"); nullptr when there is none.
using AgeTables = std::function<std::shared_ptr<const AgeTable>(std::string_view)>;

/// nullptr when there are faults; each is in `problems` with its place.
std::shared_ptr<const RecordPlan> compile_records(const RecordSections& sections, const model::ElementTable& elements,
                                                  const AgeTables& tables, settings::Problems& problems);

}  // namespace ntmd::connectors
