#include "daemon/rules/facts.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "daemon/rules/precedence.h"

namespace ntmd::rules {
namespace {

std::string_view indicator_of(const std::shared_ptr<const model::Evidence>& record) { return record->indicator; }

void put_in(Facts::Records& records, model::Evidence record) {
  const auto at = std::ranges::upper_bound(records, std::string_view(record.indicator), {}, indicator_of);
  records.insert(at, std::make_shared<const model::Evidence>(std::move(record)));
}

}  // namespace

std::size_t Facts::TellingHash::operator()(const Telling& telling) const noexcept {
  std::uint64_t mixed = telling.revision * 0x9E3779B97F4A7C15ULL;
  mixed ^= static_cast<std::uint64_t>(telling.received.time_since_epoch().count()) + (mixed << 6) + (mixed >> 2);
  mixed ^= static_cast<std::uint64_t>(telling.recorded.time_since_epoch().count()) + (mixed << 6) + (mixed >> 2);
  return std::hash<std::uint64_t>{}(mixed ^ (std::uint64_t{telling.source} << 8) ^
                                    static_cast<std::uint64_t>(telling.missing));
}

std::uint32_t Facts::tell(const Telling& telling) {
  const auto [known, fresh] = telling_of_.try_emplace(telling, 0);
  if (fresh) {
    if (free_.empty()) {
      known->second = static_cast<std::uint32_t>(tellings_.size());
      tellings_.emplace_back();
    } else {
      known->second = free_.back();
      free_.pop_back();
    }
    tellings_[known->second] = {telling, 0};
  }
  ++tellings_[known->second].versions;
  return known->second;
}

Facts::Cell& Facts::cell(const model::UnitCode& unit, model::ElementId element) {
  auto& cells = places_[unit].cells;
  if (cells.size() <= element) cells.resize(element + std::size_t{1});
  return cells[element];
}

model::Figure Facts::figure_of(const model::UnitCode& unit, model::ElementId element, const Version& version) const {
  const auto& told = telling(version);
  return {unit,         element,       told.source,   version.period, version.value, told.missing,
          told.derived, told.received, told.revision, version.row,    told.recorded};
}

void Facts::set(Cell& cell, std::span<const model::Figure> figures) {
  std::vector<Version> versions;
  versions.reserve(figures.size());
  for (const auto& figure : figures) {
    const Telling telling{figure.source,   figure.missing,  figure.derived,
                          figure.received, figure.revision, figure.recorded};
    versions.push_back({figure.period, figure.value, tell(telling), figure.row});
  }
  std::ranges::stable_sort(versions, {}, &Version::period);
  for (const auto& old : cell.versions) {
    auto& used = tellings_[old.telling];
    if (--used.versions > 0) continue;
    telling_of_.erase(used.telling);
    free_.push_back(old.telling);
  }
  cell.versions = std::move(versions);
  cell.plain = true;
  for (std::size_t i = 0; i < cell.versions.size(); ++i) {
    const auto& told = telling(cell.versions[i]);
    cell.plain = cell.plain && !told.derived && told.source == telling(cell.versions.front()).source;
    if (i == 0) continue;
    const auto& before = cell.versions[i - 1].period;
    const auto& period = cell.versions[i].period;
    cell.plain = cell.plain && before.first < period.first && before.last < period.last;
  }
}

void Facts::add(std::span<const model::Figure> of_one_cell) {
  if (of_one_cell.empty()) return;
  const auto& first = of_one_cell.front();
  auto versions = this->versions(first.unit, first.element);
  for (const auto& figure : of_one_cell) put_version(versions, figure);
  set(cell(first.unit, first.element), versions);
}

void Facts::replace(const model::UnitCode& unit, model::ElementId element, std::vector<model::Figure> versions) {
  set(cell(unit, element), versions);
}

void Facts::exchange(const model::UnitCode& unit, model::ElementId element, std::vector<model::Figure>& versions) {
  auto before = this->versions(unit, element);
  set(cell(unit, element), versions);
  versions = std::move(before);
}

Facts::EvidenceByPlace Facts::arrange(std::vector<model::Evidence> records) {
  EvidenceByPlace all;
  for (auto& record : records) {
    const auto unit = record.unit;
    all[unit].push_back(std::make_shared<const model::Evidence>(std::move(record)));
  }
  for (auto& [unit, own] : all) std::ranges::stable_sort(own, {}, indicator_of);
  return all;
}

void Facts::add(model::Evidence record) {
  const auto unit = record.unit;
  put_in(evidence_[unit], std::move(record));
}

void Facts::replace(const model::UnitCode& unit, std::string_view indicator, std::vector<model::Evidence> records) {
  auto& own = evidence_[unit];
  std::erase_if(own, [&](const auto& record) { return record->indicator == indicator; });
  for (auto& record : records) put_in(own, std::move(record));
}

void Facts::set_source(model::SourceId source, SourceRule rule) {
  if (rules_.size() <= source) {
    rules_.resize(source + std::size_t{1});
    names_.resize(source + std::size_t{1});
  }
  names_[source] = Name(sources_.name(source));
  rules_[source] = std::move(rule);
}

Name Facts::source_name(model::SourceId source) const {
  if (source < names_.size() && !names_[source].empty()) return names_[source];
  return Name(sources_.name(source));
}

const Facts::Place* Facts::place(const model::UnitCode& unit) const {
  const auto found = places_.find(unit);
  return found == places_.end() ? nullptr : &found->second;
}

std::vector<model::Figure> Facts::versions(const model::UnitCode& unit, model::ElementId element) const {
  std::vector<model::Figure> all;
  const auto* known = place(unit);
  if (known == nullptr || known->cells.size() <= element) return all;
  const auto& held = known->cells[element].versions;
  all.reserve(held.size());
  for (const auto& version : held) all.push_back(figure_of(unit, element, version));
  return all;
}

std::vector<model::UnitCode> Facts::units_of(model::ElementId element) const {
  std::vector<model::UnitCode> units;
  for (const auto& [unit, known] : places_) {
    if (element < known.cells.size() && !known.cells[element].versions.empty()) units.push_back(unit);
  }
  return units;
}

const Facts::Records* Facts::records(const model::UnitCode& unit) const {
  const auto found = evidence_.find(unit);
  return found == evidence_.end() ? nullptr : &found->second;
}

std::span<const std::shared_ptr<const model::Evidence>> Facts::of_indicator(const Records& records,
                                                                            std::string_view indicator) {
  const auto own = std::ranges::equal_range(records, indicator, {}, indicator_of);
  return {own.begin(), own.end()};
}

std::span<const std::shared_ptr<const model::Evidence>> Facts::evidence(const model::UnitCode& unit,
                                                                        std::string_view indicator) const {
  const auto* own = records(unit);
  if (own == nullptr) return {};
  return of_indicator(*own, indicator);
}

}  // namespace ntmd::rules
