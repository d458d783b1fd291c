#pragma once
// units/<code>.json: one unit with names, evidence, ages and reasons in words.

#include <optional>
#include <string>

#include "daemon/publish/layout.h"
#include "daemon/publish/stamped.h"

namespace ntmd::publish {

/// The entry of status.json for the unit's first criteria set, every object enlarged, further sets under "others". The
/// unit must be assessed (see Printing::assessments).
Stamped unit_json(const Printing& printing, const model::UnitCode& code);

/// One indicator's object out of it, with its unit: what `ntmd explain --json` prints. nullopt when the unit is not
/// assessed or no criteria set of it has that id; of several the first has it.
std::optional<std::string> indicator_json(const Printing& printing, const model::UnitCode& code,
                                          std::string_view indicator);

}  // namespace ntmd::publish
