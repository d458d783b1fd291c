#include "daemon/engine/known_facts.h"

#include <map>
#include <set>
#include <string>

#include "daemon/rules/precedence.h"

namespace ntmd::engine {
namespace {

std::unique_ptr<rules::Facts> make_facts(const Setup& setup, const std::vector<PassFrame::Source>& sources) {
  auto facts = std::make_unique<rules::Facts>(*setup.elements, *setup.sources);
  for (const auto& source : sources) {
    const auto id = setup.sources->find(source.id);
    if (!id) continue;  // it never told anything
    facts->set_source(*id, {source.id, std::chrono::milliseconds(source.warn_after_ms),
                            std::chrono::milliseconds(source.error_after_ms)});
  }
  return facts;
}

bool counts(const rules::Facts& facts, model::SourceId source) { return facts.source(source) != nullptr; }

}  // namespace

namespace {

base::Result<std::unique_ptr<rules::Facts>> load(std::unique_ptr<rules::Facts> facts, store::Store& store,
                                                 std::optional<base::Instant> known_at) {
  std::vector<model::Figure> cell;  // the store gives the figures of a cell one after the other
  const auto figures = store.read_figures(
      [&](const model::Figure& figure) {
        if (!counts(*facts, figure.source)) return;
        if (!cell.empty() && (cell.front().unit != figure.unit || cell.front().element != figure.element)) {
          facts->add(cell);
          cell.clear();
        }
        cell.push_back(figure);
      },
      known_at);
  if (!figures) return base::fail_within("figures", figures);
  facts->add(cell);
  auto evidence = store.read_evidence(known_at);
  if (!evidence) return base::fail_within("evidence", evidence);
  for (auto& record : *evidence) {
    if (counts(*facts, record.source)) facts->add(std::move(record));
  }
  return facts;
}

}  // namespace

base::Result<std::unique_ptr<rules::Facts>> load_facts(const Setup& setup, store::Store& store,
                                                       std::optional<base::Instant> known_at) {
  return load(make_facts(setup, sources_of(setup)), store, known_at);
}

base::Result<std::unique_ptr<rules::Facts>> load_facts(const Setup& setup, const PassFrame& frame,
                                                       store::Store& store) {
  return load(make_facts(setup, frame.sources), store, std::nullopt);
}

base::Result<FactsChange> read_change(const rules::Facts& facts, store::Store& store, const store::Dirty& dirty) {
  std::set<std::pair<model::UnitCode, model::ElementId>> cells;
  std::set<model::UnitCode> units;
  bool evidence_changed = false;
  for (const auto& cell : dirty.cells) {
    units.insert(cell.unit);
    if (cell.element) {
      cells.emplace(cell.unit, *cell.element);
    } else {
      evidence_changed = true;
    }
  }
  FactsChange change;
  change.units.assign(units.begin(), units.end());
  for (const auto& [unit, element] : cells) {
    auto versions = store.read_cell(unit, element);
    if (!versions) return base::fail_within("figures", versions);
    auto& cell = change.cells.emplace_back(unit, element);
    for (const auto& version : *versions) {
      if (counts(facts, version.source)) rules::put_version(cell.versions, version);
    }
  }
  if (!evidence_changed) return change;
  auto records = store.read_evidence();
  if (!records) return base::fail_within("evidence", records);
  std::erase_if(*records, [&](const model::Evidence& record) { return !counts(facts, record.source); });
  change.evidence = rules::Facts::arrange(std::move(*records));
  return change;
}

void exchange(rules::Facts& facts, FactsChange& change) {
  for (auto& cell : change.cells) facts.exchange(cell.unit, cell.element, cell.versions);
  if (change.evidence) facts.exchange(*change.evidence);
}

std::vector<model::UnitCode> units_told(const units::UnitRegister& units, const store::DirtyCell& cell) {
  if (!cell.element) return {cell.unit};
  return units.with_successors({&cell.unit, 1});
}

base::Status refresh_facts(rules::Facts& facts, store::Store& store, const store::Dirty& dirty) {
  auto change = read_change(facts, store, dirty);
  if (!change) return std::unexpected(change.error());
  exchange(facts, *change);
  return {};
}

}  // namespace ntmd::engine
