// The mass-change guard at work: before a commit, and before a snapshot is first counted.

#include <algorithm>

#include <fmt/format.h>

#include "daemon/engine/assessor.h"
#include "daemon/engine/counted.h"
#include "daemon/engine/flip_guard.h"

namespace ntmd::engine {
namespace {

constexpr std::int64_t kNoLimit = 100;

FactsChange change_of(const rules::Facts& facts, const std::vector<CountedChange>& counted) {
  FactsChange change;
  for (const auto& element : counted) {
    for (auto [figure, because] : element.figures) {
      // Computed after all that are there.
      figure.recorded = base::Instant::max();
      const auto known = facts.versions(figure.unit, figure.element);
      auto& cell = change.cells.emplace_back(figure.unit, figure.element);
      cell.versions.assign(known.begin(), known.end());
      cell.versions.push_back(figure);
      change.units.push_back(figure.unit);
    }
  }
  std::ranges::sort(change.units);
  change.units.erase(std::ranges::unique(change.units).begin(), change.units.end());
  return change;
}

}  // namespace

/// Snapshots of one source that the last count did not know.
struct Assessor::Entering {
  const SourcePlan* plan = nullptr;
  std::vector<model::Revision> revisions;  ///< ascending
  std::vector<std::string> ids;            ///< of those that nobody accepted
  bool guarded = false;
};

model::Truth Assessor::known(const model::UnitCode& unit, const rules::Criteria& criteria, std::uint32_t rule) const {
  const auto found = standings_.find(standing_key("u/" + std::string(unit.view()), criteria.id));
  if (found == standings_.end() || rule >= found->second.size() || !found->second[rule]) return model::Truth::u;
  return found->second[rule]->known;
}

std::optional<std::string> Assessor::judge_change(FactsChange& change, model::Day day, std::int64_t max_pct) {
  // A day before the last assessed one decides nothing.
  const auto judged = std::max(day, last_day_.value_or(day));
  return mass_change(
      *facts_, change, request(judged),
      [this](const auto& unit, const auto& criteria, auto rule) { return known(unit, criteria, rule); }, max_pct);
}

base::Result<store::Store::Review> Assessor::guard(const store::DeliveryHead& head, model::Day day) {
  const auto plan = std::ranges::find(setup_.plans, head.source, [](const auto& each) { return each->id; });
  if (plan == setup_.plans.end() || head.kind == store::LoadKind::snapshot) return {};
  const auto max_pct = (*plan)->expect.flips_max_pct;
  if (!last_day_ || max_pct >= kNoLimit || head.standing != store::Standing::in_force) return {};
  const auto before = store_.deliveries(head.source);
  if (!before) return std::unexpected(before.error());
  if (std::ranges::none_of(*before, [](const auto& other) { return other.standing == store::Standing::in_force; }))
    return {};
  if (auto done = take_in(); !done) return std::unexpected(done.error());
  return [this, day, max_pct]() -> base::Result<std::optional<std::string>> {
    const auto dirty = store_.dirty(taken_in_);
    if (!dirty) return std::unexpected(dirty.error());
    auto change = read_change(*facts_, store_, *dirty);
    if (!change) return std::unexpected(change.error());
    return judge_change(*change, day, max_pct);
  };
}

base::Result<std::vector<Assessor::Entering>> Assessor::entering(model::Day day) {
  std::vector<Entering> all;
  const auto bases = store_.bases();
  if (!bases) return std::unexpected(bases.error());
  for (const auto& plan : setup_.plans) {
    if (plan->counted.empty()) continue;
    const auto heads = store_.deliveries(plan->id);
    if (!heads) return std::unexpected(heads.error());
    const auto counted = [&](const store::DeliveryHead& head) {
      return std::ranges::any_of(*bases, [&](const store::Basis& basis) {
        return std::ranges::binary_search(basis.deliveries, head.revision);
      });
    };
    Entering source;
    source.plan = plan.get();
    for (const auto& head : snapshot_in_force(*heads, day)) {
      if (counted(head)) continue;
      source.revisions.push_back(head.revision);
      if (head.outcome != store::Outcome::held && head.reason.empty()) source.ids.push_back(head.id);
    }
    if (source.revisions.empty()) continue;
    // A first snapshot is not guarded, nor what comes back because someone took out what was counted.
    bool any = false;
    bool taken_out = false;
    for (const auto& head : *heads) {
      if (!counted(head)) continue;
      any = true;
      taken_out = taken_out || head.standing != store::Standing::in_force;
    }
    source.guarded = last_day_ && plan->expect.flips_max_pct < kNoLimit && any && !taken_out && !source.ids.empty();
    all.push_back(std::move(source));
  }
  return all;
}

base::Result<std::vector<HeldBack>> Assessor::guard_snapshots(const SourcePlan& plan, model::Day day) {
  if (plan.counted.empty() || (last_day_ && day < *last_day_)) return {};
  const auto found = entering(day);
  if (!found) return std::unexpected(found.error());
  const auto own = std::ranges::find(*found, &plan, &Entering::plan);
  if (own == found->end() || !own->guarded) return {};
  if (auto done = take_in(); !done) return std::unexpected(done.error());
  return count(day, [&](const std::string& source) { return source == plan.id; });
}

base::Result<std::vector<HeldBack>> Assessor::count(model::Day day,
                                                    const std::function<bool(const std::string&)>& takes) {
  const auto sources = entering(day);
  if (!sources) return std::unexpected(sources.error());
  const auto left_out = [&](std::size_t judged) {
    std::vector<model::Revision> except;
    for (std::size_t i = 0; i < sources->size(); ++i) {
      const auto& source = (*sources)[i];
      if (takes(source.plan->id) && (!source.guarded || i < judged)) continue;
      except.insert(except.end(), source.revisions.begin(), source.revisions.end());
    }
    std::ranges::sort(except);
    return except;
  };
  const auto open = counted_changes(setup_, store_, *facts_, day, left_out(0), share_);
  if (!open) return std::unexpected(open.error());
  if (auto done = append_counted(store_, *open); !done) return std::unexpected(done.error());
  if (auto done = take_in(); !done) return std::unexpected(done.error());

  std::vector<HeldBack> held;
  for (std::size_t i = 0; i < sources->size(); ++i) {
    const auto& source = (*sources)[i];
    if (!source.guarded || !takes(source.plan->id)) continue;
    auto back = count_guarded(source, day, left_out(i + 1));
    if (!back) return std::unexpected(back.error());
    if (*back) held.push_back(std::move(**back));
  }
  return held;
}

base::Result<std::optional<HeldBack>> Assessor::count_guarded(const Entering& source, model::Day day,
                                                              std::span<const model::Revision> except) {
  const auto counted = counted_changes(setup_, store_, *facts_, day, except, share_);
  if (!counted) return std::unexpected(counted.error());
  auto change = change_of(*facts_, *counted);
  if (const auto reason = judge_change(change, day, source.plan->expect.flips_max_pct)) {
    if (auto done = store_.hold(source.ids, *reason); !done) return std::unexpected(done.error());
    return HeldBack{source.ids, *reason};
  }
  if (auto done = append_counted(store_, *counted); !done) return std::unexpected(done.error());
  if (auto done = take_in(); !done) return std::unexpected(done.error());
  return std::nullopt;
}

}  // namespace ntmd::engine
