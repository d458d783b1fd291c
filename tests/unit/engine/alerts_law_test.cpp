// Alerts do not depend on how much of the province is looked at: a pass that looks only at what was touched, and at
// what is due, leaves the states and tells the events of one that looks at everything.

#include <catch2/catch.hpp>
#include <string>

#include "daemon/engine/alert_rows.h"
#include "tests/unit/engine/random_province.h"

using namespace ntmd;
using engine::Fate;
using engine::Province;

namespace {

constexpr std::uint32_t kLives = 15;
constexpr int kSteps = 50;

/// Every stored state, and how many messages wait; without moments, since no two clocks are the same.
std::string alerts_of(Province& province, std::size_t& known) {
  auto& store = province.engine().store();
  auto states = engine::load_alerts(store);
  REQUIRE(states);
  std::string out;
  for (auto& state : *states) {
    ++known;
    state.since = {};
    state.began = {};
    if (state.notified) state.notified = base::Instant{};
    if (state.calm) state.calm = base::Instant{};
    for (auto& at : state.fires) at = {};
    const auto row = engine::row_of(state);
    out += row.key + ' ' + row.state + ' ' + std::to_string(row.observations) + ' ' + row.last_observation + ' ' +
           row.delivery + ' ' + row.body + '\n';
  }
  return out;
}

}  // namespace

TEST_CASE("alerts of a pass over what was touched are those of a pass over everything") {
  engine::log_errors_only();
  std::size_t known = 0;
  for (std::uint32_t life = 1; life <= kLives; ++life) {
    CAPTURE(life);
    Province some;
    Province all;
    Fate fate(life);
    for (int step = 0; step < kSteps; ++step) {
      CAPTURE(step);
      for (auto events = 1 + (step + life) % 3; events > 0; --events) {
        const auto event = fate.next(some);
        some.happen(event);
        all.happen(event);
      }
      if (step % 11 == 10) some.restart();
      some.assess(false);
      all.assess(true);
      REQUIRE(alerts_of(some, known) == alerts_of(all, known));
    }
  }
  CHECK(known > 500);
}
