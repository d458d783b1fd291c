#pragma once
// From operands and evidence to a verdict: the arithmetic and the logic of domain §5. Pure; used by assessment and by
// replay.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/rules/criteria.h"
#include "daemon/rules/verdict.h"

namespace ntmd::rules {

/// All that an indicator's verdict depends on.
struct IndicatorInputs {
  model::Day day;
  std::string commune_group;
  bool out_of_force = false;
  std::vector<Operand> operands;  ///< the rule's operands (numerator, denominator), then supporting, then alternate's
  std::vector<EvidenceFinding> evidence;  ///< per kind of the rule
  EvidenceFinding exemption;              ///< kind exemption
  std::vector<GroupFinding> group;        ///< per group condition of the rule
};

/// Calls `ask` with each element that `operands` must hold, in its order.
template <class Ask>
void for_each_operand(const IndicatorRule& rule, Ask ask) {
  const auto both = [&](const std::optional<FigureCondition>& condition) {
    if (!condition) return;
    ask(condition->numerator);
    if (condition->denominator) ask(*condition->denominator);
  };
  both(rule.figure);
  for (const auto element : rule.supporting) ask(element);
  both(rule.alternate);
}

/// The first of `error, no_data, stale, unconfirmed`; of two other states the first given.
State first_word(State a, State b);

/// Throws std::logic_error when `inputs` does not hold what `rule` asks for.
IndicatorVerdict evaluate(const IndicatorRule& rule, const IndicatorInputs& inputs);

/// The same into `verdict`, which holds the operands, the evidence and the group findings already.
void evaluate(const IndicatorRule& rule, model::Day day, std::string_view group, bool out_of_force,
              const Record& exemption, IndicatorVerdict& verdict);

/// The inputs that gave `verdict`, for its decision record: evaluating them again gives the same verdict. `group` is
/// the unit's group, or the group judged.
IndicatorInputs inputs_of(const IndicatorVerdict& verdict, model::Day day, std::string_view group);

/// Indicators → pillars → unit, in place.
void roll_up(const Criteria& criteria, UnitVerdict& unit);

}  // namespace ntmd::rules
