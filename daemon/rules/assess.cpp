#include "daemon/rules/assess.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "daemon/rules/evaluate.h"
#include "daemon/rules/group_findings.h"
#include "daemon/rules/select.h"

namespace ntmd::rules {
namespace {

class Assessment {
 public:
  Assessment(const AssessRequest& request, const Facts& facts) : request_(request), facts_(facts) {
    for (const auto& criteria : request.criteria) {
      auto& order = by_id_.emplace_back(criteria->indicators.size());
      std::iota(order.begin(), order.end(), 0U);
      std::sort(order.begin(), order.end(),
                [&](auto a, auto b) { return criteria->indicators[a].id < criteria->indicators[b].id; });
      auto& operands = operands_.emplace_back(criteria->indicators.size());
      for (std::size_t i = 0; i < operands.size(); ++i) {
        for_each_operand(criteria->indicators[i], [&](model::ElementId element) {
          operands[i].emplace_back(element, Name(facts.elements().names().name(element)));
        });
      }
      windows_.push_back(window_of(request.day, criteria->carry_over_days));
    }
  }

  std::shared_ptr<Verdicts> all(const Verdicts* previous) const {
    auto verdicts = begin();
    const auto rows = request_.units->on(request_.boundaries);
    std::size_t at = 0;
    UnitVerdict verdict;  // its lists keep their room from unit to unit
    for (const auto row : rows) {
      const Asked asked(facts_, *request_.units, row, request_.day);
      for (std::uint32_t i = 0; i < request_.criteria.size(); ++i) {
        if (!judges(*request_.criteria[i], request_.units->at(row).kind)) continue;
        judge_unit(asked, i, verdict);
        const auto place = std::pair(row, i);
        while (previous != nullptr && at < previous->by_unit.size() && place_of(previous->by_unit[at]) < place) ++at;
        const bool known =
            previous != nullptr && at < previous->by_unit.size() && place_of(previous->by_unit[at]) == place;
        if (known && comes_to(verdict, previous->by_unit[at])) {
          verdicts->by_unit.share(previous->by_unit, at);
        } else {
          for (auto& indicator : verdict.indicators) indicator.decision = 0;
          verdicts->by_unit.push_back(verdict);
        }
      }
    }
    judge_groups(*verdicts);
    return verdicts;
  }

  std::shared_ptr<Verdicts> again(const Verdicts& previous, std::span<const model::UnitCode> codes) const {
    auto verdicts = begin();
    verdicts->by_unit = previous.by_unit;
    const auto& units = verdicts->by_unit;
    const auto code_of = [&](const UnitVerdict& verdict) { return request_.units->at(verdict.unit).code; };
    for (const auto& code : codes) {
      for (auto at = std::ranges::lower_bound(units, code, {}, code_of); at != units.end() && code_of(*at) == code;
           ++at)
        verdicts->by_unit.change(static_cast<std::size_t>(at - units.begin())) = judge_unit(at->unit, at->criteria);
    }
    judge_groups(*verdicts);
    return verdicts;
  }

  std::vector<UnitVerdict> some(const std::unordered_set<model::UnitCode>& codes) const {
    std::vector<UnitVerdict> verdicts;
    for (const auto row : request_.units->on(request_.boundaries)) {
      const auto& unit = request_.units->at(row);
      if (!codes.contains(unit.code)) continue;
      for (std::uint32_t i = 0; i < request_.criteria.size(); ++i) {
        if (judges(*request_.criteria[i], unit.kind)) verdicts.push_back(judge_unit(row, i));
      }
    }
    return verdicts;
  }

 private:
  static std::pair<units::UnitRow, std::uint32_t> place_of(const UnitVerdict& verdict) {
    return {verdict.unit, verdict.criteria};
  }

  /// Whether `verdict` says what `known` says; it gets the decisions' numbers of that.
  static bool comes_to(UnitVerdict& verdict, const UnitVerdict& known) {
    if (verdict.indicators.size() != known.indicators.size()) return false;
    for (std::size_t i = 0; i < verdict.indicators.size(); ++i)
      verdict.indicators[i].decision = known.indicators[i].decision;
    return verdict == known;
  }

  [[nodiscard]] std::shared_ptr<Verdicts> begin() const {
    auto verdicts = std::make_shared<Verdicts>();
    verdicts->as_of = request_.day;
    verdicts->boundaries = request_.boundaries;
    verdicts->criteria = request_.criteria;
    verdicts->units = request_.units;
    return verdicts;
  }

  [[nodiscard]] bool out_of_force(const Criteria& criteria) const {
    return (criteria.in_force_from && request_.day < *criteria.in_force_from) ||
           (criteria.in_force_to && *criteria.in_force_to < request_.day);
  }

  /// The operands and the evidence of `rule`, and what they come to.
  void judge(const Asked& asked, std::uint32_t index, std::uint32_t place, std::string_view group,
             IndicatorVerdict& verdict) const {
    const auto& criteria = *request_.criteria[index];
    const auto& rule = criteria.indicators[place];
    const auto& operands = operands_[index][place];
    verdict.rule = place;
    verdict.operands.resize(operands.size());
    for (std::size_t i = 0; i < operands.size(); ++i)
      select(asked, operands[i].first, operands[i].second, windows_[index], verdict.operands[i]);
    std::span<const std::shared_ptr<const model::Evidence>> records;
    if (asked.records != nullptr) records = Facts::of_indicator(*asked.records, rule.recorded_as);
    verdict.evidence.resize(rule.evidence.size());
    for (std::size_t i = 0; i < rule.evidence.size(); ++i)
      verdict.evidence[i] = {rule.evidence[i], find_evidence(asked, records, rule.evidence[i])};
    evaluate(rule, request_.day, group, out_of_force(criteria),
             find_evidence(asked, records, model::EvidenceKind::exemption), verdict);
  }

  void judge_unit(const Asked& asked, std::uint32_t index, UnitVerdict& verdict) const {
    const auto& criteria = *request_.criteria[index];
    verdict.unit = asked.unit;
    verdict.criteria = index;
    verdict.indicators.resize(criteria.indicators.size());
    const std::string_view group = request_.units->at(asked.unit).group;
    for (std::size_t i = 0; i < by_id_[index].size(); ++i) {
      auto& indicator = verdict.indicators[i];
      indicator.group.clear();
      judge(asked, index, by_id_[index][i], group, indicator);
    }
    roll_up(criteria, verdict);
  }

  [[nodiscard]] UnitVerdict judge_unit(units::UnitRow row, std::uint32_t index) const {
    UnitVerdict verdict;
    judge_unit(Asked(facts_, *request_.units, row, request_.day), index, verdict);
    return verdict;
  }

  void judge_groups(Verdicts& verdicts) const {
    const bool any = std::any_of(request_.criteria.begin(), request_.criteria.end(),
                                 [](const auto& criteria) { return criteria->of_group; });
    if (!any) return;
    std::map<std::string, std::vector<units::UnitRow>> groups;
    for (const auto row : request_.units->on(request_.boundaries)) {
      const auto& group = request_.units->at(row).group;
      if (!group.empty()) groups[group].push_back(row);
    }
    std::map<std::pair<std::uint32_t, units::UnitRow>, MemberStanding> standings;  // by criteria and unit
    for (const auto& unit : verdicts.by_unit) standings[{unit.criteria, unit.unit}] = {unit.official, unit.state};
    for (const auto& [group, members] : groups) {
      for (std::uint32_t i = 0; i < request_.criteria.size(); ++i) {
        if (request_.criteria[i]->of_group) verdicts.by_group.push_back(judge_group(group, members, i, standings));
      }
    }
  }

  using Standings = std::map<std::pair<std::uint32_t, units::UnitRow>, MemberStanding>;

  [[nodiscard]] GroupVerdict judge_group(const std::string& group, const std::vector<units::UnitRow>& members,
                                         std::uint32_t index, const Standings& standings) const {
    const auto& criteria = *request_.criteria[index];
    GroupVerdict verdict;
    verdict.group = group;
    verdict.criteria = index;
    const Asked asked(facts_, model::UnitCode::of(group).value_or(model::UnitCode{}), request_.day);
    for (const auto place : by_id_[index]) {
      auto& indicator = verdict.indicators.emplace_back();
      for (const auto& condition : criteria.indicators[place].group_conditions)
        indicator.group.push_back(find(condition, members, standings));
      judge(asked, index, place, group, indicator);
    }
    return verdict;
  }

  [[nodiscard]] GroupFinding find(const GroupCondition& condition, const std::vector<units::UnitRow>& members,
                                  const Standings& standings) const {
    if (condition.kind == GroupCondition::Kind::records) {
      std::vector<model::UnitCode> codes;
      for (const auto row : members) codes.push_back(request_.units->at(row).code);
      return count_records(condition, facts_, codes, request_.day);
    }
    const auto named = std::find_if(request_.criteria.begin(), request_.criteria.end(),
                                    [&](const auto& criteria) { return criteria->id == condition.criteria; });
    std::vector<MemberStanding> found;
    for (const auto row : members) {
      if (named == request_.criteria.end()) {
        found.emplace_back();  // nobody judged it: unknown
        continue;
      }
      const auto index = static_cast<std::uint32_t>(named - request_.criteria.begin());
      const auto standing = standings.find({index, row});
      if (standing != standings.end()) found.push_back(standing->second);
    }
    return count_members(found);
  }

  const AssessRequest& request_;
  const Facts& facts_;
  std::vector<std::vector<std::uint32_t>> by_id_;  // per criteria: indicators in the order of their ids
  std::vector<std::vector<std::vector<std::pair<model::ElementId, Name>>>> operands_;  // per criteria and rule
  std::vector<Window> windows_;                                                        // per criteria
};

}  // namespace

std::shared_ptr<Verdicts> assess_all(const AssessRequest& request, const Facts& facts, const Verdicts* previous) {
  return Assessment(request, facts).all(previous);
}

std::vector<UnitVerdict> assess_units(const AssessRequest& request, const Facts& facts,
                                      std::span<const model::UnitCode> touched) {
  const auto codes = request.units->with_successors(touched);
  return Assessment(request, facts).some({codes.begin(), codes.end()});
}

bool judges(const Criteria& criteria, units::UnitKind kind) {
  return !criteria.of_group && std::ranges::find(criteria.unit_kinds, kind) != criteria.unit_kinds.end();
}

std::shared_ptr<Verdicts> assess_some(const AssessRequest& request, const Facts& facts, const Verdicts& previous,
                                      std::span<const model::UnitCode> touched) {
  return Assessment(request, facts).again(previous, request.units->with_successors(touched));
}

}  // namespace ntmd::rules
