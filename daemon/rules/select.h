#pragma once
// Which figure is in force for a unit on a day (domain §4). Pure.

#include "daemon/model/day.h"
#include "daemon/rules/facts.h"
#include "daemon/rules/verdict.h"
#include "daemon/units/register.h"

namespace ntmd::rules {

/// The days a flow is summed over: 1 January to the day, or the whole year before while `carry_over_days` of the new
/// one have not passed.
struct Window {
  model::Period period;
  bool previous = false;
};
Window window_of(model::Day day, int carry_over_days);

/// The operand for `element` of the unit in register row `unit`, judged on `day`. Figures told for another row of the
/// register than `unit` are none (reason boundary). Cost: the versions of that cell.
Operand select(const Facts& facts, const units::UnitRegister& units, units::UnitRow unit, model::ElementId element,
               model::Day day, const Window& window);

/// The same for a group (district): what was told for the group itself, nothing added up from its members.
Operand select_of_group(const Facts& facts, const model::UnitCode& group, model::ElementId element, model::Day day,
                        const Window& window);

/// The newest record of `kind` issued on or before `day`.
EvidenceFinding find_evidence(const Facts& facts, const model::UnitCode& unit, std::string_view indicator,
                              model::EvidenceKind kind, model::Day day);

}  // namespace ntmd::rules
