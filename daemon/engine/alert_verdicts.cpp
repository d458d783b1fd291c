// Alerts that follow from verdicts.

#include <algorithm>
#include <unordered_set>

#include "daemon/engine/alert_facts.h"
#include "daemon/engine/alert_signals.h"
#include "daemon/engine/alert_subjects.h"
#include "daemon/engine/alert_watch.h"

namespace ntmd::engine {
namespace {

using model::Truth;
using rules::AlertName;
using rules::AlertSignal;
using rules::AlertSubject;
using rules::IndicatorVerdict;
using Sight = AlertSignal::Sight;

class VerdictWatch {
 public:
  VerdictWatch(const WatchContext& context, const std::set<std::string>& stale_sources, Signals& signals)
      : context_(context),
        verdicts_(*context.pass.verdicts),
        subjects_(verdicts_),
        observations_(context.store, context.pass),
        make_(context, subjects_, observations_, stale_sources),
        signals_(signals) {
    for (const auto& change : context.pass.changes) {
      if (refused_by_evidence(*change.verdict)) refused_now_.insert(change.verdict);
      if (change.cause.kind == rules::CauseKind::boundary) moved_.insert(change.subject);
    }
  }

  base::Status run() {
    const auto& touched = context_.pass.touched;
    const bool some = touched && context_.before != nullptr && context_.before->generation == context_.pass.since;
    for (const auto* state : some ? wanted(*touched) : context_.policy.watched()) watch(*state);
    for (const auto& change : context_.pass.changes) look_at(change);
    if (context_.first) {
      for (const auto& unit : verdicts_.by_unit) look_at_parents(unit);
    } else {
      look_at_changed_parents();
    }
    if (some) {
      for (const auto& code : *touched) {
        for (auto [at, end] = subjects_.places(code.view()); at < end; ++at)
          look_at_figures(subjects_.of(verdicts_.by_unit[at]));
      }
    } else {
      for (std::size_t at = 0; at < verdicts_.by_unit.size(); ++at) {
        if (!seen_before(at)) look_at_figures(subjects_.of(verdicts_.by_unit[at]));
      }
    }
    for (const auto& group : verdicts_.by_group) look_at_figures(subjects_.of(group));
    return observations_.status();
  }

 private:
  [[nodiscard]] const units::Unit& unit_of(const rules::UnitVerdict& verdict) const { return subjects_.unit(verdict); }

  /// What is wrong with its figures is watched since then.
  [[nodiscard]] bool seen_before(std::size_t at) const {
    const auto* before = context_.before;
    return before != nullptr && at < before->by_unit.size() && verdicts_.by_unit.shares(at, before->by_unit, at);
  }

  /// What is watched and may be seen as another than before, or is due.
  std::vector<const rules::AlertState*> wanted(const std::vector<model::UnitCode>& touched) const {
    auto states = context_.policy.due(context_.moment);
    const auto add = [&](std::string_view unit) {
      const auto of_unit = context_.policy.watched(unit);
      states.insert(states.end(), of_unit.begin(), of_unit.end());
    };
    add("");
    for (const auto& code : touched) add(code.view());
    return states;
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
        return put(make_.lost(*judged, *verdict), false);
      case AlertName::data_stale:
        return put(make_.stale(*judged, *verdict), false);
      case AlertName::thin_margin:
        return put(make_.thin(*judged, *verdict), false);
      case AlertName::figure_disputed:
        return put(make_.disputed(*judged, *verdict), false);
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
    if (!judged || change.cause.kind == rules::CauseKind::boundary) return;
    const auto& verdict = *change.verdict;
    if (change.known_before == Truth::t && verdict.official == Truth::f) put(make_.lost(*judged, verdict), true);
    const bool decided_before = change.known_before == Truth::t || change.known_before == Truth::f;
    if (decided_before && (aged(verdict) || missing(verdict))) put(make_.stale(*judged, verdict), true);
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
    if (state == nullptr ? official != Truth::t : !moved && stays(*state, official)) return;
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
          auto told = make_.lost(judged, *verdict).facts;
          facts.source = std::move(told.source);
          facts.delivery = std::move(told.delivery);
        }
      }
      signal.observations = std::move(observed.observations);
      signal.delivery = std::move(observed.delivery);
    }
    put(std::move(signal), true);
  }

  /// Nothing follows from such a signal for such a state.
  static bool stays(const rules::AlertState& state, Truth official) {
    if (state.phase != rules::AlertPhase::resolved || state.told) return false;
    return official == Truth::t ? state.armed : official == Truth::f ? !state.armed : true;
  }

  void look_at_figures(const Judged& judged) {
    const auto permille = context_.policy.settings().policy.thin_margin_permille;
    for (const auto& verdict : judged.indicators()) {
      if (permille > 0 && is_thin(verdict, permille)) put(make_.thin(judged, verdict), true);
      if (std::ranges::find(verdict.flags, rules::Flag::disputed) != verdict.flags.end())
        put(make_.disputed(judged, verdict), true);
    }
  }

  const WatchContext& context_;
  const rules::Verdicts& verdicts_;
  AlertSubjects subjects_;
  Observations observations_;
  VerdictSignals make_;
  Signals& signals_;
  std::unordered_set<const IndicatorVerdict*> refused_now_;  // changed in this pass
  std::set<std::string> moved_;                              // subjects with other land than before
};

}  // namespace

base::Status watch_verdicts(const WatchContext& context, const std::set<std::string>& stale_sources, Signals& signals) {
  return VerdictWatch(context, stale_sources, signals).run();
}

}  // namespace ntmd::engine
