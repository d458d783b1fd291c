#include "daemon/rules/select.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "daemon/rules/arithmetic.h"
#include "daemon/rules/merge.h"
#include "daemon/rules/precedence.h"
#include "daemon/rules/told.h"

namespace ntmd::rules {
namespace {

using Versions = std::vector<const model::Figure*>;

struct Question {
  const Facts& facts;
  const model::UnitCode& code;
  const units::UnitRegister* units;  ///< null: about a group, whose figures are all told for it
  units::UnitRow unit;
  const model::Element* element;
  model::Day day;
  const Window& window;

  [[nodiscard]] bool flow() const { return element != nullptr && element->kind == model::ElementKind::flow; }
  [[nodiscard]] bool told_for_it(const model::Figure& figure) const {
    if (units == nullptr) return true;
    const auto told_for = units->find(figure.unit, figure.period.last);
    return told_for && units->same_extent(*told_for, unit);
  }
};

void take(Told& told, const model::Figure& figure) {
  told.period = figure.period;
  told.source = figure.source;
  told.derived = figure.derived;
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
  told.derived = end->derived;
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
Versions eligible(const Question& question, model::ElementId element) {
  const bool flow = question.flow();
  Versions versions;
  for (const auto& version : question.facts.versions(question.code, element)) {
    const bool in_time = flow ? version.period.inside(question.window.period) : version.period.last <= question.day;
    if (in_time) versions.push_back(&version);
  }
  return versions;
}

/// How long the figure has been too old, by the freshness of its source; nothing told of that: never.
std::optional<std::chrono::milliseconds> overdue(const Question& question, const Told& told) {
  const auto* rule = question.facts.source(told.source);
  if (rule == nullptr || rule->error_after.count() == 0) return std::nullopt;
  const auto days = std::int64_t{question.day - told.period.last};
  return std::chrono::milliseconds(std::chrono::hours(24)) * days - rule->error_after;
}

Operand show(const Question& question, model::ElementId element, const Told& told) {
  const auto& facts = question.facts;
  Operand operand;
  operand.element = element;
  operand.element_name = facts.elements().names().name(element);
  operand.flow = question.flow();
  operand.previous_window = operand.flow && question.window.previous;
  if (!told.speaks()) {
    operand.missing = told.elsewhere ? Reason::boundary : Reason::no_figure;
    return operand;
  }
  operand.value = told.value;
  operand.missing = told.missing;
  operand.source = facts.sources().name(told.source);
  operand.period = told.period;
  operand.age_days = question.day - told.period.last;
  operand.jumped = told.jumped;
  operand.disputed = told.disputed;
  operand.deliveries = told.deliveries;
  operand.added_from = told.parts;
  if (const auto* rule = facts.source(told.source)) operand.error_after_ms = rule->error_after.count();
  const auto late = overdue(question, told);
  operand.stale = late && late->count() > 0;
  return operand;
}

/// What was told for the unit itself.
Told own(const Question& question, model::ElementId element) {
  const auto* known = question.element;
  bool elsewhere = false;
  std::optional<Told> in_force;
  for (const auto& teller : by_teller(question.facts, known, eligible(question, element))) {
    const Told told = question.flow()  ? sum_of_periods(question, teller)
                      : teller.derived ? last_computed(question, teller)
                                       : newest_reported(question, teller);
    elsewhere = elsewhere || told.elsewhere;
    if (!told.speaks()) continue;
    if (!in_force) {
      in_force = told;
      if (!told.value || known == nullptr || !known->tolerance_permille) break;
    } else if (told.value && further_than(*in_force->value, *told.value, *known->tolerance_permille)) {
      in_force->disputed = true;
      break;
    }
  }
  Told told = in_force.value_or(Told{});
  told.elsewhere = elsewhere;
  return told;
}

Told answer(const Question& question, model::ElementId element);

/// What the units told that this one was formed from.
Told of_parts(const Question& question, model::ElementId element) {
  const auto& units = *question.units;
  std::vector<MergedPart> parts;
  for (const auto& edge : units.formed_from(units.first_of_extent(question.unit))) {
    auto& part = parts.emplace_back(edge.from, edge.share);
    const auto row = units.find(edge.from, edge.on - 1);
    if (!row) continue;
    const Question about{question.facts,   edge.from,    question.units, *row,
                         question.element, question.day, question.window};
    part.told = answer(about, element);
  }
  return sum_of_parts(parts, question.flow(), [&](const Told& told) {
    return overdue(question, told).value_or(std::chrono::milliseconds::min());
  });
}

/// A stock that was told for the unit since it was formed stands alone; a flow goes on from what its parts told.
Told answer(const Question& question, model::ElementId element) {
  Told told = own(question, element);
  if (question.units == nullptr || (told.speaks() && !question.flow())) return told;
  Told before = of_parts(question, element);
  if (before.speaks() && told.speaks()) return before_and_since(before, told);
  if (!before.speaks()) {
    told.elsewhere = told.elsewhere || before.elsewhere;
    return told;
  }
  return before;
}

template <class Counts>
EvidenceFinding newest_of(const Facts& facts, const model::UnitCode& code, std::string_view indicator,
                          model::EvidenceKind kind, model::Day day, const Counts& counts) {
  EvidenceFinding finding{kind, std::nullopt};
  const model::Evidence* newest = nullptr;
  for (const auto& record : facts.evidence(code, indicator)) {
    if (record.kind != kind || record.issued_on > day || !counts(record)) continue;
    if (newest == nullptr || model::newer(record, *newest)) newest = &record;
  }
  if (newest != nullptr) finding.record = *newest;
  return finding;
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
  const Question question{facts, units.at(unit).code, &units, unit, facts.elements().get(element), day, window};
  return show(question, element, answer(question, element));
}

Operand select_of_group(const Facts& facts, const model::UnitCode& group, model::ElementId element, model::Day day,
                        const Window& window) {
  const Question question{facts, group, nullptr, 0, facts.elements().get(element), day, window};
  return show(question, element, answer(question, element));
}

EvidenceFinding find_evidence(const Facts& facts, const units::UnitRegister& units, units::UnitRow unit,
                              std::string_view indicator, model::EvidenceKind kind, model::Day day) {
  const auto& code = units.at(unit).code;
  return newest_of(facts, code, indicator, kind, day, [&](const model::Evidence& record) {
    const auto issued_for = units.find(code, record.issued_on);
    return !issued_for || units.same_extent(*issued_for, unit);
  });
}

EvidenceFinding find_evidence_of_group(const Facts& facts, const model::UnitCode& group, std::string_view indicator,
                                       model::EvidenceKind kind, model::Day day) {
  return newest_of(facts, group, indicator, kind, day, [](const model::Evidence&) { return true; });
}

}  // namespace ntmd::rules
