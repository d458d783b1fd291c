// accept, retract, run: what changes what is in force, now or for good.

#include <cstdio>

#include <fmt/format.h>

#include "daemon/app/commands.h"
#include "daemon/app/print.h"
#include "daemon/app/session.h"
#include "daemon/base/personal.h"
#include "daemon/engine/daemon.h"

namespace ntmd::app {
namespace {

/// Prints what became of it and delivers the alerts of it. Exit code.
int told(engine::Engine& engine, std::string_view what, const base::Result<engine::Engine::Changed>& done,
         const Options& options) {
  if (!done) {
    fmt::print(stderr, "ntmd: {}: {}\n", what, done.error().what);
    const auto fault = done.error().fault;
    return fault == base::Fault::gone || fault == base::Fault::bad_data ? kUsage : kInternal;
  }
  const auto code = print_changed(engine.store(), *done, options);
  if (auto settled = engine.settle(); !settled) return report(settled.error());
  if (auto delivered = engine.deliver(); !delivered) return report(delivered.error());
  return code;
}

int set_standing(const Options& options, store::Standing standing, std::string_view what) {
  if (options.reason.find_first_not_of(' ') == std::string::npos) {
    fmt::print(stderr, "ntmd: {}: --reason is empty, expected why\n", what);
    return kUsage;
  }
  if (base::holds_citizen_number(options.reason)) {
    fmt::print(stderr, "ntmd: {}: --reason holds 12 digits like a citizen number, expected none; name nobody\n", what);
    return kUsage;
  }
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (!engine && engine.error().fault == base::Fault::denied)
    return ask_daemon(outside, options, what, options.delivery + " " + options.reason);
  if (!engine) return report(engine.error());
  // Judged for the day last assessed: the change itself is not the passing of time.
  const auto day = (*engine)->assessor().last_assessed().value_or((*engine)->today());
  return told(**engine, what, (*engine)->change_standing(options.delivery, standing, options.reason, day), options);
}

}  // namespace

int print_changed(store::Store& store, const engine::Engine::Changed& changed, const Options& options) {
  if (!options.json) {
    fmt::print("{}\n", changed.text);
    return kDone;
  }
  const auto head = store.find_delivery(changed.delivery);
  if (!head) return report(head.error());
  base::JsonWriter out(2);
  out.begin_object().key("delivery");
  *head ? write_delivery(out, **head) : static_cast<void>(out.null());
  out.field("statuses_changed", static_cast<std::uint64_t>(changed.statuses)).field("message", changed.text);
  print_lines(std::move(out.end_object()).take());
  return kDone;
}

int accept(const Options& options) { return set_standing(options, store::Standing::in_force, "accept"); }
int retract(const Options& options) { return set_standing(options, store::Standing::retracted, "retract"); }

int replay(const Options& options) {
  if (options.delivery.empty()) {
    fmt::print(stderr, "ntmd: quarantine replay: names no delivery, expected one of ntmd quarantine list\n");
    return kUsage;
  }
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (!engine && engine.error().fault == base::Fault::denied)
    return ask_daemon(outside, options, "replay", options.delivery);
  if (!engine) return report(engine.error());
  const auto day = (*engine)->assessor().last_assessed().value_or((*engine)->today());
  return told(**engine, "quarantine replay", (*engine)->replay(options.delivery, day), options);
}

int run_daemon(const Options& options) {
  Outside outside;
  if (!options.as_of.empty()) {
    fmt::print(stderr, "ntmd: run: --as-of stands without --once, expected both; a daemon's day is today\n");
    return kUsage;
  }
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  if (auto done = engine::run_daemon(std::move(*setup), options.config, outside.world()); !done)
    return report(done.error());
  return kDone;
}

}  // namespace ntmd::app
