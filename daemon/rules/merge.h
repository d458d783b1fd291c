#pragma once
// Counts over a merge of units (domain §3): those of the units that a unit was formed from are added. Pure.

#include <chrono>
#include <functional>
#include <span>

#include "daemon/model/unit_code.h"
#include "daemon/rules/told.h"

namespace ntmd::rules {

/// One of the units that a unit was formed from.
struct MergedPart {
  model::UnitCode unit;
  std::optional<double> share;  ///< of it that came into the unit; nullopt: not stated
  Told told;                    ///< of the whole of it
};

/// How long a figure has been too old; negative: how long until it is. For choosing the one that is too old first.
using Overdue = std::function<std::chrono::milliseconds(const Told&)>;

/// The sum of the parts, dated and sourced like the part that is too old first. A stated share below 1 takes that share
/// of a count, to the nearest whole. No figure, `elsewhere` where any part has one: when a part has none, when a share
/// is not stated, and for distinct people (one may be counted in several parts), unless the unit is one whole part
/// under another code.
Told sum_of_parts(std::span<const MergedPart> parts, bool flow, const Overdue& overdue);

/// A flow whose window spans the merge: what the parts told before it and what the unit told since. A hole or an
/// overlap between them makes it missing.
Told before_and_since(const Told& before, const Told& since);

}  // namespace ntmd::rules
