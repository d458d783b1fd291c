#include "daemon/publish/totals.h"

#include <algorithm>
#include <numeric>

namespace ntmd::publish {

std::uint32_t StateCounts::all() const { return std::accumulate(counts_.begin(), counts_.end(), 0U); }

StateCounts& StateCounts::operator+=(const StateCounts& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  return *this;
}

void Totals::add(const rules::UnitVerdict& verdict) {
  units.add(verdict.state);
  for (const auto& indicator : verdict.indicators) {
    if (indicators.size() <= indicator.rule) indicators.resize(indicator.rule + std::size_t{1});
    indicators[indicator.rule].add(indicator.state);
  }
}

Totals& Totals::operator+=(const Totals& other) {
  units += other.units;
  indicators.resize(std::max(indicators.size(), other.indicators.size()));
  for (std::size_t i = 0; i < other.indicators.size(); ++i) indicators[i] += other.indicators[i];
  return *this;
}

std::vector<Totals> count_totals(const rules::Verdicts& verdicts) {
  std::vector<Totals> totals(verdicts.criteria.size());
  for (const auto& verdict : verdicts.by_unit) totals.at(verdict.criteria).add(verdict);
  return totals;
}

}  // namespace ntmd::publish
