#include "daemon/rules/evaluate.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

#include "daemon/rules/arithmetic.h"

namespace ntmd::rules {
namespace {

using model::Truth;

/// A few of all reasons, without allocation.
class Reasons {
 public:
  Reasons() = default;
  Reasons(Reason one) { add(one); }

  void add(Reason reason) { bits_ |= 1U << static_cast<unsigned>(reason); }
  void add(const Reasons& more) { bits_ |= more.bits_; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  /// Ascending.
  void list(std::vector<Reason>& into) const {
    into.clear();
    for (auto left = bits_; left != 0; left &= left - 1) into.push_back(static_cast<Reason>(std::countr_zero(left)));
  }

 private:
  std::uint32_t bits_ = 0;
};

/// A condition, judged: `word` counts while it is unknown.
struct Judged {
  Truth truth = Truth::n;
  State word = State::no_data;
  Reasons reasons;
  Truth if_fresh = Truth::n;  ///< what it would be if nothing could be too old
};

Judged unknown(State word, Reasons reasons) { return {Truth::u, word, reasons, Truth::u}; }

/// The order is the law (domain §5, "the first that holds").
Judged judge(const FigureCondition& condition, const Threshold& threshold, const Operand& numerator,
             const Operand* denominator) {
  Reasons reasons;
  const auto note_missing = [&](const Operand& operand) {
    if (!operand.value) reasons.add(operand.missing.value_or(Reason::no_figure));
  };
  note_missing(numerator);
  if (denominator != nullptr) note_missing(*denominator);
  if (!reasons.empty()) return unknown(State::no_data, reasons);

  if (denominator != nullptr && *denominator->value == 0) return unknown(State::no_data, Reason::zero_denominator);

  if (denominator != nullptr && *numerator.value > *denominator->value) reasons.add(Reason::above_denominator);
  if (numerator.jumped || (denominator != nullptr && denominator->jumped)) reasons.add(Reason::jump);
  if (!reasons.empty()) return unknown(State::error, reasons);

  const bool passed =
      passes(condition.kind, threshold, *numerator.value, denominator == nullptr ? 0 : *denominator->value);
  const Truth compared = passed ? Truth::t : Truth::f;
  if (numerator.stale || (denominator != nullptr && denominator->stale)) {
    return {Truth::u, State::stale, {Reason::stale_figure}, compared};
  }
  if (!passed) reasons.add(Reason::below_threshold);
  return {compared, passed ? State::met : State::not_met, reasons, compared};
}

bool expired(const model::Evidence& record, model::Day day) { return record.valid_to && *record.valid_to < day; }

bool is_confirmation(model::EvidenceKind kind) {
  return kind == model::EvidenceKind::confirm_area || kind == model::EvidenceKind::confirm_commune;
}

Judged judge(const EvidenceFinding& finding, model::Day day) {
  if (!finding.record) return unknown(State::no_data, Reason::no_evidence);
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
    return unknown(State::no_data, Reason::no_evidence);
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

/// All of the parts, or any of them.
class Joined {
 public:
  explicit Joined(bool all) : all_(all) {}
  void add(const Judged& part) {
    so_far_.truth = all_ ? so_far_.truth & part.truth : either(so_far_.truth, part.truth);
    so_far_.if_fresh = all_ ? so_far_.if_fresh & part.if_fresh : either(so_far_.if_fresh, part.if_fresh);
    so_far_.reasons.add(part.reasons);
    if (part.truth != Truth::u) return;
    so_far_.word = worded_ ? first_word(so_far_.word, part.word) : part.word;
    worded_ = true;
  }
  [[nodiscard]] const Judged& so_far() const { return so_far_; }

 private:
  bool all_;
  bool worded_ = false;
  Judged so_far_;
};

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

void check_shape(const IndicatorRule& rule, const IndicatorVerdict& inputs) {
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

void flag(const IndicatorRule& rule, std::string_view group, bool out_of_force, Truth measured,
          IndicatorVerdict& verdict) {
  auto& flags = verdict.flags;
  const auto any = [&](auto has) { return std::any_of(verdict.operands.begin(), verdict.operands.end(), has); };
  if (out_of_force) flags.push_back(Flag::out_of_force);
  if (any([](const Operand& operand) { return operand.previous_window; })) flags.push_back(Flag::previous_window);
  if (any([](const Operand& operand) { return operand.disputed; })) flags.push_back(Flag::disputed);
  if (rule.alternate && (measured == Truth::t || measured == Truth::f)) {
    const auto figures =
        figures_at(*rule.alternate, verdict.operands, operands_of(rule.figure) + rule.supporting.size());
    const auto other =
        judge(*rule.alternate, rule.alternate->threshold_for(group), *figures.numerator, figures.denominator);
    if ((other.truth == Truth::t || other.truth == Truth::f) && other.truth != measured) {
      flags.push_back(Flag::alternate_differs);
    }
  }
}

/// What an evaluation finds, forgotten; what it rests on stays.
void clear(IndicatorVerdict& verdict) {
  verdict.numerator.reset();
  verdict.denominator.reset();
  verdict.percent.reset();
  verdict.threshold.reset();
  verdict.gap.reset();
  verdict.slack.reset();
  verdict.last_truth.reset();
  verdict.reasons.clear();
  verdict.flags.clear();
  verdict.exemption = {};
  verdict.decision = 0;
}

}  // namespace

State first_word(State a, State b) {
  for (const State word : {State::error, State::no_data, State::stale, State::unconfirmed}) {
    if (a == word || b == word) return word;
  }
  return a;
}

IndicatorVerdict evaluate(const IndicatorRule& rule, const IndicatorInputs& inputs) {
  IndicatorVerdict verdict;
  verdict.operands = inputs.operands;
  verdict.evidence = inputs.evidence;
  verdict.group = inputs.group;
  evaluate(rule, inputs.day, inputs.commune_group, inputs.out_of_force, inputs.exemption.record, verdict);
  return verdict;
}

void evaluate(const IndicatorRule& rule, model::Day day, std::string_view group, bool out_of_force,
              const Record& exemption, IndicatorVerdict& verdict) {
  check_shape(rule, verdict);
  clear(verdict);
  Joined primaries(true);
  const Threshold* threshold = nullptr;
  if (rule.figure) {
    threshold = &rule.figure->threshold_for(group);
    const auto figures = figures_at(*rule.figure, verdict.operands, 0);
    const auto judged = judge(*rule.figure, *threshold, *figures.numerator, figures.denominator);
    show_numbers(verdict, *rule.figure, *threshold, figures, judged.truth);
    primaries.add(judged);
  }
  if (!rule.group_conditions.empty()) {
    Joined parts(rule.group_all);
    for (std::size_t i = 0; i < verdict.group.size(); ++i) parts.add(judge(rule.group_conditions[i], verdict.group[i]));
    primaries.add(parts.so_far());
  }
  const bool decided_by_evidence = !rule.figure && rule.group_conditions.empty();
  const auto& primary = primaries.so_far();

  Joined signed_off(true);
  for (const auto& finding : verdict.evidence) {
    Judged judged = judge(finding, day);
    if (judged.truth == Truth::t && rule.figure && is_confirmation(finding.kind) &&
        !still_binds(*rule.figure, *threshold, *finding.record, primary.truth, verdict.denominator)) {
      judged = unknown(State::unconfirmed, Reason::reconfirm);
    }
    signed_off.add(judged);
  }
  const auto& evidence = signed_off.so_far();
  const Judged& measured = decided_by_evidence ? evidence : primary;
  flag(rule, group, out_of_force, measured.truth, verdict);

  const bool exempted = exemption && exemption->state == model::EvidenceState::accepted && !expired(*exemption, day);
  if (exempted) verdict.exemption = exemption;
  verdict.measured = exempted ? Truth::n : measured.truth;
  verdict.official = exempted ? Truth::n : primary.truth & evidence.truth;
  switch (verdict.official) {
    case Truth::n:
      verdict.state = State::exempt;
      if (exempted) verdict.reasons.push_back(Reason::exempted);
      return;
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

  auto reasons = primary.reasons;
  reasons.add(evidence.reasons);
  reasons.list(verdict.reasons);
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
