#include "daemon/engine/health.h"

#include "tests/contract/store/home.h"
#include "tests/unit/engine/way_fixture.h"

namespace ntmd::engine {
namespace {

constexpr std::string_view kLimits = "freshness: {warn_after: 3d, error_after: 7d}\n";

/// One source with a store of its own.
struct Watched : Way, test::Home {
  explicit Watched(std::string_view text) {
    setup.plans.push_back(Way::source(std::string(text) + std::string(kLimits)));
    setup.config.zone = base::TimeZone::find("Asia/Ho_Chi_Minh").value();
  }
  publish::SourceHealth health(model::Day on) {
    SourceMemory sources(setup, *store);
    auto all = source_health(setup, sources, on);
    if (!all) FAIL(all.error().what);
    REQUIRE(all->size() == 1);
    return all->front();
  }
  void poll(const std::string& id, store::Outcome outcome) {
    store::RunRow row;
    row.id = id;
    row.source = setup.plans.front()->id;
    row.outcome = outcome;
    row.started = row.ended = clock.now();
    REQUIRE(store->record_run(row));
    clock.advance(std::chrono::minutes(1));
  }

  Setup setup;
};

TEST_CASE("A source's last success is known however often it has failed since") {
  Watched watched(kFigures);
  CHECK(watched.health(watched.today).last_success == std::nullopt);
  const auto when = watched.clock.now();
  watched.poll("good", store::Outcome::unchanged);
  for (int n = 0; n < 250; ++n) watched.poll("bad " + std::to_string(n), store::Outcome::failed);
  const auto health = watched.health(watched.today);
  CHECK(health.last_success == when);
  CHECK(health.outcome == "failed");
}

}  // namespace
}  // namespace ntmd::engine
