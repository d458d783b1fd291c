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

/// `indicators` by id. Sets tally and deciding.
template <class Parent>
void count(Parent& parent, const std::vector<const IndicatorVerdict*>& indicators) {
  parent.tally = {};
  parent.deciding.clear();
  std::vector<std::uint32_t> open;
  for (const auto* indicator : indicators) {
    if (indicator->official == Truth::n) continue;
    ++parent.tally.of;
    if (indicator->official == Truth::t) ++parent.tally.met;
    if (indicator->official == Truth::f) {
      parent.deciding.push_back(indicator->rule);
    } else {
      ++parent.tally.possible;
    }
    if (indicator->official == Truth::u) open.push_back(indicator->rule);
  }
  if (parent.deciding.empty()) parent.deciding = std::move(open);
}

}  // namespace

void roll_up(const Criteria& criteria, UnitVerdict& unit) {
  std::vector<const IndicatorVerdict*> all;
  all.reserve(unit.indicators.size());
  for (const auto& indicator : unit.indicators) all.push_back(&indicator);

  unit.pillars.clear();
  Gathering<UnitVerdict> of_unit;
  for (std::size_t i = 0; i < criteria.pillars.size(); ++i) {
    const auto& rule = criteria.pillars[i];
    PillarVerdict pillar;
    pillar.rule = static_cast<std::uint32_t>(i);
    std::vector<const IndicatorVerdict*> own;
    Gathering<PillarVerdict> of_pillar;
    for (const auto* indicator : all) {
      if (std::find(rule.indicators.begin(), rule.indicators.end(), indicator->rule) == rule.indicators.end()) continue;
      own.push_back(indicator);
      of_pillar.child(*indicator);
    }
    of_pillar.conclude(pillar, rule.roll_up);
    count(pillar, own);
    of_unit.child(pillar);
    unit.pillars.push_back(std::move(pillar));
  }
  if (criteria.pillars.empty()) {
    for (const auto* indicator : all) of_unit.child(*indicator);
  }
  of_unit.conclude(unit, criteria.roll_up);
  count(unit, all);
}

}  // namespace ntmd::rules
