#include "daemon/engine/alert_rows.h"

#include <catch2/catch.hpp>

using namespace ntmd;
using rules::AlertName;

namespace {

base::Instant at(std::int64_t micros) { return base::Instant(std::chrono::microseconds(micros)); }

rules::AlertState full() {
  rules::AlertState state;
  state.subject = {AlertName::indicator_lost, "xa", "08515", "227", "1.1", "1.1.1", "", ""};
  state.facts = {
      "Xã \"Hy\"\nCương", "vi", "en", "below_threshold", 1, 2, "50.00", "85", 3, 0, {"1.1.1"}, "s", "d", "x"};
  state.phase = rules::AlertPhase::firing;
  state.since = at(5);
  state.began = at(4);
  state.armed = true;
  state.observations = 2;
  state.seen = {"r1", "r2"};
  state.last_observation = "d2";
  state.notified = at(6);
  state.told = true;
  state.silenced = true;
  state.events = 7;
  state.fires = {at(5), at(-9)};
  state.calm = at(8);
  return state;
}

}  // namespace

TEST_CASE("an alert comes back from its row as it was") {
  const auto whole = engine::state_of(engine::row_of(full()));
  REQUIRE(whole);
  CHECK(*whole == full());
  rules::AlertState bare;
  bare.subject = {AlertName::delivery_held, "", "", "", "", "", "bank", "d1"};
  const auto again = engine::state_of(engine::row_of(bare));
  REQUIRE(again);
  CHECK(*again == bare);
  CHECK(engine::row_of(bare).delivery == "d1");
}

TEST_CASE("a row that ntmd did not write is refused by its name") {
  const auto good = engine::row_of(full());
  const auto fault = [&](auto change) {
    auto row = good;
    change(row);
    const auto state = engine::state_of(row);
    REQUIRE_FALSE(state);
    CHECK(state.error().fault == base::Fault::bad_data);
    CHECK(state.error().what.find(row.key) != std::string::npos);
  };
  fault([](auto& row) { row.name = "Nothing"; });
  fault([](auto& row) { row.state = "burning"; });
  fault([](auto& row) { row.body = "{"; });
  fault([](auto& row) { row.body = "{}"; });
  fault([](auto& row) { row.body = "[]"; });
  fault([](auto& row) { row.unit = "08518"; });
  for (const char* key : {"criteria", "facts", "began", "told", "events", "seen", "fires", "unit_name", "deciding"}) {
    INFO(key);
    fault([&](auto& row) { row.body.replace(row.body.find(std::string("\"") + key + "\""), 3, "\"zz"); });
  }
}
