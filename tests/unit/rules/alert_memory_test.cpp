#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/rules/watch.h"

using namespace ntmd;
using namespace ntmd::test;

TEST_CASE("an alert that is over is forgotten, and what comes of its subject later is another") {
  Watch watch;
  CHECK(watch.told({signal(Sight::wrong, {"d1"})}).empty());
  CHECK(watch.told({signal(Sight::fine, {"d2"})}).empty());
  CHECK(watch.told({signal(Sight::fine)}).empty());
  CHECK(watch.policy.find(key_of(indicator())) == nullptr);

  CHECK(watch.told({signal(Sight::wrong, {"d3", "d4"})}) == "firing");
  CHECK(watch.told({signal(Sight::fine)}) == "resolved");
  CHECK(watch.told({signal(Sight::fine)}, 23h).empty());
  REQUIRE(watch.policy.find(key_of(indicator())) != nullptr);  // it may be flapping
  CHECK(watch.told({}, 24h).empty());
  CHECK(watch.policy.find(key_of(indicator())) == nullptr);
  CHECK(watch.told({signal(Sight::wrong, {"d5", "d6"})}) == "firing");
  CHECK(std::ranges::count(watch.ids, watch.ids.front()) == 1);
}

TEST_CASE("what was met is remembered for as long as it may fall") {
  Watch watch;
  const rules::AlertSubject unit{AlertName::unit_lost, "xa", "08515", "227", "", "", "", ""};
  auto met = signal(Sight::fine, {}, unit);
  met.arms = true;
  watch.pass({met});
  watch.pass({}, 2400h);
  REQUIRE(watch.policy.find(key_of(unit)) != nullptr);
  auto lost = signal(Sight::wrong, {"d1", "d2"}, unit);
  lost.arms = true;
  CHECK(watch.told({lost}) == "firing");
}

TEST_CASE("what people still believe to fire is not forgotten under a silence") {
  AlertSettings settings;
  settings.silences = {{match(AlertField::alert, "IndicatorLost"), kStart + 100h, "works"}};
  Watch watch;
  watch.pass({signal(Sight::wrong, {"d1", "d2"})});
  std::vector<rules::AlertState> stored{watch.state()};
  watch.policy = rules::AlertPolicy(settings);
  watch.policy.load(std::move(stored));
  CHECK(watch.told({signal(Sight::fine)}).empty());
  CHECK(watch.told({signal(Sight::fine)}, 90h).empty());
  CHECK(watch.told({}, 20h) == "resolved");
}
