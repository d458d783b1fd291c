#pragma once
// status.json as the contract has it, also in pieces, so that what did not change need not be written out again.

#include <string>

#include "daemon/base/json_writer.h"
#include "daemon/publish/layout.h"
#include "daemon/publish/snapshot.h"

namespace ntmd::publish {

/// The file, and what `ntmd status --json` prints.
std::string status_json(const Snapshot& snapshot);

/// The file is head, the entries of all units joined by kEntrySeparator, tail.
std::string status_head(const Printing& printing);
std::string status_entry(const Printing& printing, const rules::UnitVerdict& verdict);
std::string status_tail(const Printing& printing);
inline constexpr std::string_view kEntrySeparator = ",\n    ";

/// The keys that an indicator has in every file, into an object that the caller has begun and ends; `inputs` last, each
/// input given to `more` before its object ends.
void write_indicator(base::JsonWriter& json, const Printing& printing, std::uint32_t criteria,
                     const rules::IndicatorVerdict& verdict,
                     const std::function<void(const rules::Operand&)>& more = {});
/// Likewise of a unit, from "code" to "deciding"; and of a pillar.
void write_unit(base::JsonWriter& json, const Printing& printing, const rules::UnitVerdict& verdict);
void write_pillar(base::JsonWriter& json, const Printing& printing, std::uint32_t criteria,
                  const rules::PillarVerdict& verdict);
void write_criteria(base::JsonWriter& json, const rules::Criteria& criteria);

}  // namespace ntmd::publish
