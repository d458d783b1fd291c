#pragma once
// Which figure is in force for a unit on a day (domain §4). Pure.

#include <memory>
#include <span>
#include <string_view>

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

/// One unit, or group, asked about on a day: what is found once for all its operands and records. Borrows all it is
/// given.
struct Asked {
  Asked(const Facts& from, const units::UnitRegister& register_, units::UnitRow row, model::Day on);
  /// A group: all is told for it.
  Asked(const Facts& from, const model::UnitCode& group, model::Day on);

  const Facts& facts;
  const units::UnitRegister* units = nullptr;  ///< null: about a group
  units::UnitRow unit = 0;
  model::UnitCode code;
  model::Day day;
  model::Period row_holds;  ///< days on which `code` is this very row
  std::span<const units::LineageEdge> formed_from;
  const Facts::Place* place = nullptr;
  const Facts::Records* records = nullptr;

  /// Whether what was told under the code for this day is about the same land.
  [[nodiscard]] bool told_for_it(model::Day then) const;
};

/// Into `operand`, whatever was in it.
void select(const Asked& asked, model::ElementId element, const Name& name, const Window& window, Operand& operand);
Record find_evidence(const Asked& asked, std::string_view indicator, model::EvidenceKind kind);
/// Of an indicator's records, which `Facts::of_indicator` gave.
Record find_evidence(const Asked& asked, std::span<const std::shared_ptr<const model::Evidence>> records,
                     model::EvidenceKind kind);

/// The operand for `element` of the unit in register row `unit`, judged on `day`. Figures told for other boundaries are
/// none (reason boundary), but those of the units it was formed from are added (domain §3): for a stock until one is
/// told for the unit itself, for a flow the periods before the merge. Cost: the versions of those cells.
Operand select(const Facts& facts, const units::UnitRegister& units, units::UnitRow unit, model::ElementId element,
               model::Day day, const Window& window);

/// The same for a group (district): what was told for the group itself, nothing added up from its members.
Operand select_of_group(const Facts& facts, const model::UnitCode& group, model::ElementId element, model::Day day,
                        const Window& window);

/// The newest record of `kind` issued on or before `day` for the unit in register row `unit`: what was issued to
/// another extent under the same code is not about it. A record from before the register begins counts.
EvidenceFinding find_evidence(const Facts& facts, const units::UnitRegister& units, units::UnitRow unit,
                              std::string_view indicator, model::EvidenceKind kind, model::Day day);
/// The same for a group (district).
EvidenceFinding find_evidence_of_group(const Facts& facts, const model::UnitCode& group, std::string_view indicator,
                                       model::EvidenceKind kind, model::Day day);

}  // namespace ntmd::rules
