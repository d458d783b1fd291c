#include "daemon/rules/evaluate.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "daemon/rules/arithmetic.h"

namespace ntmd::rules {
namespace {

using model::Truth;

/// A condition, judged: `word` counts while it is unknown.
struct Judged {
  Truth truth = Truth::n;
  State word = State::no_data;
  std::vector<Reason> reasons;
  Truth if_fresh = Truth::n;  ///< what it would be if nothing could be too old
};

Judged unknown(State word, std::vector<Reason> reasons) { return {Truth::u, word, std::move(reasons), Truth::u}; }

/// The order is the law (domain §5, "the first that holds").
Judged judge(const FigureCondition& condition, const Threshold& threshold, const Operand& numerator,
             const Operand* denominator) {
  std::vector<Reason> reasons;
  const auto note_missing = [&](const Operand& operand) {
    if (!operand.value) reasons.push_back(operand.missing.value_or(Reason::no_figure));
  };
  note_missing(numerator);
  if (denominator != nullptr) note_missing(*denominator);
  if (!reasons.empty()) return unknown(State::no_data, std::move(reasons));

  if (denominator != nullptr && *denominator->value == 0) return unknown(State::no_data, {Reason::zero_denominator});

  if (denominator != nullptr && *numerator.value > *denominator->value) reasons.push_back(Reason::above_denominator);
  if (numerator.jumped || (denominator != nullptr && denominator->jumped)) reasons.push_back(Reason::jump);
  if (!reasons.empty()) return unknown(State::error, std::move(reasons));

  const bool passed =
      passes(condition.kind, threshold, *numerator.value, denominator == nullptr ? 0 : *denominator->value);
  const Truth compared = passed ? Truth::t : Truth::f;
  if (numerator.stale || (denominator != nullptr && denominator->stale)) {
    return {Truth::u, State::stale, {Reason::stale_figure}, compared};
  }
  if (!passed) reasons.push_back(Reason::below_threshold);
  return {compared, passed ? State::met : State::not_met, std::move(reasons), compared};
}

bool expired(const model::Evidence& record, model::Day day) { return record.valid_to && *record.valid_to < day; }

bool is_confirmation(model::EvidenceKind kind) {
  return kind == model::EvidenceKind::confirm_area || kind == model::EvidenceKind::confirm_commune;
}

Judged judge(const EvidenceFinding& finding, model::Day day) {
  if (!finding.record) return unknown(State::no_data, {Reason::no_evidence});
  switch (finding.record->state) {
    case model::EvidenceState::rejected:
      return {Truth::f, State::not_met, {Reason::evidence_rejected}, Truth::f};
    case model::EvidenceState::withdrawn:
      return {Truth::f, State::not_met, {Reason::evidence_withdrawn}, Truth::f};
    case model::EvidenceState::accepted:
      break;
  }
  if (expired(*finding.record, day)) return {Truth::u, State::stale, {Reason::evidence_expired}, Truth::t};
  return {Truth::t, State::met, {}, Truth::t};
}

/// Whether what was signed still says what is measured.
bool still_binds(const FigureCondition& condition, const Threshold& threshold, const model::Evidence& record,
                 Truth measured, std::optional<std::int64_t> denominator) {
  if (measured == Truth::u || !record.confirmed_value) return false;
  const bool ratio = condition.kind == FigureCondition::Kind::ratio;
  if (ratio && (!denominator || *record.confirmed_value > *denominator)) return false;
  return passes(condition.kind, threshold, *record.confirmed_value, ratio ? *denominator : 0) == (measured == Truth::t);
}

Judged judge(const GroupCondition& condition, const GroupFinding& finding) {
  if (condition.kind == GroupCondition::Kind::records) {
    if (finding.met >= condition.at_least) return {Truth::t, State::met, {}, Truth::t};
    if (finding.met + finding.open >= condition.at_least) {
      return {Truth::u, State::stale, {Reason::evidence_expired}, Truth::t};
    }
    return unknown(State::no_data, {Reason::no_evidence});
  }
  if (finding.of == 0) return {};
  if (finding.met >= condition.at_least) return {Truth::t, State::met, {}, Truth::t};
  if (finding.met + finding.open < condition.at_least) {
    return {Truth::f, State::not_met, {Reason::below_threshold}, Truth::f};
  }
  return unknown(finding.word, {});
}

Truth either(Truth a, Truth b) {
  if (a == Truth::n) return b;
  if (b == Truth::n) return a;
  if (a == Truth::t || b == Truth::t) return Truth::t;
  return a == Truth::u || b == Truth::u ? Truth::u : Truth::f;
}

/// All of `parts`, or any of them.
Judged join(std::vector<Judged> parts, bool all) {
  Judged joined;
  bool worded = false;
  for (auto& part : parts) {
    joined.truth = all ? joined.truth & part.truth : either(joined.truth, part.truth);
    joined.if_fresh = all ? joined.if_fresh & part.if_fresh : either(joined.if_fresh, part.if_fresh);
    joined.reasons.insert(joined.reasons.end(), part.reasons.begin(), part.reasons.end());
    if (part.truth != Truth::u) continue;
    joined.word = worded ? first_word(joined.word, part.word) : part.word;
    worded = true;
  }
  return joined;
}

struct Figures {
  const Operand* numerator = nullptr;
  const Operand* denominator = nullptr;
};

Figures figures_at(const FigureCondition& condition, const std::vector<Operand>& operands, std::size_t place) {
  Figures figures{&operands.at(place), nullptr};
  if (condition.denominator) figures.denominator = &operands.at(place + 1);
  return figures;
}

std::size_t operands_of(const std::optional<FigureCondition>& condition) {
  if (!condition) return 0;
  return condition->denominator ? 2 : 1;
}

void check_shape(const IndicatorRule& rule, const IndicatorInputs& inputs) {
  const auto operands = operands_of(rule.figure) + rule.supporting.size() + operands_of(rule.alternate);
  if (inputs.operands.size() != operands || inputs.evidence.size() != rule.evidence.size() ||
      inputs.group.size() != rule.group_conditions.size()) {
    throw std::logic_error("indicator " + rule.id + ": inputs do not fit the rule");
  }
}

void show_numbers(IndicatorVerdict& verdict, const FigureCondition& condition, const Threshold& threshold,
                  const Figures& figures, Truth truth) {
  verdict.threshold = threshold.text;
  verdict.numerator = figures.numerator->value;
  if (figures.denominator != nullptr) {
    verdict.denominator = figures.denominator->value;
    if (verdict.numerator && verdict.denominator && *verdict.denominator > 0) {
      verdict.percent = percent_of(*verdict.numerator, *verdict.denominator);
    }
  }
  if (truth != Truth::t && truth != Truth::f) return;
  const auto need = needed(condition.kind, threshold, verdict.denominator.value_or(0));
  verdict.gap = std::max<std::int64_t>(0, need - *verdict.numerator);
  verdict.slack = std::max<std::int64_t>(0, *verdict.numerator - need);
}

std::vector<Flag> flags_of(const IndicatorRule& rule, const IndicatorInputs& inputs, Truth measured) {
  std::vector<Flag> flags;
  const auto any = [&](auto has) { return std::any_of(inputs.operands.begin(), inputs.operands.end(), has); };
  if (inputs.out_of_force) flags.push_back(Flag::out_of_force);
  if (any([](const Operand& operand) { return operand.previous_window; })) flags.push_back(Flag::previous_window);
  if (any([](const Operand& operand) { return operand.disputed; })) flags.push_back(Flag::disputed);
  if (rule.alternate && (measured == Truth::t || measured == Truth::f)) {
    const auto figures =
        figures_at(*rule.alternate, inputs.operands, operands_of(rule.figure) + rule.supporting.size());
    const auto other = judge(*rule.alternate, rule.alternate->threshold_for(inputs.commune_group), *figures.numerator,
                             figures.denominator);
    if ((other.truth == Truth::t || other.truth == Truth::f) && other.truth != measured) {
      flags.push_back(Flag::alternate_differs);
    }
  }
  return flags;
}

}  // namespace

State first_word(State a, State b) {
  for (const State word : {State::error, State::no_data, State::stale, State::unconfirmed}) {
    if (a == word || b == word) return word;
  }
  return a;
}

IndicatorVerdict evaluate(const IndicatorRule& rule, const IndicatorInputs& inputs) {
  check_shape(rule, inputs);
  IndicatorVerdict verdict;
  std::vector<Judged> primaries;
  const Threshold* threshold = nullptr;
  Figures figures;
  if (rule.figure) {
    threshold = &rule.figure->threshold_for(inputs.commune_group);
    figures = figures_at(*rule.figure, inputs.operands, 0);
    primaries.push_back(judge(*rule.figure, *threshold, *figures.numerator, figures.denominator));
    show_numbers(verdict, *rule.figure, *threshold, figures, primaries.back().truth);
  }
  if (!rule.group_conditions.empty()) {
    std::vector<Judged> parts;
    for (std::size_t i = 0; i < inputs.group.size(); ++i) {
      parts.push_back(judge(rule.group_conditions[i], inputs.group[i]));
    }
    primaries.push_back(join(std::move(parts), rule.group_all));
  }
  const bool decided_by_evidence = primaries.empty();
  const Judged primary = join(std::move(primaries), true);

  std::vector<Judged> signed_off;
  for (const auto& finding : inputs.evidence) {
    Judged judged = judge(finding, inputs.day);
    if (judged.truth == Truth::t && rule.figure && is_confirmation(finding.kind) &&
        !still_binds(*rule.figure, *threshold, *finding.record, primary.truth, verdict.denominator)) {
      judged = unknown(State::unconfirmed, {Reason::reconfirm});
    }
    signed_off.push_back(std::move(judged));
  }
  const Judged evidence = join(std::move(signed_off), true);
  const Judged& measured = decided_by_evidence ? evidence : primary;

  verdict.flags = flags_of(rule, inputs, measured.truth);
  verdict.operands = inputs.operands;
  verdict.evidence = inputs.evidence;
  verdict.group = inputs.group;

  const auto& exemption = inputs.exemption.record;
  const bool exempted =
      exemption && exemption->state == model::EvidenceState::accepted && !expired(*exemption, inputs.day);
  if (exempted) verdict.exemption = exemption;
  verdict.measured = exempted ? Truth::n : measured.truth;
  verdict.official = exempted ? Truth::n : primary.truth & evidence.truth;
  switch (verdict.official) {
    case Truth::n:
      verdict.state = State::exempt;
      verdict.reasons = exempted ? std::vector{Reason::exempted} : std::vector<Reason>{};
      return verdict;
    case Truth::f:
      verdict.state = State::not_met;
      break;
    case Truth::t:
      verdict.state = State::met;
      break;
    case Truth::u:
      verdict.state = measured.truth == Truth::u ? measured.word : State::unconfirmed;
      break;
  }
  const bool known_once = measured.if_fresh == Truth::t || measured.if_fresh == Truth::f;
  if (verdict.state == State::stale && known_once) verdict.last_truth = measured.if_fresh;

  verdict.reasons = primary.reasons;
  verdict.reasons.insert(verdict.reasons.end(), evidence.reasons.begin(), evidence.reasons.end());
  std::sort(verdict.reasons.begin(), verdict.reasons.end());
  verdict.reasons.erase(std::unique(verdict.reasons.begin(), verdict.reasons.end()), verdict.reasons.end());
  return verdict;
}

IndicatorInputs inputs_of(const IndicatorVerdict& verdict, model::Day day, std::string_view group) {
  IndicatorInputs inputs;
  inputs.day = day;
  inputs.commune_group = group;
  inputs.out_of_force = std::ranges::find(verdict.flags, Flag::out_of_force) != verdict.flags.end();
  inputs.operands = verdict.operands;
  inputs.evidence = verdict.evidence;
  inputs.exemption = {model::EvidenceKind::exemption, verdict.exemption};
  inputs.group = verdict.group;
  return inputs;
}

}  // namespace ntmd::rules
