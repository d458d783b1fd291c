// accept, retract, and the daemon's place.

#include <cstdio>

#include <fmt/format.h>

#include "daemon/app/commands.h"
#include "daemon/app/session.h"
#include "daemon/base/log.h"

namespace ntmd::app {
namespace {

int set_standing(const Options& options, store::Standing standing, std::string_view what) {
  if (options.reason.find_first_not_of(' ') == std::string::npos) {
    fmt::print(stderr, "ntmd: {}: --reason is empty, expected why\n", what);
    return kUsage;
  }
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (!engine) return report(engine.error());
  auto& store = (*engine)->store();
  if (standing == store::Standing::in_force) {
    const auto deliveries = store.deliveries();
    if (!deliveries) return report(deliveries.error());
    for (const auto& delivery : *deliveries) {
      if (!delivery.id.starts_with(options.delivery) || delivery.standing == store::Standing::held) continue;
      fmt::print(stderr, "ntmd: accept: delivery {} is {}, expected one that is held\n", delivery.id,
                 store::to_string(delivery.standing));
      return kUsage;
    }
  }
  if (auto done = store.set_standing(options.delivery, standing, options.reason); !done) {
    fmt::print(stderr, "ntmd: {}: {}\n", what, done.error().what);
    return done.error().fault == base::Fault::gone ? kUsage : kInternal;
  }
  base::log::warn("delivery.standing", {{"delivery", options.delivery}, {"standing", store::to_string(standing)}},
                  options.reason);
  // Judged for the day last assessed: the change itself is not the passing of time.
  const auto day = (*engine)->assessor().last_assessed().value_or((*engine)->today());
  const auto pass = (*engine)->assess(day, true);
  if (!pass) return report(pass.error());
  if (auto published = (*engine)->publish(*pass); !published) return report(published.error());
  fmt::print("{} is {}; {} statuses changed\n", options.delivery, store::to_string(standing), pass->changes.size());
  return kDone;
}

}  // namespace

int accept(const Options& options) { return set_standing(options, store::Standing::in_force, "accept"); }
int retract(const Options& options) { return set_standing(options, store::Standing::retracted, "retract"); }

int run_daemon(const Options& /*options*/) {
  fmt::print(stderr, "ntmd: run: the daemon is not built yet, expected --once; let a timer call ntmd run --once\n");
  return kUsage;
}

}  // namespace ntmd::app
