#pragma once
// The mass-change guard (domain §7): whether a delivery would flip the known truth of too many units. Pure but for the
// facts, which are as before when it returns.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/engine/known_facts.h"
#include "daemon/rules/assess.h"

namespace ntmd::engine {

/// The last decided official truth of an indicator of a unit that was T or F; U: none yet.
using KnownTruth = std::function<model::Truth(const model::UnitCode&, const rules::Criteria&, std::uint32_t rule)>;

/// Why what `change` does to `facts` must wait for someone's word; nullopt: it need not. Judged per indicator: at least
/// 3 units, and more than `max_pct` % of those that its criteria judge, would be decided otherwise than known, and
/// without the change would not. Cost: the units that `change` names.
std::optional<std::string> mass_change(rules::Facts& facts, FactsChange& change, const rules::AssessRequest& request,
                                       const KnownTruth& known, std::int64_t max_pct);

}  // namespace ntmd::engine
