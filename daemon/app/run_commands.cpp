// run --once, sync, assess: the commands that move the store forward.

#include <cstdio>

#include <fmt/format.h>

#include "daemon/app/commands.h"
#include "daemon/app/print.h"
#include "daemon/app/session.h"
#include "daemon/engine/run_once.h"

namespace ntmd::app {
namespace {

bool needs_attention(const store::RunRow& run) {
  return run.outcome == store::Outcome::failed || run.outcome == store::Outcome::held ||
         run.outcome == store::Outcome::refused;
}

/// Says that `day`, before the last assessed one, left everything as it was.
void only_printed(const engine::Engine& engine, model::Day day) {
  fmt::print(stderr, "ntmd: {} is before the last assessed day {}: nothing is polled, recorded, published or told\n",
             day.iso(), engine.assessor().last_assessed()->iso());
}

}  // namespace

int run_once(const Options& options) {
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (!engine) return report(engine.error());
  const auto today = day_or(options.as_of, (*engine)->today());
  if (!today) return kUsage;
  auto once = engine::run_once(**engine, *today);
  if (!once) return report(once.error());
  if (!once->pass.recorded) only_printed(**engine, *today);
  auto snapshot = (*engine)->snapshot(once->pass);
  if (!snapshot) return report(snapshot.error());
  print_verdicts(*snapshot, options, (*engine)->setup());
  return once->attention ? kAttention : kDone;
}

int sync(const Options& options) {
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  std::shared_ptr<const engine::SourcePlan> plan;
  std::vector<std::string> ids;
  for (const auto& each : setup->plans) {
    ids.push_back(each->id);
    if (each->id == options.source) plan = each;
  }
  if (!plan) {
    fmt::print(stderr, "ntmd: sync: there is no source \"{}\"{}\n", options.source,
               settings::suggestion(options.source, ids));
    return kUsage;
  }
  if (options.dry_run) {
    const auto preview = engine::preview(*setup, outside.world(), *plan);
    if (!preview) return report(preview.error());
    print_preview(*preview, options);
    return needs_attention(preview->run) ? kAttention : kDone;
  }
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (!engine && engine.error().fault == base::Fault::denied)
    return ask_daemon(outside, options, "sync", options.source);
  if (!engine) return report(engine.error());
  const auto run = (*engine)->sync(plan, (*engine)->today());
  if (!run) return report(run.error());
  print_runs({*run}, options);
  return needs_attention(*run) ? kAttention : kDone;
}

int assess(const Options& options) {
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  if (!options.known_at.empty()) return assess_as_known(outside, *setup, options);
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (!engine && engine.error().fault == base::Fault::denied && options.as_of.empty())
    return ask_daemon(outside, options, "assess", {});
  if (!engine) return report(engine.error());
  const auto day = day_or(options.as_of, (*engine)->today());
  if (!day) return kUsage;
  const auto pass = (*engine)->assess(*day, true);
  if (!pass) return report(pass.error());
  if (auto published = (*engine)->publish(*pass); !published) return report(published.error());
  if (!pass->recorded) {
    only_printed(**engine, *day);
  } else if (auto delivered = (*engine)->deliver(); !delivered) {
    return report(delivered.error());
  }
  auto snapshot = (*engine)->snapshot(*pass);
  if (!snapshot) return report(snapshot.error());
  print_verdicts(*snapshot, options, (*engine)->setup());
  return kDone;
}

}  // namespace ntmd::app
