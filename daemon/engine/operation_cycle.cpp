// The cycle: judge what changed, decide, publish.

#include <utility>

#include "daemon/base/log.h"
#include "daemon/engine/operation.h"

namespace ntmd::engine {
namespace {

using namespace std::chrono_literals;

/// Deliveries that come together are assessed together.
constexpr auto kGather = 200ms;

}  // namespace

const std::string Operation::kCycle = "cycle";

void Operation::want_cycle(bool full) {
  if (draining_) return;  // `close` makes the last one
  cycle_full_ = cycle_full_ || full;
  if (std::exchange(cycle_wanted_, true) || cycling_) return;
  cycle_timer_.expires_after(full ? 0ms : kGather);
  cycle_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) run_cycle();
  });
}

void Operation::run_cycle() {
  if (draining_ || cycling_ || !cycle_wanted_) return;
  cycling_ = true;
  cycle_wanted_ = false;
  const bool full = std::exchange(cycle_full_, false);
  std::map<std::string, base::Instant> next;
  for (const auto& plan : engine_->setup().plans) {
    if (const auto at = agenda_.next(plan->id)) next.emplace(plan->id, *at);
  }
  on_writer([this, full, next = std::move(next)] {
    engine_->expect_runs(next);
    const auto done = cycle(full);
    const bool dead = engine_->store().dead();
    const auto alerts = engine_->alerting().next_pass();
    on_main([this, done, dead, alerts] {
      cycling_ = false;
      courier_->wake();
      if (!done && dead) return events_.broken(done.error());
      wait_for_alerts(alerts, done.has_value());
      if (std::exchange(cycle_wanted_, false)) want_cycle(false);
      settle();
    });
  });
}

/// On the writer (or before and after its time): judge what changed, decide, publish.
base::Status Operation::cycle(bool full) {
  auto done = judge_and_publish(full);
  if (done) {
    readiness_.good(kCycle);
  } else {
    base::log::error("cycle.failed", {}, done.error().what);
    readiness_.bad(kCycle, "degraded: " + done.error().what);
  }
  return done;
}

base::Status Operation::judge_and_publish(bool full) {
  if (auto stuck = engine_->stuck(); !stuck.empty()) return base::fail(base::Fault::retry_later, std::move(stuck));
  auto pass = engine_->assess(engine_->today(), full);
  if (!pass) return std::unexpected(pass.error());
  return engine_->publish(*pass);
}

}  // namespace ntmd::engine
