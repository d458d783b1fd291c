#include "daemon/engine/flip_guard.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace ntmd::engine {
namespace {

constexpr std::size_t kFewestUnits = 3;
constexpr std::size_t kNamed = 3;

class Judgement {
 public:
  Judgement(const rules::AssessRequest& request, const KnownTruth& known, std::int64_t max_pct)
      : request_(request), known_(known), max_pct_(static_cast<std::size_t>(max_pct)) {
    for (const auto& criteria : request_.criteria) {
      const auto rows = request_.units->on(request_.boundaries);
      units_.push_back(static_cast<std::size_t>(std::ranges::count_if(
          rows, [&](auto row) { return rules::judges(*criteria, request_.units->at(row).kind); })));
    }
  }

  /// Units by criteria and indicator.
  using Flips = std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<model::UnitCode>>;

  [[nodiscard]] Flips flips(const rules::Facts& facts, const std::vector<model::UnitCode>& units) const {
    Flips found;
    for (const auto& unit : rules::assess_units(request_, facts, units)) {
      const auto& code = request_.units->at(unit.unit).code;
      for (const auto& verdict : unit.indicators) {
        if (!decided(verdict.official)) continue;
        const auto before = known_(code, *request_.criteria[unit.criteria], verdict.rule);
        if (decided(before) && before != verdict.official) found[{unit.criteria, verdict.rule}].push_back(code);
      }
    }
    return found;
  }
  /// Takes out what is not too many.
  void keep_masses(Flips& found) const {
    std::erase_if(found, [&](const auto& entry) {
      const auto& [place, units] = entry;
      return units.size() < kFewestUnits || units.size() * 100 <= max_pct_ * units_[place.first];
    });
  }
  [[nodiscard]] std::string reason(const Flips& masses) const {
    std::string text = "it would flip ";
    std::size_t named = 0;
    for (const auto& [place, units] : masses) {
      if (named == kNamed) {
        text += fmt::format(" and {} more indicators", masses.size() - kNamed);
        break;
      }
      const auto& criteria = *request_.criteria[place.first];
      const auto of = units_[place.first];
      const auto at_most = std::max(kFewestUnits - 1, max_pct_ * of / 100);
      text += fmt::format("{}{} ({}) of {} of {} units, expected at most {}", named++ == 0 ? "" : ", ",
                          criteria.indicators[place.second].id, criteria.id, units.size(), of, at_most);
    }
    return text + fmt::format(" (flips_max_pct {}); ask its sender whether it is right", max_pct_);
  }

 private:
  static bool decided(model::Truth truth) { return truth == model::Truth::t || truth == model::Truth::f; }

  const rules::AssessRequest& request_;
  const KnownTruth& known_;
  std::size_t max_pct_;
  std::vector<std::size_t> units_;  // by criteria
};

std::vector<model::UnitCode> distinct(std::vector<model::UnitCode> units) {
  std::ranges::sort(units);
  units.erase(std::ranges::unique(units).begin(), units.end());
  return units;
}

}  // namespace

std::optional<std::string> mass_change(rules::Facts& facts, FactsChange& change, const rules::AssessRequest& request,
                                       const KnownTruth& known, std::int64_t max_pct) {
  const Judgement judgement(request, known, max_pct);
  exchange(facts, change);
  auto masses = judgement.flips(facts, change.units);
  exchange(facts, change);
  judgement.keep_masses(masses);
  if (masses.empty()) return std::nullopt;
  std::vector<model::UnitCode> flipping;
  for (const auto& [place, units] : masses) flipping.insert(flipping.end(), units.begin(), units.end());
  // What flips without it is not its doing.
  const auto without = judgement.flips(facts, distinct(std::move(flipping)));
  for (auto& [place, units] : masses) {
    const auto found = without.find(place);
    if (found == without.end()) continue;
    std::erase_if(units,
                  [&](const auto& unit) { return std::ranges::find(found->second, unit) != found->second.end(); });
  }
  judgement.keep_masses(masses);
  if (masses.empty()) return std::nullopt;
  return judgement.reason(masses);
}

}  // namespace ntmd::engine
