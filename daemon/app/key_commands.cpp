// rotate-key: the person key is replaced, or one looks how far that has come.

#include <cstdio>

#include <fmt/format.h>

#include "daemon/app/commands.h"
#include "daemon/app/print.h"
#include "daemon/app/session.h"
#include "daemon/base/personal.h"
#include "daemon/engine/local_day.h"
#include "daemon/engine/person_key.h"

namespace ntmd::app {
namespace {

int wrong(std::string_view what) {
  fmt::print(stderr, "ntmd: rotate-key: {}\n", what);
  return kUsage;
}

/// What is wrong with how it was called; empty: nothing.
std::string_view misuse(const Options& options) {
  const int asked = (options.new_key.empty() ? 0 : 1) + (options.make_key ? 1 : 0) + (options.cancel ? 1 : 0) +
                    (options.show_status ? 1 : 0);
  if (asked != 1) return "expected one of --new SECRET, --make, --cancel and --status";
  if (options.show_status) return {};
  if (options.reason.find_first_not_of(' ') == std::string::npos) return "--reason is empty or not given, expected why";
  if (base::holds_citizen_number(options.reason))
    return "--reason holds 12 digits like a citizen number, expected none; name nobody";
  return {};
}

int show(const Options& options) {
  Outside outside;
  const auto setup = load(outside, options);
  if (!setup) return kUsage;
  return print_rotation(outside, *setup, options);
}

/// What was done, or why not.
int tell(const base::Result<engine::KeyRotation>& done, const Options& options) {
  if (done) return print_rotation(*done, options);
  const auto fault = done.error().fault;
  if (fault == base::Fault::bad_data || fault == base::Fault::bad_config) return wrong(done.error().what);
  return report(done.error());
}

/// Without an engine: the key that comes may be lost.
int cancel(Outside& outside, const engine::Setup& setup, const Options& options) {
  const auto store = open_owned(setup, outside);
  if (!store && store.error().fault == base::Fault::denied)
    return ask_daemon(outside, options, "rotate-key-cancel", options.reason);
  if (!store) return report(store.error());
  const auto today = engine::local_day(outside.clock.now(), setup.config.zone);
  return tell(engine::cancel_rotation(setup, **store, *outside.files, today, options.reason), options);
}

}  // namespace

int print_rotation(const engine::KeyRotation& rotation, const Options& options) {
  print_lines(options.json ? engine::rotation_json(rotation) : engine::rotation_text(rotation));
  return kDone;
}

int print_rotation(Outside& outside, const engine::Setup& setup, const Options& options) {
  auto store = open_shared(setup, outside);
  if (!store) return report(store.error());
  const auto today = engine::local_day(outside.clock.now(), setup.config.zone);
  const auto rotation = engine::key_rotation(setup, **store, *outside.files, today);
  if (!rotation) return report(rotation.error());
  return print_rotation(*rotation, options);
}

int rotate_key(const Options& options) {
  if (const auto fault = misuse(options); !fault.empty()) return wrong(fault);
  if (options.show_status) return show(options);
  Outside outside;
  auto setup = load(outside, options);
  if (!setup) return kUsage;
  if (options.cancel) return cancel(outside, *setup, options);
  std::string secret;
  if (!options.new_key.empty()) {
    auto name = engine::person_key_name(*outside.files, setup->config, options.new_key);
    if (!name) return wrong(name.error().what);
    secret = std::move(*name);
  }
  auto engine = engine::Engine::open(std::move(*setup), outside.world());
  if (!engine && engine.error().fault == base::Fault::denied) {
    if (options.make_key) return ask_daemon(outside, options, "rotate-key-make", options.reason);
    return ask_daemon(outside, options, "rotate-key", secret + " " + options.reason);
  }
  if (!engine) return report(engine.error());
  return tell((*engine)->rotate_key(secret, options.reason), options);
}

}  // namespace ntmd::app
