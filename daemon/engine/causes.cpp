#include "daemon/engine/causes.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "daemon/engine/known_facts.h"
#include "daemon/engine/told_otherwise.h"

namespace ntmd::engine {
namespace {

using rules::CauseKind;
using store::Touch;

void add(std::vector<std::string>& ids, const std::string& id) {
  if (!id.empty() && std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
}

std::size_t deciding_operands(const rules::IndicatorRule& rule) {
  if (!rule.figure) return 0;
  return rule.figure->denominator ? 2 : 1;
}

/// How the rule judges what was there before; nullopt when it asks for something else now.
std::optional<rules::Standing> judged_by(const rules::IndicatorRule& rule, const rules::IndicatorInputs& then) {
  try {
    return rules::standing_of(rules::evaluate(rule, then));
  } catch (const std::logic_error&) {
    return std::nullopt;
  }
}

bool too_old(const rules::Operand& operand, std::int64_t limit_ms) {
  constexpr std::int64_t kDay = 24LL * 3600 * 1000;
  return limit_ms > 0 && operand.age_days && *operand.age_days * kDay > limit_ms;
}

CauseKind kind_of(const store::DirtyCell& cell) {
  switch (cell.touch) {
    case Touch::accepted:
      return CauseKind::accept;
    case Touch::retracted:
      return CauseKind::retract;
    case Touch::configured:
      return CauseKind::config;
    case Touch::loaded:
      break;
  }
  return cell.element ? CauseKind::delivery : CauseKind::evidence;
}

const rules::IndicatorRule& rule_of(const StatusChange& judged) {
  return judged.criteria->indicators[judged.verdict->rule];
}

std::string_view code_of(const StatusChange& judged) { return judged.subject.substr(2); }

}  // namespace

Causes::Causes(const Setup& setup, store::Store& store, const rules::Verdicts& verdicts, const store::Dirty& dirty)
    : setup_(setup), store_(store), verdicts_(verdicts) {
  for (const auto& cell : dirty.cells) {
    for (const auto& unit : units_told(*verdicts.units, cell)) by_unit_[std::string(unit.view())].push_back(&cell);
  }
}

base::Status Causes::begin(std::optional<model::Day> last_day, std::string_view frame, const PassFrame& now) {
  last_day_ = last_day;
  now_ = &now;
  if (frame.empty()) return {};
  auto then = read_frame(frame);
  if (!then) return std::unexpected(then.error());
  frame_ = std::move(*then);
  other_units_ = frame_->units != now.units;
  other_elements_ = frame_->elements != now.elements;
  const auto differ = [&](const auto& one, const auto& other) {
    for (const auto& source : one) {
      if (std::ranges::find(other, source) == other.end()) add(reconfigured_, source.id);
    }
  };
  differ(frame_->sources, now.sources);
  differ(now.sources, frame_->sources);
  return {};
}

base::Result<Cause> Causes::of(const StatusChange& judged, std::span<const ChangedMember> members) {
  if (judged.before == nullptr) return first(judged);
  const auto then = before(judged);
  if (!then) return std::unexpected(then.error());
  const auto after = rules::standing_of(*judged.verdict);
  const bool other_rule = then->criteria_sha256 != judged.criteria->sha256;
  if (other_rule) {
    const auto by_rule = judged_by(rule_of(judged), then->inputs);
    if (!by_rule || *by_rule == after) return Cause{CauseKind::rule, {judged.criteria->sha256}};
  }
  if (other_land(judged)) return Cause{CauseKind::boundary, {}};
  if (then->inputs.commune_group != judged.group) {
    auto inputs = then->inputs;
    inputs.commune_group = judged.group;
    if (judged_by(rule_of(judged), inputs) == after) return Cause{CauseKind::boundary, {}};
  }
  const auto figures = figures_moved(judged, then->inputs.operands);
  if (!figures) return std::unexpected(figures.error());
  auto evidence = evidence_moved(judged, then->inputs);
  if (!evidence) return std::unexpected(evidence.error());
  const auto in_group = group_moved(judged, then->inputs);
  if (!in_group) return std::unexpected(in_group.error());
  evidence->any = evidence->any || in_group->any;
  evidence->cells.insert(evidence->cells.end(), in_group->cells.begin(), in_group->cells.end());

  // Where both changed, that of which the change shows.
  const bool exempted =
      judged.verdict->measured == model::Truth::n || judged.before->standing.measured == model::Truth::n;
  const bool measured_changed = judged.before->standing.measured != judged.verdict->measured;
  const bool by_figures = !figures->cells.empty() && !exempted && (measured_changed || evidence->cells.empty());
  if (by_figures) return named(figures->cells);
  if (auto cause = from_members(judged, then->inputs, members)) return std::move(*cause);
  if (!evidence->cells.empty()) return named(evidence->cells);
  if (!figures->cells.empty()) return named(figures->cells);
  return without_delivery(judged, *then, *figures, *evidence);
}

base::Result<Cause> Causes::first(const StatusChange& judged) {
  Cause cause;
  const auto take = [&](const Cells& cells) {
    for (const auto* cell : cells) add(cause.ids, cell->delivery);
  };
  const auto deciding = deciding_operands(rule_of(judged));
  for (std::size_t i = 0; i < deciding; ++i) {
    const auto& operand = judged.verdict->operands[i];
    const auto cells = those_in_force(cells_of(code_of(judged), operand.element), operand.deliveries);
    if (!cells) return std::unexpected(cells.error());
    take(*cells);
  }
  for (const auto& finding : judged.verdict->evidence) {
    if (!finding.record) continue;
    const auto cells = those_in_force(cells_of(code_of(judged), std::nullopt), {&finding.record->revision, 1});
    if (!cells) return std::unexpected(cells.error());
    take(*cells);
  }
  return cause;
}

base::Result<Causes::Before> Causes::before(const StatusChange& judged) {
  const std::pair place(std::string(judged.subject), judged.criteria->id);
  auto [kept, fresh] = kept_.try_emplace(place);
  if (fresh) {
    const auto row = store_.verdict(place.first, place.second);
    if (!row) return std::unexpected(row.error());
    if (*row) {
      auto read = read_kept((*row)->body);
      if (!read) return std::unexpected(read.error());
      kept->second = std::move(*read);
    }
  }
  if (kept->second) {
    for (const auto& indicator : kept->second->indicators) {
      if (indicator.id == rule_of(judged).id) return Before{kept->second->criteria_sha256, indicator.inputs};
    }
  }
  // The pass before kept none: what was last decided.
  const auto last = store_.decision(judged.before->decision);
  if (!last) return std::unexpected(last.error());
  if (!*last) {
    return base::fail(base::Fault::bad_data,
                      fmt::format("decision {}: is missing from the chain, expected it for {} {}; run ntmd verify",
                                  judged.before->decision, judged.subject, rule_of(judged).id));
  }
  auto decision = read_decision((*last)->body);
  if (!decision) return std::unexpected(decision.error());
  if (!frame_) {
    PassFrame frame = *now_;
    frame.boundaries = decision->boundaries;
    frame_ = std::move(frame);
  }
  return Before{decision->criteria_sha256, std::move(decision->inputs)};
}

bool Causes::other_land(const StatusChange& judged) const {
  if (!judged.subject.starts_with("u/") || !frame_) return false;
  const auto code = model::UnitCode::of(code_of(judged));
  if (!code) return false;
  const auto then = verdicts_.units->find(*code, frame_->boundaries);
  const auto now = verdicts_.units->find(*code, verdicts_.boundaries);
  return then != now && (!then || !now || !verdicts_.units->same_extent(*then, *now));
}

Causes::Cells Causes::cells_of(std::string_view code, std::optional<model::ElementId> element) const {
  const auto found = by_unit_.find(std::string(code));
  Cells cells;
  if (found == by_unit_.end()) return cells;
  std::ranges::copy_if(found->second, std::back_inserter(cells),
                       [&](const auto* cell) { return cell->element == element; });
  return cells;
}

/// Of deliveries that told the same cell since, the one that counts now; where none does, all of them.
base::Result<Causes::Cells> Causes::those_in_force(Cells cells, std::span<const model::Revision> in_force) {
  Cells counting;
  for (const auto* cell : cells) {
    const auto found = head(cell->delivery);
    if (!found) return std::unexpected(found.error());
    if (*found != nullptr && std::ranges::find(in_force, (*found)->revision) != in_force.end())
      counting.push_back(cell);
  }
  return counting.empty() ? std::move(cells) : std::move(counting);
}

base::Result<Causes::Moved> Causes::figures_moved(const StatusChange& judged, const std::vector<rules::Operand>& then) {
  Moved moved;
  const auto deciding = deciding_operands(rule_of(judged));
  for (const auto differs : {&numbered_otherwise, &dated_otherwise}) {
    for (std::size_t i = 0; i < deciding; ++i) {
      const auto& operand = judged.verdict->operands[i];
      const auto old = std::ranges::find(then, operand.element_name, &rules::Operand::element_name);
      if (old != then.end() && !differs(*old, operand)) continue;
      moved.any = true;
      add(moved.sources, operand.source);
      if (old != then.end()) add(moved.sources, old->source);
      const auto cells = those_in_force(cells_of(code_of(judged), operand.element), operand.deliveries);
      if (!cells) return std::unexpected(cells.error());
      moved.cells.insert(moved.cells.end(), cells->begin(), cells->end());
    }
    if (moved.any) break;
  }
  return moved;
}

base::Result<Causes::Moved> Causes::evidence_moved(const StatusChange& judged, const rules::IndicatorInputs& then) {
  Moved moved;
  const auto look = [&](const rules::Record& old, const rules::Record& now) -> base::Status {
    if (!told_otherwise(old, now)) return {};
    // What was issued to be told on a day to come needs no one.
    if (now && last_day_ && now->issued_on > *last_day_ && cells_of(code_of(judged), std::nullopt).empty()) return {};
    moved.any = true;
    const auto revision = now ? now->revision : 0;
    const auto cells = those_in_force(cells_of(code_of(judged), std::nullopt), {&revision, 1});
    if (!cells) return std::unexpected(cells.error());
    moved.cells.insert(moved.cells.end(), cells->begin(), cells->end());
    return {};
  };
  for (const auto& finding : judged.verdict->evidence) {
    const auto old = std::ranges::find(then.evidence, finding.kind, &rules::EvidenceFinding::kind);
    if (auto done = look(old == then.evidence.end() ? rules::Record() : old->record, finding.record); !done)
      return std::unexpected(done.error());
  }
  const bool exempt = judged.verdict->measured == model::Truth::n;
  if (exempt || judged.before->standing.measured == model::Truth::n) {
    if (auto done = look(then.exemption.record, judged.verdict->exemption); !done) return std::unexpected(done.error());
  }
  return moved;
}

/// Records of a group's members.
base::Result<Causes::Moved> Causes::group_moved(const StatusChange& judged, const rules::IndicatorInputs& then) {
  Moved moved;
  const auto& conditions = rule_of(judged).group_conditions;
  for (std::size_t i = 0; i < conditions.size() && i < then.group.size(); ++i) {
    if (conditions[i].kind != rules::GroupCondition::Kind::records) continue;
    if (!told_otherwise(then.group[i], judged.verdict->group[i])) continue;
    moved.any = true;
    for (const auto& unit : verdicts_.by_unit) {
      const auto& row = verdicts_.units->at(unit.unit);
      if (row.group != judged.group) continue;
      const auto cells = cells_of(row.code.view(), std::nullopt);
      moved.cells.insert(moved.cells.end(), cells.begin(), cells.end());
    }
  }
  return moved;
}

std::optional<Cause> Causes::from_members(const StatusChange& judged, const rules::IndicatorInputs& then,
                                          std::span<const ChangedMember> members) const {
  const auto& conditions = rule_of(judged).group_conditions;
  std::optional<Cause> cause;
  for (std::size_t i = 0; i < conditions.size() && i < then.group.size(); ++i) {
    if (conditions[i].kind != rules::GroupCondition::Kind::members) continue;
    if (!told_otherwise(then.group[i], judged.verdict->group[i])) continue;
    for (const auto& member : members) {
      if (!member.subject.starts_with("u/") || member.criteria != conditions[i].criteria) continue;
      const auto code = model::UnitCode::of(std::string_view(member.subject).substr(2));
      const auto row = code ? verdicts_.units->find(*code, verdicts_.boundaries) : std::nullopt;
      if (!row || verdicts_.units->at(*row).group != judged.group) continue;
      if (!cause || cause->kind != member.cause.kind) cause = Cause{member.cause.kind, {}};
      for (const auto& id : member.cause.ids) add(cause->ids, id);
    }
  }
  // A member's first verdict is not the group's.
  if (cause && cause->kind == CauseKind::first)
    cause->kind = cause->ids.empty() ? CauseKind::clock : CauseKind::delivery;
  return cause;
}

base::Result<Cause> Causes::named(const Cells& cells) {
  Cause cause;
  const auto last = std::ranges::max_element(cells, {}, [](const auto* cell) { return cell; });
  cause.kind = kind_of(**last);
  for (const auto* cell : cells) {
    if (kind_of(*cell) != cause.kind) continue;
    if (cause.kind != CauseKind::config) {
      add(cause.ids, cell->delivery);
      continue;
    }
    const auto found = head(cell->delivery);
    if (!found) return std::unexpected(found.error());
    if (*found != nullptr) add(cause.ids, (*found)->source);
  }
  return cause;
}

/// No delivery changed it: the rule, the land, a setting or time did.
Cause Causes::without_delivery(const StatusChange& judged, const Before& then, const Moved& figures,
                               const Moved& evidence) const {
  if (then.criteria_sha256 != judged.criteria->sha256) return {CauseKind::rule, {judged.criteria->sha256}};
  if (figures.any || evidence.any) {
    if (other_units_) return {CauseKind::boundary, {}};
    Cause config{CauseKind::config, {}};
    for (const auto& source : figures.sources) {
      if (std::ranges::find(reconfigured_, source) != reconfigured_.end()) add(config.ids, source);
    }
    if (evidence.any && config.ids.empty()) config.ids = reconfigured_;
    if (!config.ids.empty() || (figures.any && other_elements_)) return config;
    return {CauseKind::clock, {}};
  }
  const auto deciding = deciding_operands(rule_of(judged));
  Cause limits{CauseKind::config, {}};
  for (std::size_t i = 0; i < deciding; ++i) {
    const auto& operand = judged.verdict->operands[i];
    const auto old = std::ranges::find(then.inputs.operands, operand.element_name, &rules::Operand::element_name);
    if (old == then.inputs.operands.end() || old->stale == operand.stale) continue;
    if (too_old(operand, old->error_after_ms) != operand.stale) add(limits.ids, operand.source);
  }
  if (!limits.ids.empty()) return limits;
  return {CauseKind::clock, {}};
}

base::Result<const store::DeliveryHead*> Causes::head(const std::string& id) {
  auto [place, fresh] = heads_.try_emplace(id);
  if (fresh && !id.empty()) {
    auto found = store_.find_delivery(id);
    if (!found) return std::unexpected(found.error());
    place->second = std::move(*found);
  }
  return place->second ? &*place->second : nullptr;
}

}  // namespace ntmd::engine
