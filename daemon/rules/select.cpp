#include "daemon/rules/select.h"

#include <algorithm>
#include <chrono>
#include <limits>
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
  const Asked& asked;
  const model::Element* element;
  const Window& window;

  [[nodiscard]] bool flow() const { return element != nullptr && element->kind == model::ElementKind::flow; }
  [[nodiscard]] bool told_for_it(const model::Figure& figure) const { return asked.told_for_it(figure.period.last); }
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
bool jumps(const Question& question, std::int64_t before, std::int64_t value) {
  if (question.element == nullptr || !question.element->jump_max_permille) return false;
  return before > 0 && further_than(before, value, *question.element->jump_max_permille);
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
  told.jumped = before != nullptr && jumps(question, before->value, best->value);
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
  if (told.value && before != computed.end()) told.jumped = jumps(question, (*before)->value, *told.value);
  return told;
}

/// What the periods of a flow come to, taken in by their first days.
class FlowSum {
 public:
  explicit FlowSum(Told& told) : told_(told) {}

  void add(const model::Period& period, std::int64_t value, model::Missing missing, model::SourceId source,
           model::Revision revision) {
    if (told_.deliveries.empty()) {
      told_.period = period;
    } else {
      overlap_ = overlap_ || period.first <= told_.period.last;
      gap_ = gap_ || period.first > told_.period.last + 1;
    }
    mixed_ = mixed_ || missing == model::Missing::key_mixed;
    too_large_ = too_large_ || __builtin_add_overflow(sum_, value, &sum_);
    if (period.last >= told_.period.last) {
      told_.period.last = period.last;
      told_.source = source;
    }
    told_.deliveries.push_back(revision);
  }

  /// Nothing where nothing was added.
  void finish() {
    auto& deliveries = told_.deliveries;
    if (deliveries.empty()) return;
    std::sort(deliveries.begin(), deliveries.end());
    deliveries.erase(std::unique(deliveries.begin(), deliveries.end()), deliveries.end());
    if (mixed_) {
      told_.missing = Reason::key_mixed;
    } else if (overlap_) {
      told_.missing = Reason::window_overlap;
    } else if (gap_) {
      told_.missing = Reason::window_gap;
    } else if (too_large_) {
      told_.missing = Reason::sum_too_large;
    } else {
      told_.value = sum_;
    }
  }

 private:
  Told& told_;
  std::int64_t sum_ = 0;
  bool overlap_ = false;
  bool gap_ = false;
  bool mixed_ = false;
  bool too_large_ = false;
};

Told sum_of_periods(const Question& question, const Teller& teller) {
  Told told;
  std::map<model::Period, const model::Figure*> periods;
  for (const auto* version : teller.versions) {
    auto& known = periods[version->period];
    if (known == nullptr || in_force_over(*version, *known)) known = version;
  }
  FlowSum sum(told);
  for (const auto& [period, figure] : periods) {
    if (figure->missing == model::Missing::not_covered) continue;
    if (question.told_for_it(*figure)) {
      sum.add(period, figure->value, figure->missing, figure->source, figure->revision);
    } else {
      told.elsewhere = true;
    }
  }
  sum.finish();
  told.derived = told.speaks() && teller.derived;
  return told;
}

bool in_time(const Question& question, const model::Period& period) {
  return question.flow() ? period.inside(question.window.period) : period.last <= question.asked.day;
}

/// How long the figure has been too old, by the freshness of its source; nothing told of that: never.
std::optional<std::chrono::milliseconds> overdue(const Question& question, const Told& told) {
  const auto* rule = question.asked.facts.source(told.source);
  if (rule == nullptr || rule->error_after.count() == 0) return std::nullopt;
  const auto days = std::int64_t{question.asked.day - told.period.last};
  return std::chrono::milliseconds(std::chrono::hours(24)) * days - rule->error_after;
}

void show(const Question& question, Told&& told, Operand& operand) {
  const auto& facts = question.asked.facts;
  operand.flow = question.flow();
  operand.previous_window = operand.flow && question.window.previous;
  operand.value = told.value;
  operand.missing = told.missing;
  operand.jumped = false;
  operand.disputed = false;
  operand.stale = false;
  operand.error_after_ms = 0;
  if (!told.speaks()) {
    operand.missing = told.elsewhere ? Reason::boundary : Reason::no_figure;
    operand.source = Name();
    operand.period.reset();
    operand.age_days.reset();
    operand.deliveries.clear();
    operand.added_from.clear();
    return;
  }
  operand.source = facts.source_name(told.source);
  operand.period = told.period;
  operand.age_days = question.asked.day - told.period.last;
  operand.jumped = told.jumped;
  operand.disputed = told.disputed;
  operand.deliveries.assign(told.deliveries.begin(), told.deliveries.end());
  operand.added_from = std::move(told.parts);
  if (const auto* rule = facts.source(told.source)) operand.error_after_ms = rule->error_after.count();
  const auto late = overdue(question, told);
  operand.stale = late && late->count() > 0;
}

/// A cell that one source tells, each time of another period: the last in time is in force.
void own_plain_stock(const Question& question, const Facts::Cell& cell, Told& told) {
  const auto& asked = question.asked;
  const bool guarded = question.element != nullptr && question.element->jump_max_permille;
  const Facts::Version* best = nullptr;
  for (auto version = cell.versions.rbegin(); version != cell.versions.rend(); ++version) {
    if (version->period.last > asked.day) continue;
    const auto& telling = asked.facts.telling(*version);
    if (telling.missing != model::Missing::none) continue;
    if (!asked.told_for_it(version->period.last)) {
      told.elsewhere = true;
      continue;
    }
    if (best != nullptr) {
      told.jumped = jumps(question, version->value, best->value);
      return;
    }
    best = &*version;
    told.value = version->value;
    told.period = version->period;
    told.source = telling.source;
    told.deliveries.push_back(telling.revision);
    if (!guarded) return;
  }
}

void own_plain_flow(const Question& question, const Facts::Cell& cell, Told& told) {
  const auto& asked = question.asked;
  FlowSum sum(told);
  for (const auto& version : cell.versions) {
    if (!version.period.inside(question.window.period)) continue;
    const auto& telling = asked.facts.telling(version);
    if (telling.missing == model::Missing::not_covered) continue;
    if (asked.told_for_it(version.period.last)) {
      sum.add(version.period, version.value, telling.missing, telling.source, telling.revision);
    } else {
      told.elsewhere = true;
    }
  }
  sum.finish();
}

/// What was told for the unit itself.
Told own(const Question& question, model::ElementId element) {
  const auto& asked = question.asked;
  Told told;
  if (asked.place == nullptr || element >= asked.place->cells.size()) return told;
  const auto& cell = asked.place->cells[element];
  if (cell.plain) {
    question.flow() ? own_plain_flow(question, cell, told) : own_plain_stock(question, cell, told);
    return told;
  }
  const auto figures = asked.facts.versions(asked.code, element);
  Versions eligible;
  for (const auto& figure : figures) {
    if (in_time(question, figure.period)) eligible.push_back(&figure);
  }
  const auto* known = question.element;
  bool elsewhere = false;
  std::optional<Told> in_force;
  for (const auto& teller : by_teller(asked.facts, known, eligible)) {
    const Told one = question.flow()  ? sum_of_periods(question, teller)
                     : teller.derived ? last_computed(question, teller)
                                      : newest_reported(question, teller);
    elsewhere = elsewhere || one.elsewhere;
    if (!one.speaks()) continue;
    if (!in_force) {
      in_force = one;
      if (!one.value || known == nullptr || !known->tolerance_permille) break;
    } else if (one.value && further_than(*in_force->value, *one.value, *known->tolerance_permille)) {
      in_force->disputed = true;
      break;
    }
  }
  if (in_force) told = std::move(*in_force);
  told.elsewhere = elsewhere;
  return told;
}

Told answer(const Question& question, model::ElementId element);

/// What the units told that this one was formed from.
Told of_parts(const Question& question, model::ElementId element) {
  const auto& asked = question.asked;
  std::vector<MergedPart> parts;
  for (const auto& edge : asked.formed_from) {
    auto& part = parts.emplace_back(edge.from, edge.share);
    const auto row = asked.units->find(edge.from, edge.on - 1);
    if (!row) continue;
    const Asked of_part(asked.facts, *asked.units, *row, asked.day);
    part.told = answer({of_part, question.element, question.window}, element);
  }
  return sum_of_parts(parts, question.flow(), [&](const Told& told) {
    return overdue(question, told).value_or(std::chrono::milliseconds::min());
  });
}

/// A stock that was told for the unit since it was formed stands alone; a flow goes on from what its parts told.
Told answer(const Question& question, model::ElementId element) {
  Told told = own(question, element);
  if (question.asked.units == nullptr || question.asked.formed_from.empty() || (told.speaks() && !question.flow()))
    return told;
  Told before = of_parts(question, element);
  if (before.speaks() && told.speaks()) return before_and_since(before, told);
  if (!before.speaks()) {
    told.elsewhere = told.elsewhere || before.elsewhere;
    return told;
  }
  return before;
}

}  // namespace

Asked::Asked(const Facts& from, const units::UnitRegister& register_, units::UnitRow row, model::Day on)
    : facts(from), units(&register_), unit(row), code(register_.at(row).code), day(on) {
  const auto& own = register_.at(row);
  const auto rows = register_.all();
  row_holds = {own.valid_from, own.valid_to.value_or(model::Day(std::numeric_limits<std::int32_t>::max()))};
  if (row + std::size_t{1} < rows.size() && rows[row + std::size_t{1}].code == code)
    row_holds.last = std::min(row_holds.last, rows[row + std::size_t{1}].valid_from - 1);
  formed_from = register_.formed_from(register_.first_of_extent(row));
  place = from.place(code);
  records = from.records(code);
}

Asked::Asked(const Facts& from, const model::UnitCode& group, model::Day on)
    : facts(from), code(group), day(on), place(from.place(group)), records(from.records(group)) {}

bool Asked::told_for_it(model::Day then) const {
  if (units == nullptr || (row_holds.first <= then && then <= row_holds.last)) return true;
  const auto told_for = units->find(code, then);
  return told_for && units->same_extent(*told_for, unit);
}

Window window_of(model::Day day, int carry_over_days) {
  using namespace std::chrono_literals;
  const auto year = day.ymd().year();
  const model::Day new_year(year / 1 / 1);
  if (day - new_year >= carry_over_days) return {{new_year, day}, false};
  const auto before = year - std::chrono::years(1);
  return {{model::Day(before / 1 / 1), model::Day(before / 12 / 31)}, true};
}

void select(const Asked& asked, model::ElementId element, const Name& name, const Window& window, Operand& operand) {
  operand.element = element;
  operand.element_name = name;
  const Question question{asked, asked.facts.elements().get(element), window};
  show(question, answer(question, element), operand);
}

Operand select(const Facts& facts, const units::UnitRegister& units, units::UnitRow unit, model::ElementId element,
               model::Day day, const Window& window) {
  Operand operand;
  select(Asked(facts, units, unit, day), element, Name(facts.elements().names().name(element)), window, operand);
  return operand;
}

Operand select_of_group(const Facts& facts, const model::UnitCode& group, model::ElementId element, model::Day day,
                        const Window& window) {
  Operand operand;
  select(Asked(facts, group, day), element, Name(facts.elements().names().name(element)), window, operand);
  return operand;
}

Record find_evidence(const Asked& asked, std::span<const std::shared_ptr<const model::Evidence>> records,
                     model::EvidenceKind kind) {
  const std::shared_ptr<const model::Evidence>* newest = nullptr;
  for (const auto& held : records) {
    const auto& record = *held;
    if (record.kind != kind || record.issued_on > asked.day) continue;
    // A record from before the register begins counts.
    if (!asked.told_for_it(record.issued_on) && asked.units->find(asked.code, record.issued_on)) continue;
    if (newest == nullptr || model::newer(record, **newest)) newest = &held;
  }
  return newest == nullptr ? Record() : Record(*newest);
}

Record find_evidence(const Asked& asked, std::string_view indicator, model::EvidenceKind kind) {
  if (asked.records == nullptr) return {};
  return find_evidence(asked, Facts::of_indicator(*asked.records, indicator), kind);
}

EvidenceFinding find_evidence(const Facts& facts, const units::UnitRegister& units, units::UnitRow unit,
                              std::string_view indicator, model::EvidenceKind kind, model::Day day) {
  return {kind, find_evidence(Asked(facts, units, unit, day), indicator, kind)};
}

EvidenceFinding find_evidence_of_group(const Facts& facts, const model::UnitCode& group, std::string_view indicator,
                                       model::EvidenceKind kind, model::Day day) {
  return {kind, find_evidence(Asked(facts, group, day), indicator, kind)};
}

}  // namespace ntmd::rules
