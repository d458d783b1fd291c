#include "daemon/rules/select.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "daemon/rules/arithmetic.h"
#include "daemon/rules/precedence.h"

namespace ntmd::rules {
namespace {

using Versions = std::vector<const model::Figure*>;

/// What one teller says on the day. Neither `value` nor `missing`: it has no figure, the next one is asked.
struct Told {
  std::optional<std::int64_t> value;
  std::optional<Reason> missing;
  bool elsewhere = false;  ///< what it has was told for other boundaries
  bool jumped = false;
  model::Period period;
  model::SourceId source = 0;
  std::vector<model::Revision> deliveries;

  [[nodiscard]] bool speaks() const { return value.has_value() || missing.has_value(); }
};

struct Question {
  const Facts& facts;
  const model::UnitCode& code;
  const units::UnitRegister* units;  ///< null: about a group, whose figures are all told for it
  units::UnitRow unit;
  const model::Element* element;
  model::Day day;
  const Window& window;

  [[nodiscard]] bool told_for_it(const model::Figure& figure) const {
    if (units == nullptr) return true;
    const auto told_for = units->find(figure.unit, figure.period.last);
    return told_for && units->same_extent(*told_for, unit);
  }
};

void take(Told& told, const model::Figure& figure) {
  told.period = figure.period;
  told.source = figure.source;
  told.deliveries = {figure.revision};
  switch (figure.missing) {
    case model::Missing::none:
      told.value = figure.value;
      return;
    case model::Missing::not_covered:  // like a unit that was never counted
      return;
    case model::Missing::key_mixed:
      told.missing = Reason::key_mixed;
      return;
  }
}

/// A guard in permille of the figure before; from 0 no share can be told, so nothing is a jump.
bool jumps(const Question& question, const model::Figure* before, std::int64_t value) {
  if (question.element == nullptr || !question.element->jump_max_permille || before == nullptr) return false;
  return before->value > 0 && further_than(before->value, value, *question.element->jump_max_permille);
}

Told newest_reported(const Question& question, const Teller& teller) {
  Told told;
  const model::Figure* best = nullptr;
  const model::Figure* before = nullptr;  // of an earlier date
  const auto replaces = [](const model::Figure& figure, const model::Figure* known) {
    if (known == nullptr || figure.period.last != known->period.last) {
      return known == nullptr || figure.period.last > known->period.last;
    }
    return in_force_over(figure, *known);
  };
  for (const auto* version : teller.versions) {
    if (version->missing != model::Missing::none) continue;
    if (!question.told_for_it(*version)) {
      told.elsewhere = true;
    } else if (replaces(*version, best)) {
      if (best != nullptr && best->period.last < version->period.last) before = best;
      best = version;
    } else if (version->period.last < best->period.last && replaces(*version, before)) {
      before = version;
    }
  }
  if (best == nullptr) return told;
  take(told, *best);
  told.jumped = jumps(question, before, best->value);
  return told;
}

Told last_computed(const Question& question, const Teller& teller) {
  Versions computed = teller.versions;
  std::sort(computed.begin(), computed.end(), [](const auto* a, const auto* b) { return in_force_over(*a, *b); });
  Told told;
  if (computed.front()->missing == model::Missing::not_covered) return told;
  if (!question.told_for_it(*computed.front())) {
    told.elsewhere = true;
    return told;
  }
  take(told, *computed.front());
  const auto before = std::find_if(computed.begin() + 1, computed.end(), [&](const auto* version) {
    return version->missing == model::Missing::none && question.told_for_it(*version);
  });
  if (told.value) told.jumped = jumps(question, before == computed.end() ? nullptr : *before, *told.value);
  return told;
}

Told sum_of_periods(const Question& question, const Teller& teller) {
  Told told;
  std::map<model::Period, const model::Figure*> periods;
  for (const auto* version : teller.versions) {
    auto& known = periods[version->period];
    if (known == nullptr || in_force_over(*version, *known)) known = version;
  }
  std::erase_if(periods, [&](const auto& entry) {
    if (entry.second->missing == model::Missing::not_covered) return true;
    const bool elsewhere = !question.told_for_it(*entry.second);
    told.elsewhere = told.elsewhere || elsewhere;
    return elsewhere;
  });
  if (periods.empty()) return told;

  told.period = periods.begin()->first;
  const model::Figure* end = periods.begin()->second;  // of the last period
  std::int64_t sum = 0;
  bool overlap = false;
  bool gap = false;
  bool mixed = false;
  bool too_large = false;
  for (const auto& [period, figure] : periods) {
    if (figure != periods.begin()->second) {
      overlap = overlap || period.first <= told.period.last;
      gap = gap || period.first > told.period.last + 1;
    }
    mixed = mixed || figure->missing == model::Missing::key_mixed;
    too_large = too_large || __builtin_add_overflow(sum, figure->value, &sum);
    if (period.last >= told.period.last) {
      told.period.last = period.last;
      end = figure;
    }
    told.deliveries.push_back(figure->revision);
  }
  told.source = end->source;
  std::sort(told.deliveries.begin(), told.deliveries.end());
  told.deliveries.erase(std::unique(told.deliveries.begin(), told.deliveries.end()), told.deliveries.end());
  if (mixed) {
    told.missing = Reason::key_mixed;
  } else if (overlap) {
    told.missing = Reason::window_overlap;
  } else if (gap) {
    told.missing = Reason::window_gap;
  } else if (too_large) {
    told.missing = Reason::sum_too_large;
  } else {
    told.value = sum;
  }
  return told;
}

/// The versions that may speak on the day: a stock dated on or before it, a flow's period wholly inside the window.
Versions eligible(const Question& question, model::ElementId element, bool flow) {
  Versions versions;
  for (const auto& version : question.facts.versions(question.code, element)) {
    const bool in_time = flow ? version.period.inside(question.window.period) : version.period.last <= question.day;
    if (in_time) versions.push_back(&version);
  }
  return versions;
}

void put(Operand& operand, const Question& question, const Told& told) {
  operand.value = told.value;
  operand.missing = told.missing;
  operand.source = question.facts.sources().name(told.source);
  operand.period = told.period;
  operand.age_days = question.day - told.period.last;
  operand.jumped = told.jumped;
  operand.deliveries = told.deliveries;
  const auto* rule = question.facts.source(told.source);
  if (rule == nullptr) return;
  operand.error_after_ms = rule->error_after.count();
  const auto age = std::chrono::milliseconds(std::chrono::hours(24)) * std::int64_t{*operand.age_days};
  operand.stale = operand.error_after_ms > 0 && age.count() > operand.error_after_ms;
}

Operand answer(const Question& question, model::ElementId element) {
  const auto& facts = question.facts;
  const auto* known = question.element;
  Operand operand;
  operand.element = element;
  operand.element_name = facts.elements().names().name(element);
  operand.flow = known != nullptr && known->kind == model::ElementKind::flow;
  operand.previous_window = operand.flow && question.window.previous;

  bool elsewhere = false;
  std::optional<Told> in_force;
  for (const auto& teller : by_teller(facts, known, eligible(question, element, operand.flow))) {
    const Told told = operand.flow     ? sum_of_periods(question, teller)
                      : teller.derived ? last_computed(question, teller)
                                       : newest_reported(question, teller);
    elsewhere = elsewhere || told.elsewhere;
    if (!told.speaks()) continue;
    if (!in_force) {
      in_force = told;
      if (!told.value || known == nullptr || !known->tolerance_permille) break;
    } else if (told.value && further_than(*in_force->value, *told.value, *known->tolerance_permille)) {
      operand.disputed = true;
      break;
    }
  }
  if (in_force) {
    put(operand, question, *in_force);
  } else {
    operand.missing = elsewhere ? Reason::boundary : Reason::no_figure;
  }
  return operand;
}

}  // namespace

Window window_of(model::Day day, int carry_over_days) {
  using namespace std::chrono_literals;
  const auto year = day.ymd().year();
  const model::Day new_year(year / 1 / 1);
  if (day - new_year >= carry_over_days) return {{new_year, day}, false};
  const auto before = year - std::chrono::years(1);
  return {{model::Day(before / 1 / 1), model::Day(before / 12 / 31)}, true};
}

Operand select(const Facts& facts, const units::UnitRegister& units, units::UnitRow unit, model::ElementId element,
               model::Day day, const Window& window) {
  return answer({facts, units.at(unit).code, &units, unit, facts.elements().get(element), day, window}, element);
}

Operand select_of_group(const Facts& facts, const model::UnitCode& group, model::ElementId element, model::Day day,
                        const Window& window) {
  return answer({facts, group, nullptr, 0, facts.elements().get(element), day, window}, element);
}

EvidenceFinding find_evidence(const Facts& facts, const model::UnitCode& unit, std::string_view indicator,
                              model::EvidenceKind kind, model::Day day) {
  EvidenceFinding finding{kind, std::nullopt};
  const model::Evidence* newest = nullptr;
  for (const auto& record : facts.evidence(unit, indicator)) {
    if (record.kind != kind || record.issued_on > day) continue;
    if (newest == nullptr || model::newer(record, *newest)) newest = &record;
  }
  if (newest != nullptr) finding.record = *newest;
  return finding;
}

}  // namespace ntmd::rules
