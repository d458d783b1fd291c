#include "daemon/engine/alert_signals.h"

#include <algorithm>

#include "daemon/rules/arithmetic.h"

namespace ntmd::engine {

using model::Truth;
using rules::AlertName;
using rules::AlertSignal;
using rules::IndicatorVerdict;
using rules::Reason;
using Sight = AlertSignal::Sight;

Sight sight_of(Truth official) {
  switch (official) {
    case Truth::t:
      return Sight::fine;
    case Truth::f:
      return Sight::wrong;
    case Truth::u:
      return Sight::unknown;
    case Truth::n:
      return Sight::gone;
  }
  return Sight::unknown;
}

bool is_thin(const IndicatorVerdict& verdict, std::int64_t permille) {
  if (verdict.official != Truth::t || !verdict.slack || !verdict.denominator || !verdict.numerator) return false;
  if (*verdict.denominator <= *verdict.numerator - *verdict.slack) return false;
  return !rules::further_than(*verdict.numerator, *verdict.numerator - *verdict.slack, permille);
}

AlertSignal VerdictSignals::begin(AlertName name, const Judged& judged, const IndicatorVerdict& verdict) const {
  AlertSignal signal;
  signal.subject = subjects_.subject(name, judged, verdict);
  signal.facts = facts_of(judged.criteria->indicators[verdict.rule], verdict);
  if (judged.unit != nullptr) signal.facts.unit_name = subjects_.unit(*judged.unit).name;
  return signal;
}

AlertSignal VerdictSignals::lost(const Judged& judged, const IndicatorVerdict& verdict) {
  auto signal = begin(AlertName::indicator_lost, judged, verdict);
  signal.sight = sight_of(verdict.official);
  auto& facts = signal.facts;
  observe(judged, verdict, signal);
  if (verdict.official != Truth::f) {
    facts.reason = verdict.official == Truth::t ? "met" : "exempted";
    name_source(judged, verdict, signal);
    return signal;
  }
  if (const auto* record = refused_by_evidence(verdict) ? evidence_against(verdict, std::nullopt) : nullptr) {
    facts.reason = to_string(record->state == model::EvidenceState::rejected ? Reason::evidence_rejected
                                                                             : Reason::evidence_withdrawn);
    signal.at_once = true;
    name_evidence(*record, signal);
  } else {
    facts.reason = to_string(Reason::below_threshold);
    name_source(judged, verdict, signal);
  }
  return signal;
}

AlertSignal VerdictSignals::stale(const Judged& judged, const IndicatorVerdict& verdict) {
  auto signal = begin(AlertName::data_stale, judged, verdict);
  if (missing(verdict) && !aged(verdict)) {
    signal.sight = Sight::wrong;
    signal.facts.reason = to_string(verdict.reasons.front());
    observe(judged, verdict, signal);
    name_source(judged, verdict, signal);
    return signal;
  }
  if (!aged(verdict)) {
    signal.sight = verdict.official == Truth::n ? Sight::gone : Sight::fine;
    signal.facts.reason = verdict.official == Truth::n ? "exempted" : "fresh";
    return signal;
  }
  signal.sight = Sight::wrong;
  signal.at_once = true;
  const auto operand = std::ranges::find_if(verdict.operands, &rules::Operand::stale);
  if (has(verdict, Reason::stale_figure) && operand != verdict.operands.end()) {
    signal.facts.reason = to_string(Reason::stale_figure);
    signal.facts.source = operand->source;
    signal.facts.detail = operand->element_name;
    if (!operand->deliveries.empty())
      signal.facts.delivery = observations_.id_of(operand->source, operand->deliveries.back());
    signal.waits = stale_sources_.contains(operand->source);
    return signal;
  }
  signal.facts.reason = to_string(Reason::evidence_expired);
  if (const auto* record = evidence_against(verdict, context_.pass.verdicts->as_of)) {
    signal.facts.detail = model::to_string(record->kind);
    name_evidence(*record, signal);
  }
  return signal;
}

AlertSignal VerdictSignals::thin(const Judged& judged, const IndicatorVerdict& verdict) {
  const auto permille = context_.policy.settings().policy.thin_margin_permille;
  auto signal = begin(AlertName::thin_margin, judged, verdict);
  signal.facts.reason = "margin";
  if (permille == 0 || verdict.official == Truth::n) {
    signal.sight = Sight::gone;
  } else if (is_thin(verdict, permille)) {
    signal.sight = Sight::wrong;
    signal.facts.reason = "thin";
    observe(judged, verdict, signal);
  } else {
    // Lost altogether is not regained.
    signal.sight = verdict.official == Truth::t ? Sight::fine : Sight::unknown;
  }
  name_source(judged, verdict, signal);
  return signal;
}

AlertSignal VerdictSignals::disputed(const Judged& judged, const IndicatorVerdict& verdict) {
  auto signal = begin(AlertName::figure_disputed, judged, verdict);
  signal.facts.reason = "agreed";
  signal.sight = Sight::fine;
  for (const auto& operand : verdict.operands) {
    if (operand.disputed) {
      auto& names = signal.facts.detail;
      names += (names.empty() ? "" : ", ") + operand.element_name.str();
      if (signal.facts.source.empty()) signal.facts.source = operand.source;
      signal.facts.reason = to_string(rules::Flag::disputed);
      signal.sight = Sight::wrong;
    } else if (!operand.value && signal.sight == Sight::fine) {
      signal.sight = Sight::unknown;
    }
  }
  signal.at_once = true;
  return signal;
}

void VerdictSignals::observe(const Judged& judged, const IndicatorVerdict& verdict, AlertSignal& signal) {
  Observed observed;
  const auto& rule = judged.criteria->indicators[verdict.rule];
  if (judged.unit != nullptr) {
    observations_.add(subjects_.unit(*judged.unit).code, rule, verdict, observed);
  } else {
    if (const auto code = model::UnitCode::of(judged.group->group)) observations_.add(*code, rule, verdict, observed);
    observe_members(judged, verdict, observed);
  }
  signal.observations = std::move(observed.observations);
  signal.delivery = std::move(observed.delivery);
}

/// A group is judged by its members: what brought their fall brought its own.
void VerdictSignals::observe_members(const Judged& judged, const IndicatorVerdict& verdict, Observed& observed) {
  for (const auto& condition : judged.criteria->indicators[verdict.rule].group_conditions) {
    if (condition.kind != rules::GroupCondition::Kind::members) continue;
    for (const auto& unit : context_.pass.verdicts->by_unit) {
      const auto& criteria = *context_.pass.verdicts->criteria[unit.criteria];
      if (criteria.id != condition.criteria || subjects_.unit(unit).group != judged.group->group) continue;
      for (const auto& each : unit.indicators) {
        if (each.official == Truth::f)
          observations_.add(subjects_.unit(unit).code, criteria.indicators[each.rule], each, observed);
      }
    }
  }
}

/// Where the figure that decides comes from. A delivery once named stays until another brings the figure.
void VerdictSignals::name_source(const Judged& judged, const IndicatorVerdict& verdict, AlertSignal& signal) {
  if (!judged.criteria->indicators[verdict.rule].figure || verdict.operands.empty()) return;
  const auto& operand = verdict.operands.front();
  auto& delivery = signal.facts.delivery;
  signal.facts.source = operand.source;
  delivery = signal.delivery;
  const auto* state = context_.policy.find(key_of(signal.subject));
  const bool goes_on = state != nullptr && state->phase != rules::AlertPhase::resolved;
  if (delivery.empty() && goes_on) delivery = state->facts.delivery;
  if (delivery.empty() && !operand.deliveries.empty())
    delivery = observations_.id_of(operand.source, operand.deliveries.back());
}

void VerdictSignals::name_evidence(const model::Evidence& record, AlertSignal& signal) {
  signal.facts.source = context_.setup.sources->name(record.source);
  signal.facts.delivery = observations_.id_of(signal.facts.source, record.revision);
  if (signal.delivery.empty()) signal.delivery = signal.facts.delivery;
}

}  // namespace ntmd::engine
