#include "daemon/engine/counted.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/engine/key_union.h"
#include "daemon/engine/why_counted.h"

namespace ntmd::engine {
namespace {

struct Snapshot {
  std::string source;
  std::vector<store::DeliveryHead> parts;
};

using RunsByUnit = std::map<model::UnitCode, std::vector<store::RunInfo>>;

class Counter {
 public:
  Counter(const Setup& setup, store::Store& store, const rules::Facts& facts, model::Day day,
          std::span<const model::Revision> except, const base::ShareWork& share)
      : setup_(setup), store_(store), facts_(facts), day_(day), except_(except), share_(share) {}

  base::Result<std::vector<CountedChange>> run() {
    const auto stored = store_.bases();
    if (!stored) return base::fail_within("counted elements", stored);
    for (const auto& basis : *stored) old_[basis.element] = basis.deliveries;
    const auto keys = store_.person_keys();
    if (!keys) return base::fail_within("counted elements", keys);
    for (const auto& key : *keys) {
      if (key.state == store::KeyState::incoming) incoming_ = key.id;
    }
    std::set<model::ElementId> elements;
    for (const auto& plan : setup_.plans) {
      for (const auto element : plan->counted) elements.insert(element);
    }
    for (const auto& [element, deliveries] : old_) elements.insert(element);
    for (const auto element : elements) {
      if (auto done = update(element); !done)
        return base::fail_within(fmt::format("counting {}", setup_.elements->names().name(element)), done);
    }
    return std::move(changes_);
  }

 private:
  base::Result<std::vector<Snapshot>> in_force(model::ElementId element) {
    std::vector<Snapshot> out;
    heads_.clear();
    for (const auto& plan : setup_.plans) {
      if (std::ranges::find(plan->counted, element) == plan->counted.end()) continue;
      auto heads = store_.deliveries(plan->id);
      if (!heads) return std::unexpected(heads.error());
      std::erase_if(*heads, [&](const auto& head) { return std::ranges::binary_search(except_, head.revision); });
      auto parts = snapshot_in_force(*heads, day_);
      std::ranges::move(*heads, std::back_inserter(heads_));
      if (!parts.empty()) out.push_back({plan->id, std::move(parts)});
    }
    return out;
  }

  base::Status update(model::ElementId element) {
    auto snapshots = in_force(element);
    if (!snapshots) return std::unexpected(snapshots.error());
    std::vector<model::Revision> basis;
    for (const auto& snapshot : *snapshots) {
      for (const auto& part : snapshot.parts) basis.push_back(part.revision);
    }
    std::ranges::sort(basis);
    const auto& before = old_[element];
    if (basis == before) return {};

    // Runs by unit, over the deliveries that count now. Without one of them nothing is known: a part is not the whole.
    RunsByUnit by_unit;
    bool lost = false;
    std::vector<model::Revision> counted;
    for (const auto revision : basis) {
      auto runs = store_.runs_of(revision, element);
      if (!runs && runs.error().fault != base::Fault::gone) return std::unexpected(runs.error());
      if (runs) {
        counted.push_back(revision);
        for (auto& run : *runs) {
          if (run.key_id != incoming_) by_unit[run.unit].push_back(std::move(run));
        }
      } else if (!std::exchange(lost, true)) {
        base::log::warn("counted.lost", {{"element", setup_.elements->names().name(element)}}, runs.error().what);
      }
    }
    if (lost) by_unit.clear();
    std::vector<model::Revision> moved;
    std::ranges::set_symmetric_difference(counted, before, std::back_inserter(moved));
    auto why = why_counted(setup_, store_, element, heads_, before, counted);
    if (!why) return std::unexpected(why.error());
    Touchers any;
    for (const auto& [revision, because] : *why) unite(any, because);
    if (any.empty()) any.push_back(newest());
    auto touched = touched_by(element, moved, *why, any, lost);
    if (!touched) return std::unexpected(touched.error());

    const auto* oldest = oldest_of(*snapshots);
    const auto date = oldest == nullptr ? day_ : oldest->parts.front().dated.value_or(day_);
    const auto source = setup_.sources->find(oldest == nullptr ? std::string_view{} : std::string_view(oldest->source));
    std::vector<store::DerivedFigure> figures;
    Unions unions(share_);
    std::vector<std::optional<std::size_t>> united;  // by figure: its place among the unions
    for (auto& [unit, because] : *touched) {
      std::optional<std::size_t> place;
      auto figure = count(element, unit, by_unit, date, source.value_or(last_source(unit, element)), unions, place);
      if (!figure) return std::unexpected(figure.error());
      const auto last = last_computed(unit, element);
      // Told once: it is lost until the file comes again.
      if (lost && last && last->missing == figure->missing) continue;
      figures.push_back({*figure, std::move(because)});
      united.push_back(place);
    }
    // The date of the figure is that of the oldest snapshot: where only that moved, the number is told again under its
    // new date.
    for (const auto& [unit, runs] : by_unit) {
      if (touched->contains(unit)) continue;
      const auto last = last_computed(unit, element);
      const bool told = last && last->missing != model::Missing::not_covered;
      if (told && last->period.first == date && source && last->source == *source) continue;
      std::optional<std::size_t> place;
      auto figure = count(element, unit, by_unit, date, source.value_or(0), unions, place);
      if (!figure) return std::unexpected(figure.error());
      figures.push_back({*figure, any});
      united.push_back(place);
    }
    const auto& sizes = unions.finish();
    for (std::size_t i = 0; i < figures.size(); ++i) {
      if (united[i]) figures[i].figure.value = sizes[*united[i]];
    }
    if (figures.empty() && counted == before) return {};
    changes_.push_back({{element, counted}, std::move(figures)});
    return {};
  }

  /// The units that the runs of `moved` name, each with what moved them; all that have a figure where that is not known
  /// any more, or `all`.
  base::Result<std::map<model::UnitCode, Touchers>> touched_by(model::ElementId element,
                                                               const std::vector<model::Revision>& moved,
                                                               const std::map<model::Revision, Touchers>& why,
                                                               const Touchers& any, bool all) {
    std::map<model::UnitCode, Touchers> units;
    for (const auto revision : moved) {
      const auto runs = store_.runs_of(revision, element);
      if (!runs && runs.error().fault != base::Fault::gone) return std::unexpected(runs.error());
      all = all || !runs;
      if (!runs) continue;
      for (const auto& run : *runs) unite(units[run.unit], why.at(revision));
    }
    if (all) {
      for (const auto& unit : facts_.units_of(element)) unite(units[unit], any);
    }
    return units;
  }

  /// Of the snapshots whose runs were dropped nothing came or went: the newest is what would be counted.
  [[nodiscard]] store::Toucher newest() const {
    const auto last = std::ranges::max_element(heads_, {}, &store::DeliveryHead::revision);
    return {last == heads_.end() ? std::string{} : last->id, store::Touch::loaded};
  }

  /// The value is still to come where the runs are at `place` of `unions`.
  base::Result<model::Figure> count(model::ElementId element, const model::UnitCode& unit, const RunsByUnit& by_unit,
                                    model::Day date, model::SourceId source, Unions& unions,
                                    std::optional<std::size_t>& place) {
    model::Figure figure;
    figure.unit = unit;
    figure.element = element;
    figure.source = source;
    figure.period = {date, date};
    figure.derived = true;
    const auto found = by_unit.find(unit);
    if (found == by_unit.end()) {
      figure.missing = model::Missing::not_covered;
      return figure;
    }
    const auto key_id = found->second.front().key_id;
    if (std::ranges::any_of(found->second, [&](const auto& run) { return run.key_id != key_id; })) {
      figure.missing = model::Missing::key_mixed;
      return figure;
    }
    std::vector<std::vector<std::uint64_t>> keys;
    for (const auto& run : found->second) {
      auto part = store_.run_keys(run.delivery, element, unit, run.key_id);
      if (!part) return std::unexpected(part.error());
      keys.push_back(std::move(*part));
    }
    place = unions.add(std::move(keys));
    return figure;
  }

  static const Snapshot* oldest_of(const std::vector<Snapshot>& snapshots) {
    const Snapshot* oldest = nullptr;
    for (const auto& snapshot : snapshots) {
      if (oldest == nullptr || snapshot.parts.front().dated < oldest->parts.front().dated) oldest = &snapshot;
    }
    return oldest;
  }

  std::optional<model::Figure> last_computed(const model::UnitCode& unit, model::ElementId element) const {
    std::optional<model::Figure> last;
    for (const auto& figure : facts_.versions(unit, element)) {
      if (!figure.derived) continue;
      if (!last || std::tie(figure.recorded, figure.revision, figure.row) >
                       std::tie(last->recorded, last->revision, last->row)) {
        last = figure;
      }
    }
    return last;
  }

  model::SourceId last_source(const model::UnitCode& unit, model::ElementId element) const {
    const auto last = last_computed(unit, element);
    return last ? last->source : 0;
  }

  const Setup& setup_;
  store::Store& store_;
  const rules::Facts& facts_;
  model::Day day_;
  std::span<const model::Revision> except_;
  const base::ShareWork& share_;
  std::optional<std::uint32_t> incoming_;  // id of the person key that comes: not counted with yet
  std::map<model::ElementId, std::vector<model::Revision>> old_;
  std::vector<store::DeliveryHead> heads_;  // of the sources of the element at hand
  std::vector<CountedChange> changes_;
};

}  // namespace

base::Result<std::vector<CountedChange>> counted_changes(const Setup& setup, store::Store& store,
                                                         const rules::Facts& facts, model::Day day,
                                                         std::span<const model::Revision> except,
                                                         const base::ShareWork& share) {
  return Counter(setup, store, facts, day, except, share).run();
}

base::Status append_counted(store::Store& store, const std::vector<CountedChange>& changes) {
  for (const auto& change : changes) {
    if (auto done = store.append_derived(change.basis, change.figures); !done) return done;
  }
  return {};
}

std::vector<store::DeliveryHead> snapshot_in_force(const std::vector<store::DeliveryHead>& of_source, model::Day day) {
  std::optional<model::Day> newest;
  for (const auto& head : of_source) {
    if (head.kind != store::LoadKind::snapshot || head.standing != store::Standing::in_force || !head.dated ||
        *head.dated > day)
      continue;
    if (!newest || *head.dated > *newest) newest = head.dated;
  }
  std::map<std::string, store::DeliveryHead> parts;
  for (const auto& head : of_source) {
    if (head.kind != store::LoadKind::snapshot || head.standing != store::Standing::in_force || !head.dated ||
        head.dated != newest)
      continue;
    const auto [place, fresh] = parts.emplace(head.part, head);
    if (!fresh && store::later_of_part(head, place->second)) place->second = head;
  }
  std::vector<store::DeliveryHead> out;
  for (auto& [part, head] : parts) out.push_back(std::move(head));
  std::ranges::sort(out, {}, &store::DeliveryHead::revision);
  return out;
}

base::Result<std::map<std::string, std::string>> snapshots_without_runs(const SourcePlan& plan, store::Store& store,
                                                                        const std::vector<store::DeliveryHead>& heads,
                                                                        model::Day day) {
  std::map<std::string, std::string> parts;
  if (plan.counted.empty()) return parts;
  for (const auto& head : snapshot_in_force(heads, day)) {
    const auto runs = store.runs_of(head.revision, *plan.counted.begin());
    if (runs) continue;
    if (runs.error().fault != base::Fault::gone) return std::unexpected(runs.error());
    parts.emplace(head.part, head.content_sha256);
  }
  return parts;
}

}  // namespace ntmd::engine
