// Roll-up of domain §5: children to a parent, indicators to pillars to a unit.

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "daemon/rules/evaluate.h"

namespace ntmd::rules {
namespace {

using model::Truth;

struct Counts {
  std::int64_t t = 0;
  std::int64_t u = 0;
  std::int64_t f = 0;

  void add(Truth truth) {
    if (truth == Truth::t) ++t;
    if (truth == Truth::u) ++u;
    if (truth == Truth::f) ++f;
  }
  [[nodiscard]] Truth decide(const RollUp& rule) const {
    const auto applicable = t + u + f;
    if (applicable == 0) return Truth::n;
    if (!rule.at_least) {
      if (f > 0) return Truth::f;
      return u > 0 ? Truth::u : Truth::t;
    }
    if (t >= *rule.at_least) return Truth::t;
    return t + u < *rule.at_least ? Truth::f : Truth::u;
  }
};

/// What a parent takes from its children, and what it shows of its indicators.
template <class Parent>
class Gathering {
 public:
  template <class Child>
  void child(const Child& child) {
    measured_.add(child.measured);
    official_.add(child.official);
    if (child.official != Truth::u) return;
    word_ = worded_ ? first_word(word_, child.state) : child.state;
    worded_ = true;
  }

  void conclude(Parent& parent, const RollUp& rule) const {
    parent.measured = measured_.decide(rule);
    parent.official = official_.decide(rule);
    switch (parent.official) {
      case Truth::t:
        parent.state = State::met;
        break;
      case Truth::f:
        parent.state = State::not_met;
        break;
      case Truth::u:
        parent.state = word_;
        break;
      case Truth::n:
        parent.state = State::exempt;
        break;
    }
  }

 private:
  Counts measured_;
  Counts official_;
  State word_ = State::no_data;
  bool worded_ = false;
};

/// Of those indicators (by id) that `belongs` says are the parent's. Sets tally and deciding.
template <class Parent, class Belongs>
void count(Parent& parent, const std::vector<IndicatorVerdict>& indicators, const Belongs& belongs) {
  parent.tally = {};
  parent.deciding.clear();
  for (const auto& indicator : indicators) {
    if (indicator.official == Truth::n || !belongs(indicator)) continue;
    ++parent.tally.of;
    if (indicator.official == Truth::t) ++parent.tally.met;
    if (indicator.official == Truth::f) {
      parent.deciding.push_back(indicator.rule);
    } else {
      ++parent.tally.possible;
    }
  }
  if (!parent.deciding.empty()) return;
  for (const auto& indicator : indicators) {
    if (indicator.official == Truth::u && belongs(indicator)) parent.deciding.push_back(indicator.rule);
  }
}

}  // namespace

void roll_up(const Criteria& criteria, UnitVerdict& unit) {
  unit.pillars.resize(criteria.pillars.size());
  Gathering<UnitVerdict> of_unit;
  for (std::size_t i = 0; i < criteria.pillars.size(); ++i) {
    const auto& rule = criteria.pillars[i];
    const auto belongs = [&](const IndicatorVerdict& indicator) {
      return std::find(rule.indicators.begin(), rule.indicators.end(), indicator.rule) != rule.indicators.end();
    };
    auto& pillar = unit.pillars[i];
    pillar.rule = static_cast<std::uint32_t>(i);
    Gathering<PillarVerdict> of_pillar;
    for (const auto& indicator : unit.indicators) {
      if (belongs(indicator)) of_pillar.child(indicator);
    }
    of_pillar.conclude(pillar, rule.roll_up);
    count(pillar, unit.indicators, belongs);
    of_unit.child(pillar);
  }
  if (criteria.pillars.empty()) {
    for (const auto& indicator : unit.indicators) of_unit.child(indicator);
  }
  of_unit.conclude(unit, criteria.roll_up);
  count(unit, unit.indicators, [](const IndicatorVerdict&) { return true; });
}

}  // namespace ntmd::rules
