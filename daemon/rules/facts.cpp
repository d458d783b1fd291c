#include "daemon/rules/facts.h"

#include <utility>

#include "daemon/rules/precedence.h"

namespace ntmd::rules {
namespace {

std::string evidence_key(const model::UnitCode& unit, std::string_view indicator) {
  std::string key(unit.view());
  key += '\n';
  key += indicator;
  return key;
}

}  // namespace

void Facts::add(const model::Figure& figure) {
  auto& cells = cells_[figure.unit];
  if (cells.size() <= figure.element) cells.resize(figure.element + std::size_t{1});
  put_version(cells[figure.element], figure);
}

void Facts::replace(const model::UnitCode& unit, model::ElementId element, std::vector<model::Figure> versions) {
  auto& cells = cells_[unit];
  if (cells.size() <= element) cells.resize(element + std::size_t{1});
  cells[element] = std::move(versions);
}

void Facts::exchange(const model::UnitCode& unit, model::ElementId element, std::vector<model::Figure>& versions) {
  auto& cells = cells_[unit];
  if (cells.size() <= element) cells.resize(element + std::size_t{1});
  cells[element].swap(versions);
}

Facts::EvidenceByPlace Facts::arrange(std::vector<model::Evidence> records) {
  EvidenceByPlace all;
  for (auto& record : records) all[evidence_key(record.unit, record.indicator)].push_back(std::move(record));
  return all;
}

void Facts::add(model::Evidence record) {
  auto& records = evidence_[evidence_key(record.unit, record.indicator)];
  records.push_back(std::move(record));
}

void Facts::replace(const model::UnitCode& unit, std::string_view indicator, std::vector<model::Evidence> records) {
  evidence_[evidence_key(unit, indicator)] = std::move(records);
}

void Facts::set_source(model::SourceId source, SourceRule rule) {
  if (rules_.size() <= source) rules_.resize(source + std::size_t{1});
  rules_[source] = std::move(rule);
}

std::span<const model::Figure> Facts::versions(const model::UnitCode& unit, model::ElementId element) const {
  const auto found = cells_.find(unit);
  if (found == cells_.end() || found->second.size() <= element) return {};
  return found->second[element];
}

std::vector<model::UnitCode> Facts::units_of(model::ElementId element) const {
  std::vector<model::UnitCode> units;
  for (const auto& [unit, cells] : cells_) {
    if (element < cells.size() && !cells[element].empty()) units.push_back(unit);
  }
  return units;
}

std::span<const model::Evidence> Facts::evidence(const model::UnitCode& unit, std::string_view indicator) const {
  const auto found = evidence_.find(evidence_key(unit, indicator));
  if (found == evidence_.end()) return {};
  return found->second;
}

const SourceRule* Facts::source(model::SourceId source) const {
  return source < rules_.size() && rules_[source] ? &*rules_[source] : nullptr;
}

}  // namespace ntmd::rules
