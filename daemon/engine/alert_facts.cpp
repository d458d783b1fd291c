#include "daemon/engine/alert_facts.h"

#include <algorithm>

#include "daemon/rules/arithmetic.h"

namespace ntmd::engine {

using rules::IndicatorVerdict;
using rules::Reason;

namespace {

/// What two figures say, in the order of the law; a count has no denominator.
rules::State told_by(const rules::FigureCondition& condition, const rules::Threshold& threshold,
                     std::optional<std::int64_t> numerator, std::optional<std::int64_t> denominator) {
  const bool ratio = condition.kind == rules::FigureCondition::Kind::ratio;
  if (!numerator || (ratio && (!denominator || *denominator == 0))) return rules::State::no_data;
  if (ratio && *numerator > *denominator) return rules::State::error;
  return rules::passes(condition.kind, threshold, *numerator, denominator.value_or(0)) ? rules::State::met
                                                                                       : rules::State::not_met;
}

const rules::Threshold& threshold_of(const rules::FigureCondition& condition, const IndicatorVerdict& verdict) {
  for (const auto& [group, threshold] : condition.by_commune_group) {
    if (threshold.text == verdict.threshold) return threshold;
  }
  return condition.at_least;
}

}  // namespace

Observations::Observations(store::Store& store, const Pass& pass) : store_(store), day_(pass.verdicts->as_of) {
  for (const auto& cell : pass.dirty.cells) {
    for (const auto& unit : units_told(*pass.verdicts->units, cell)) {
      by_unit_[std::string(unit.view())].push_back(&cell);
    }
  }
}

const store::DeliveryHead* Observations::head(const std::string& id) {
  auto [place, fresh] = heads_.try_emplace(id);
  if (fresh && !id.empty()) {
    auto found = store_.find_delivery(id);
    if (!found) {
      status_ = std::unexpected(found.error());
    } else {
      place->second = std::move(*found);
    }
  }
  return place->second ? &*place->second : nullptr;
}

/// Whether a delivery that another has superseded within the same pass said what is judged now.
bool Observations::agrees(const model::UnitCode& unit, const rules::IndicatorRule& rule,
                          const IndicatorVerdict& verdict, model::Revision delivery) {
  const auto& condition = *rule.figure;
  const auto& threshold = threshold_of(condition, verdict);
  bool told = false;
  const auto value_then = [&](model::ElementId element, std::optional<std::int64_t> now) {
    const auto versions = store_.read_cell(unit, element);
    if (!versions) {
      status_ = std::unexpected(versions.error());
      return now;
    }
    const model::Figure* then = nullptr;
    for (const auto& figure : *versions) {
      const bool stock = figure.period.first == figure.period.last;
      if (figure.revision != delivery || !stock || figure.period.last > day_) continue;
      if (then == nullptr || figure.period.last > then->period.last || figure.row > then->row) then = &figure;
    }
    if (then == nullptr || then->missing != model::Missing::none) return now;
    told = true;
    return std::optional(then->value);
  };
  const auto numerator = value_then(condition.numerator, verdict.numerator);
  const auto denominator =
      condition.denominator ? value_then(*condition.denominator, verdict.denominator) : std::optional<std::int64_t>{};
  return told && told_by(condition, threshold, numerator, denominator) ==
                     told_by(condition, threshold, verdict.numerator, verdict.denominator);
}

void Observations::add(const model::UnitCode& unit, const rules::IndicatorRule& rule, const IndicatorVerdict& verdict,
                       Observed& into) {
  const auto touched = by_unit_.find(std::string(unit.view()));
  if (touched == by_unit_.end() || !rule.figure) return;
  for (const auto* cell : touched->second) {
    if (!cell->element || (*cell->element != rule.figure->numerator && cell->element != rule.figure->denominator))
      continue;
    const auto* delivery = head(cell->delivery);
    if (delivery == nullptr) continue;
    const bool taken_back = delivery->standing == store::Standing::retracted;
    const bool in_force =
        delivery->kind == store::LoadKind::snapshot || delivery->kind == store::LoadKind::records ||
        std::ranges::any_of(verdict.operands, [&](const auto& operand) {
          return operand.element == *cell->element &&
                 std::ranges::find(operand.deliveries, delivery->revision) != operand.deliveries.end();
        });
    if (!taken_back && !in_force && !agrees(unit, rule, verdict, delivery->revision)) continue;
    auto observation = taken_back ? "retract:" + delivery->id : delivery->id;
    into.delivery = delivery->id;
    auto& known = into.observations;
    if (std::ranges::find(known, observation) == known.end()) known.push_back(std::move(observation));
  }
}

std::string Observations::evidence(const model::UnitCode& unit) {
  const auto touched = by_unit_.find(std::string(unit.view()));
  if (touched == by_unit_.end()) return {};
  std::string last;
  for (const auto* cell : touched->second) {
    if (!cell->element) last = cell->delivery;
  }
  return last;
}

std::string Observations::id_of(std::string_view source, model::Revision revision) {
  auto known = by_source_.find(source);
  if (known == by_source_.end()) {
    known = by_source_.try_emplace(std::string(source)).first;
    const auto deliveries = store_.deliveries(source);
    if (!deliveries) {
      status_ = std::unexpected(deliveries.error());
      return {};
    }
    for (const auto& delivery : *deliveries) known->second.emplace(delivery.revision, delivery.id);
  }
  const auto found = known->second.find(revision);
  return found == known->second.end() ? std::string{} : found->second;
}

rules::AlertFacts facts_of(const rules::IndicatorRule& rule, const IndicatorVerdict& verdict) {
  rules::AlertFacts facts;
  facts.name_vi = rule.name_vi;
  facts.name_en = rule.name_en;
  facts.numerator = verdict.numerator;
  facts.denominator = verdict.denominator;
  facts.threshold = verdict.threshold.value_or("");
  facts.gap = verdict.gap;
  facts.slack = verdict.slack;
  if (verdict.percent) {
    facts.value = *verdict.percent;
  } else if (verdict.numerator && rule.figure && !rule.figure->denominator) {
    facts.value = std::to_string(*verdict.numerator);
  }
  return facts;
}

const model::Evidence* evidence_against(const IndicatorVerdict& verdict, std::optional<model::Day> expired) {
  for (const auto& finding : verdict.evidence) {
    if (!finding.record) continue;
    const auto& record = *finding.record;
    const bool accepted = record.state == model::EvidenceState::accepted;
    if (expired ? accepted && record.valid_to && *record.valid_to < *expired : !accepted) return &record;
  }
  return nullptr;
}

bool has(const IndicatorVerdict& verdict, Reason reason) {
  return std::ranges::find(verdict.reasons, reason) != verdict.reasons.end();
}

bool refused_by_evidence(const IndicatorVerdict& verdict) {
  return has(verdict, Reason::evidence_rejected) || has(verdict, Reason::evidence_withdrawn);
}

bool aged(const IndicatorVerdict& verdict) {
  return verdict.official == model::Truth::u &&
         (has(verdict, Reason::stale_figure) || has(verdict, Reason::evidence_expired));
}

bool missing(const IndicatorVerdict& verdict) {
  return verdict.official == model::Truth::u && !verdict.reasons.empty() &&
         (verdict.state == rules::State::no_data || verdict.state == rules::State::error);
}

}  // namespace ntmd::engine
