#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "tests/unit/rules/watch.h"

using namespace ntmd;
using namespace ntmd::test;

namespace {

/// Much comes due in few hours.
AlertSettings hasty() {
  AlertSettings settings;
  settings.policy.remind_every = 5h;
  settings.policy.wait_limit = 8h;
  settings.policy.flap_calm = 3h;
  return settings;
}

}  // namespace

TEST_CASE("the policy names the moment at which it has something to say though nothing comes") {
  Watch watch;
  watch.pass({});
  CHECK(watch.policy.next(watch.now) == std::nullopt);
  watch.pass({signal(Sight::wrong, {"d1"})});
  CHECK(watch.policy.next(watch.now) == watch.now + 24h);  // the wait limit
  watch.pass({signal(Sight::wrong)}, 1h);
  CHECK(watch.policy.next(watch.now) == watch.now + 23h);
  CHECK(watch.told({signal(Sight::wrong)}, 23h) == "firing");
  CHECK(watch.policy.next(watch.now) == watch.now + 24h);  // a reminder
  CHECK(watch.told({signal(Sight::wrong)}, 24h) == "reminder");
  watch.pass({signal(Sight::fine)});
  CHECK(watch.policy.next(watch.now) == std::nullopt);
}

TEST_CASE("the end of the last silence is such a moment, and that of calm") {
  AlertSettings settings;
  settings.policy.flap_fires = 1;
  settings.silences = {{match(AlertField::unit, "08515"), kStart + 10h, ""},
                       {match(AlertField::alert, "IndicatorLost"), kStart + 12h, ""},
                       {match(AlertField::unit, "other"), kStart + 11h, ""}};
  Watch watch(settings);
  watch.pass({signal(Sight::wrong, {"d1", "d2"})});
  CHECK(watch.policy.next(watch.now) == kStart + 12h);
  watch.now = kStart + 12h;
  CHECK(watch.told({signal(Sight::wrong)}, 0min) == "firing");
  CHECK(watch.told({signal(Sight::fine)}).empty());
  CHECK(watch.policy.next(watch.now) == watch.now + 24h);
  CHECK(watch.told({signal(Sight::fine)}, 24h) == "resolved");
}

TEST_CASE("nothing is told by time alone at another moment than those that are named") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    auto settings = hasty();
    settings.silences = {{match(AlertField::unit, "2"), kStart + 30h, ""}};
    Watch watch(settings);
    std::vector<AlertSignal> last;
    for (int round = 0; round < 40; ++round) {
      last.clear();
      for (const char* unit : {"1", "2"}) {
        const Sight sights[] = {Sight::fine, Sight::wrong, Sight::wrong, Sight::unknown};
        last.push_back(signal(sights[pick(4)], {}, indicator(unit)));
        if (pick(2) == 0) last.back().observations = {std::to_string(round)};
      }
      watch.pass(last, std::chrono::minutes(1 + pick(300)));
      for (auto& each : last) each.observations.clear();
      const auto next = watch.policy.next(watch.now);
      const auto before = watch.now + std::chrono::minutes(1 + pick(600));
      if (!next || before < *next) CHECK(watch.policy.step(before, last).events.empty());
    }
  }
}

TEST_CASE("signals of what changed and of what is due say as much as signals of everything") {
  std::size_t told = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    auto settings = hasty();
    settings.policy.flap_fires = 2;
    settings.silences = {{match(AlertField::unit, "2"), kStart + 30h, ""},
                         {match(AlertField::unit, "3"), kStart + 9h, ""}};
    Watch all(settings);
    Watch some(settings);
    std::map<std::string, AlertSignal> seen;
    for (int round = 0; round < 60; ++round) {
      std::set<std::string> changed;
      for (const char* unit : {"1", "2", "3", "4"}) {
        if (pick(4) != 0) continue;
        const Sight sights[] = {Sight::fine, Sight::wrong, Sight::wrong, Sight::unknown, Sight::gone};
        auto each = signal(sights[pick(5)], {}, indicator(unit));
        if (pick(2) == 0) each.observations = {std::to_string(round)};
        each.waits = pick(6) == 0;
        each.at_once = pick(6) == 0;
        seen[unit] = each;
        changed.insert(unit);
      }
      const auto later = std::chrono::minutes(pick(10) == 0 ? 3000 : pick(200));
      std::set<std::string> due;
      for (const auto* state : some.policy.due(some.now + later)) due.insert(state->subject.unit);
      std::vector<AlertSignal> everything;
      std::vector<AlertSignal> few;
      for (auto& [unit, each] : seen) {
        everything.push_back(each);
        if (changed.contains(unit) || due.contains(unit)) few.push_back(each);
        each.observations.clear();
      }
      all.pass(everything, later);
      some.pass(few, later);
      REQUIRE(all.ids == some.ids);
      REQUIRE(all.policy.next(all.now) == some.policy.next(some.now));
      for (const char* unit : {"1", "2", "3", "4"}) {
        const auto* of_all = all.policy.find(key_of(indicator(unit)));
        const auto* of_some = some.policy.find(key_of(indicator(unit)));
        REQUIRE((of_all == nullptr) == (of_some == nullptr));
        if (of_all != nullptr) REQUIRE(*of_all == *of_some);
      }
    }
    told += all.ids.size();
  }
  CHECK(told > 1000);
}
