// Alerts that follow from verdicts.

#include <algorithm>
#include <unordered_set>

#include "daemon/engine/alert_facts.h"
#include "daemon/engine/alert_subjects.h"
#include "daemon/engine/alert_watch.h"
#include "daemon/rules/arithmetic.h"

namespace ntmd::engine {
namespace {

using model::Truth;
using rules::AlertName;
using rules::AlertSignal;
using rules::AlertSubject;
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

class VerdictWatch {
 public:
  VerdictWatch(const WatchContext& context, const std::set<std::string>& stale_sources, Signals& signals)
      : context_(context),
        verdicts_(*context.pass.verdicts),
        subjects_(verdicts_),
        stale_sources_(stale_sources),
        observations_(context.store, context.pass),
        signals_(signals) {
    for (const auto& change : context.pass.changes) {
      if (refused_by_evidence(*change.verdict)) refused_now_.insert(change.verdict);
      if (change.cause == rules::CauseKind::boundary) moved_.insert(change.subject);
    }
  }

  base::Status run() {
    for (const auto* state : context_.policy.watched()) watch(*state);
    for (const auto& change : context_.pass.changes) look_at(change);
    if (context_.first) {
      for (const auto& unit : verdicts_.by_unit) look_at_parents(unit);
    } else {
      look_at_changed_parents();
    }
    for (const auto& unit : verdicts_.by_unit) look_at_figures(unit);
    return observations_.status();
  }

 private:
  [[nodiscard]] const units::Unit& unit_of(const rules::UnitVerdict& verdict) const { return subjects_.unit(verdict); }

  rules::AlertFacts facts_of(const Judged& judged, const IndicatorVerdict& verdict) const {
    auto facts = engine::facts_of(judged.criteria->indicators[verdict.rule], verdict);
    if (judged.unit != nullptr) facts.unit_name = unit_of(*judged.unit).name;
    return facts;
  }

  /// What is watched gets its signal whether or not anything changed.
  void watch(const rules::AlertState& state) {
    const auto& subject = state.subject;
    if (subject.criteria.empty()) return;  // of a source, a delivery or the chain
    const auto judged = subjects_.find(subject);
    if (!judged) return gone(subject, state.facts, "not_assessed");
    if (subject.name == AlertName::unit_lost || subject.name == AlertName::pillar_lost) {
      if (judged->unit == nullptr || !look_at_parent(subject, *judged)) gone(subject, state.facts, "not_assessed");
      return;
    }
    const auto* verdict = subjects_.indicator(*judged, subject.indicator);
    if (verdict == nullptr) return gone(subject, state.facts, "not_assessed");
    switch (subject.name) {
      case AlertName::indicator_lost:
        return put(lost(*judged, *verdict), false);
      case AlertName::data_stale:
        return put(stale(*judged, *verdict), false);
      case AlertName::thin_margin:
        return put(thin(*judged, *verdict), false);
      case AlertName::figure_disputed:
        return put(disputed(*judged, *verdict), false);
      default:
        return;
    }
  }

  void put(AlertSignal signal, bool raises) {
    signal.raises = raises;
    signals_.push_back(std::move(signal));
  }

  void gone(const AlertSubject& subject, rules::AlertFacts facts, std::string_view reason) {
    AlertSignal signal;
    signal.subject = subject;
    signal.facts = std::move(facts);
    signal.facts.reason = reason;
    signal.sight = Sight::gone;
    put(std::move(signal), false);
  }

  void look_at(const Change& change) {
    const auto judged = subjects_.find(change.subject, *change.criteria);
    if (!judged || change.cause == rules::CauseKind::boundary) return;
    const auto& verdict = *change.verdict;
    if (change.known_before == Truth::t && verdict.official == Truth::f) put(lost(*judged, verdict), true);
    const bool decided_before = change.known_before == Truth::t || change.known_before == Truth::f;
    if (decided_before && aged(verdict)) put(stale(*judged, verdict), true);
  }

  void look_at_changed_parents() {
    std::unordered_set<const rules::UnitVerdict*> seen;
    for (const auto& change : context_.pass.changes) {
      const auto judged = subjects_.find(change.subject, *change.criteria);
      if (judged && judged->unit != nullptr && seen.insert(judged->unit).second) look_at_parents(*judged->unit);
    }
  }

  void look_at_parents(const rules::UnitVerdict& unit) {
    const auto judged = subjects_.of(unit);
    for (const auto& pillar : unit.pillars) {
      auto subject = subjects_.subject(AlertName::pillar_lost, judged);
      subject.pillar = judged.criteria->pillars[pillar.rule].id;
      look_at_parent(subject, judged);
    }
    look_at_parent(subjects_.subject(AlertName::unit_lost, judged), judged);
  }

  /// False when the unit has no such pillar.
  bool look_at_parent(const AlertSubject& subject, const Judged& judged) {
    const auto& unit = *judged.unit;
    if (subject.name == AlertName::unit_lost) {
      parent(subject, judged, unit.official, unit.tally, unit.deciding, judged.criteria->name_vi,
             judged.criteria->name_en);
      return true;
    }
    for (const auto& pillar : unit.pillars) {
      const auto& rule = judged.criteria->pillars[pillar.rule];
      if (rule.id != subject.pillar) continue;
      parent(subject, judged, pillar.official, pillar.tally, pillar.deciding, rule.name_vi, rule.name_en);
      return true;
    }
    return false;
  }

  void parent(const AlertSubject& subject, const Judged& judged, Truth official, const rules::Tally& tally,
              const std::vector<std::uint32_t>& deciding, const std::string& name_vi, const std::string& name_en) {
    const auto* state = context_.policy.find(key_of(subject));
    const bool moved = moved_.contains("u/" + subject.unit);
    if (state == nullptr && official != Truth::t) return;
    AlertSignal signal;
    signal.subject = subject;
    signal.sight = sight_of(official);
    signal.arms = true;
    signal.disarms = moved;
    auto& facts = signal.facts;
    facts.unit_name = unit_of(*judged.unit).name;
    facts.name_vi = name_vi;
    facts.name_en = name_en;
    facts.value = std::to_string(tally.met) + "/" + std::to_string(tally.of);
    facts.reason = official == Truth::t ? "met" : official == Truth::n ? "exempted" : "lost";
    if (official == Truth::f) {
      Observed observed;
      for (const auto rule : deciding) {
        const auto& indicators = judged.unit->indicators;
        const auto verdict = std::ranges::find(indicators, rule, &IndicatorVerdict::rule);
        facts.deciding.push_back(judged.criteria->indicators[rule].id);
        if (verdict == indicators.end()) continue;
        observations_.add(unit_of(*judged.unit).code, judged.criteria->indicators[rule], *verdict, observed);
        signal.at_once = signal.at_once || refused_now_.contains(&*verdict);
        if (facts.source.empty()) {
          auto told = lost(judged, *verdict).facts;
          facts.source = std::move(told.source);
          facts.delivery = std::move(told.delivery);
        }
      }
      signal.polls = std::move(observed.polls);
      signal.delivery = std::move(observed.delivery);
    }
    put(std::move(signal), true);
  }

  AlertSignal lost(const Judged& judged, const IndicatorVerdict& verdict) {
    AlertSignal signal;
    signal.subject = subjects_.subject(AlertName::indicator_lost, judged, verdict);
    signal.facts = facts_of(judged, verdict);
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

  AlertSignal stale(const Judged& judged, const IndicatorVerdict& verdict) {
    AlertSignal signal;
    signal.subject = subjects_.subject(AlertName::data_stale, judged, verdict);
    signal.facts = facts_of(judged, verdict);
    if (!aged(verdict)) {
      const bool unknown = verdict.official == Truth::u && verdict.state == rules::State::no_data;
      signal.sight = unknown ? Sight::unknown : verdict.official == Truth::n ? Sight::gone : Sight::fine;
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
    if (const auto* record = evidence_against(verdict, verdicts_.as_of)) {
      signal.facts.detail = model::to_string(record->kind);
      name_evidence(*record, signal);
    }
    return signal;
  }

  /// A ratio that is met by little; the threshold of all of them has no margin to lose.
  static bool is_thin(const IndicatorVerdict& verdict, std::int64_t permille) {
    if (verdict.official != Truth::t || !verdict.slack || !verdict.denominator || !verdict.numerator) return false;
    if (*verdict.denominator <= *verdict.numerator - *verdict.slack) return false;
    return !rules::further_than(*verdict.numerator, *verdict.numerator - *verdict.slack, permille);
  }

  AlertSignal thin(const Judged& judged, const IndicatorVerdict& verdict) {
    const auto permille = context_.policy.settings().policy.thin_margin_permille;
    AlertSignal signal;
    signal.subject = subjects_.subject(AlertName::thin_margin, judged, verdict);
    signal.facts = facts_of(judged, verdict);
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

  AlertSignal disputed(const Judged& judged, const IndicatorVerdict& verdict) {
    AlertSignal signal;
    signal.subject = subjects_.subject(AlertName::figure_disputed, judged, verdict);
    signal.facts = facts_of(judged, verdict);
    signal.facts.reason = "agreed";
    signal.sight = Sight::fine;
    for (const auto& operand : verdict.operands) {
      if (operand.disputed) {
        auto& names = signal.facts.detail;
        names += (names.empty() ? "" : ", ") + operand.element_name;
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

  void look_at_figures(const rules::UnitVerdict& unit) {
    const auto permille = context_.policy.settings().policy.thin_margin_permille;
    const auto judged = subjects_.of(unit);
    for (const auto& verdict : unit.indicators) {
      if (permille > 0 && is_thin(verdict, permille)) put(thin(judged, verdict), true);
      if (std::ranges::find(verdict.flags, rules::Flag::disputed) != verdict.flags.end())
        put(disputed(judged, verdict), true);
    }
  }

  void observe(const Judged& judged, const IndicatorVerdict& verdict, AlertSignal& signal) {
    Observed observed;
    if (judged.unit != nullptr) {
      observations_.add(unit_of(*judged.unit).code, judged.criteria->indicators[verdict.rule], verdict, observed);
    } else {
      observe_members(judged, verdict, observed);
    }
    signal.polls = std::move(observed.polls);
    signal.delivery = std::move(observed.delivery);
  }

  /// A group is judged by its members: what brought their fall brought its own.
  void observe_members(const Judged& judged, const IndicatorVerdict& verdict, Observed& observed) {
    for (const auto& condition : judged.criteria->indicators[verdict.rule].group_conditions) {
      if (condition.kind != rules::GroupCondition::Kind::members) continue;
      for (const auto& unit : verdicts_.by_unit) {
        const auto& criteria = *verdicts_.criteria[unit.criteria];
        if (criteria.id != condition.criteria || unit_of(unit).group != judged.group->group) continue;
        for (const auto& each : unit.indicators) {
          if (each.official == Truth::f)
            observations_.add(unit_of(unit).code, criteria.indicators[each.rule], each, observed);
        }
      }
    }
  }

  /// Where the figure that decides comes from. A delivery once named stays until another brings the figure.
  void name_source(const Judged& judged, const IndicatorVerdict& verdict, AlertSignal& signal) {
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

  void name_evidence(const model::Evidence& record, AlertSignal& signal) {
    signal.facts.source = context_.setup.sources->name(record.source);
    signal.facts.delivery = observations_.id_of(signal.facts.source, record.revision);
    if (signal.delivery.empty()) signal.delivery = signal.facts.delivery;
  }

  const WatchContext& context_;
  const rules::Verdicts& verdicts_;
  AlertSubjects subjects_;
  const std::set<std::string>& stale_sources_;
  Observations observations_;
  Signals& signals_;
  std::unordered_set<const IndicatorVerdict*> refused_now_;  // changed in this pass
  std::set<std::string> moved_;                              // subjects with other land than before
};

}  // namespace

base::Status watch_verdicts(const WatchContext& context, const std::set<std::string>& stale_sources, Signals& signals) {
  return VerdictWatch(context, stale_sources, signals).run();
}

}  // namespace ntmd::engine
