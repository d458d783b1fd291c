// run --once, sync, assess: the commands that move the store forward.

#include <cstdio>

#include <fmt/format.h>

#include "daemon/app/commands.h"
#include "daemon/app/print.h"
#include "daemon/app/session.h"
#include "daemon/base/log.h"
#include "daemon/base/personal.h"
#include "daemon/engine/local_day.h"
#include "daemon/engine/run_once.h"

namespace ntmd::app {
namespace {

/// Says that `day`, before the last assessed one, left everything as it was.
void only_printed(const engine::Engine& engine, model::Day day) {
  fmt::print(stderr, "ntmd: {} is before the last assessed day {}: nothing is polled, recorded, published or told\n",
             day.iso(), engine.assessor().last_assessed()->iso());
}

/// From a day after today on, today only prints: whoever asks for that should know.
void tell_future(const engine::Engine& engine, model::Day day) {
  if (!(engine.today() < day)) return;
  fmt::print(stderr,
             "ntmd: {} is after today, {}: it is recorded, and until then no earlier day is; ntmd assess "
             "--restart-from goes back\n",
             day.iso(), engine.today().iso());
}

/// assess --restart-from.
int restart(Outside& outside, engine::Setup& setup, const Options& options) {
  if (!options.as_of.empty() || !options.known_at.empty()) {
    fmt::print(stderr, "ntmd: assess: --restart-from stands beside another day, expected it alone\n");
    return kUsage;
  }
  if (options.reason.find_first_not_of(' ') == std::string::npos) {
    fmt::print(stderr, "ntmd: assess: --restart-from stands without --reason, expected why\n");
    return kUsage;
  }
  if (base::holds_citizen_number(options.reason)) {
    fmt::print(stderr, "ntmd: assess: --reason holds 12 digits like a citizen number, expected none; name nobody\n");
    return kUsage;
  }
  const auto day = model::Day::parse(options.restart_from);
  if (!day) {
    fmt::print(stderr, "ntmd: --restart-from: \"{}\" is no date, expected yyyy-mm-dd\n", options.restart_from);
    return kUsage;
  }
  auto engine = engine::Engine::open(std::move(setup), outside.world());
  if (!engine && engine.error().fault == base::Fault::denied)
    return ask_daemon(outside, options, "restart", day->iso() + " " + options.reason);
  if (!engine) return report(engine.error());
  const auto pass = (*engine)->restart(*day, options.reason);
  if (!pass && pass.error().fault == base::Fault::bad_data) {
    fmt::print(stderr, "ntmd: {}\n", pass.error().what);
    return kUsage;
  }
  if (!pass) return report(pass.error());
  if (auto settled = (*engine)->settle(); !settled) return report(settled.error());
  if (auto delivered = (*engine)->deliver(); !delivered) return report(delivered.error());
  auto snapshot = (*engine)->snapshot(*pass);
  if (!snapshot) return report(snapshot.error());
  print_verdicts(*snapshot, options, (*engine)->setup());
  return kDone;
}

/// Beside a daemon a day before today is only printed, from the store as it is. Exit code; nullopt: another day.
std::optional<int> print_earlier(Outside& outside, const Options& options) {
  if (options.as_of.empty()) return std::nullopt;
  const auto setup = load(outside, options);
  if (!setup) return kUsage;
  const auto today = engine::local_day(outside.clock.now(), setup->config.zone);
  const auto day = day_or(options.as_of, today);
  if (!day) return kUsage;
  if (!(*day < today)) return std::nullopt;
  fmt::print(stderr, "ntmd: {} is before today, which the daemon judges: nothing is polled, recorded or published\n",
             day->iso());
  return print_day(outside, *setup, options, *day, std::nullopt);
}

bool is_held(const base::Result<std::unique_ptr<engine::Engine>>& opened) {
  return !opened && opened.error().fault == base::Fault::denied;
}

}  // namespace

int run_once(const Options& options) {
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (is_held(engine)) {
    if (const auto printed = print_earlier(outside, options)) return *printed;
  }
  if (!engine) return report(engine.error());
  const auto today = day_or(options.as_of, (*engine)->today());
  if (!today) return kUsage;
  tell_future(**engine, *today);
  auto once = engine::run_once(**engine, *today);
  if (!once) return report(once.error());
  const auto stuck = options.as_of.empty() ? (*engine)->stuck() : std::string();
  if (!stuck.empty()) {
    once->attention = true;
    base::log::error("run.stuck", {}, stuck);
  } else if (!once->pass.recorded) {
    only_printed(**engine, *today);
  }
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
    return store::needs_attention(preview->run.outcome) ? kAttention : kDone;
  }
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (!engine && engine.error().fault == base::Fault::denied)
    return ask_daemon(outside, options, "sync", options.source);
  if (!engine) return report(engine.error());
  const auto run = (*engine)->sync(plan, (*engine)->today());
  if (!run) return report(run.error());
  print_runs({*run}, options);
  return store::needs_attention(run->outcome) ? kAttention : kDone;
}

int assess(const Options& options) {
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  if (!options.restart_from.empty()) return restart(outside, *setup, options);
  if (!options.known_at.empty()) return assess_as_known(outside, *setup, options);
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (is_held(engine)) {
    if (const auto printed = print_earlier(outside, options)) return *printed;
    return ask_daemon(outside, options, "assess", options.as_of);
  }
  if (!engine) return report(engine.error());
  const auto day = day_or(options.as_of, (*engine)->today());
  if (!day) return kUsage;
  tell_future(**engine, *day);
  const auto stuck = options.as_of.empty() ? (*engine)->stuck() : std::string();
  const auto pass = (*engine)->assess(*day, true);
  if (!pass) return report(pass.error());
  if (auto published = (*engine)->publish(*pass); !published) return report(published.error());
  if (!stuck.empty()) {
    base::log::error("assess.stuck", {}, stuck);
  } else if (!pass->recorded) {
    only_printed(**engine, *day);
  } else if (auto settled = (*engine)->settle(); !settled) {
    return report(settled.error());
  } else if (auto delivered = (*engine)->deliver(); !delivered) {
    return report(delivered.error());
  }
  auto snapshot = (*engine)->snapshot(*pass);
  if (!snapshot) return report(snapshot.error());
  print_verdicts(*snapshot, options, (*engine)->setup());
  return stuck.empty() ? kDone : kAttention;
}

}  // namespace ntmd::app
