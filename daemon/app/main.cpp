// ntmd: command line to command.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "daemon/app/commands.h"
#include "daemon/engine/version.h"

namespace {

using ntmd::app::Options;
using Command = std::function<int(const Options&)>;

/// Secrets and keyed hashes must not leave in a core file; a full file-size limit is an error to handle, not a death.
void harden() {
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  umask(0077);
}

/// The allocator must not learn from one large export to keep what it gave back, nor once more for each thread.
void bound_memory() {
  constexpr int kLarge = 256 << 10;
  constexpr int kArenas = 2;
  mallopt(M_MMAP_THRESHOLD, kLarge);
  mallopt(M_ARENA_MAX, kArenas);
}

/// What a daemon is told from its first moment on waits until it listens.
void hold_signals(int how) {
  sigset_t held;
  sigemptyset(&held);
  for (const int number : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&held, number);
  pthread_sigmask(how, &held, nullptr);
}

void resolve_config(Options& options) {
  options.config_given = !options.config.empty();
  if (options.config_given) return;
  const char* environment = std::getenv("NTMD_CONFIG");
  options.config_given = environment != nullptr;
  options.config = environment != nullptr ? environment : "/etc/ntm/ntmd.yaml";
}

/// An option or argument that was given without text, as by an unset variable of a script; nullptr: none.
const CLI::Option* empty_value(const CLI::App& app) {
  for (const auto* option : app.get_options()) {
    const auto& given = option->results();
    if (std::ranges::find(given, std::string()) != given.end()) return option;
  }
  for (const auto* sub : app.get_subcommands()) {
    if (const auto* found = empty_value(*sub)) return found;
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  hold_signals(SIG_BLOCK);
  harden();
  bound_memory();
  Options options;
  Command chosen;
  CLI::App app("ntmd: polls sources, keeps figures, judges communes, publishes and alerts", "ntmd");
  app.set_version_flag("--version", std::string(ntmd::engine::kVersion));
  app.require_subcommand(1);
  app.add_option("--config", options.config, "ntmd.yaml (else $NTMD_CONFIG, else /etc/ntm/ntmd.yaml)");
  app.add_flag("--json", options.json, "print JSON");
  app.add_option("--lang", options.language, "vi or en")->check(CLI::IsMember({"vi", "en"}));

  const auto add = [&](const char* name, const char* what, Command command) {
    auto* sub = app.add_subcommand(name, what);
    sub->fallthrough();
    sub->callback([&chosen, command] { chosen = command; });
    return sub;
  };
  auto* run = add("run", "the daemon, until SIGTERM; --once: poll, assess, publish, exit", [](const Options& given) {
    return given.once ? ntmd::app::run_once(given) : ntmd::app::run_daemon(given);
  });
  run->add_flag("--once", options.once, "poll every source now, assess once, publish, exit");
  run->add_option("--as-of", options.as_of, "take this day as today (yyyy-mm-dd; with --once)");
  auto* sync = add("sync", "poll one source now", ntmd::app::sync);
  sync->add_option("source", options.source, "source id")->required();
  sync->add_flag("--dry-run", options.dry_run, "show what would be loaded, write nothing");
  auto* assess = add("assess", "recompute", ntmd::app::assess);
  assess->add_option("--as-of", options.as_of, "the day to judge (yyyy-mm-dd)");
  assess->add_option("--known-at", options.known_at,
                     "from what was recorded by then (yyyy-mm-ddThh:mm:ssZ); only prints");
  assess->add_option("--restart-from", options.restart_from,
                     "go on from this day, before the last assessed one (yyyy-mm-dd; with --reason)");
  assess->add_option("--reason", options.reason, "why, for the record (with --restart-from)");
  add("check", "config, criteria, connectors, units: every fault, no network", ntmd::app::check);
  auto* test = add("test", "run the tests inside connectors and criteria", ntmd::app::test);
  test->add_option("path", options.paths, "connector or criteria files (default: the built-in catalogue)");
  auto* accept = add("accept", "put a held or retracted delivery in force", ntmd::app::accept);
  auto* retract = add("retract", "take a delivery out of force", ntmd::app::retract);
  for (auto* sub : {accept, retract}) {
    sub->add_option("delivery", options.delivery, "delivery id, or the start of one")->required();
    sub->add_option("--reason", options.reason, "why, for the record")->required();
  }
  add("status", "the verdicts", ntmd::app::status)->add_option("unit", options.unit, "unit code");
  auto* explain = add("explain", "one verdict down to its deliveries", ntmd::app::explain);
  explain->add_option("unit", options.unit, "unit code")->required();
  explain->add_option("indicator", options.indicator, "indicator id")->required();
  auto* runs = add("runs", "what the last polls gave", ntmd::app::runs);
  runs->add_option("source", options.source, "source id");
  runs->add_flag("--deliveries", options.deliveries, "what they brought: one line per delivery, with its standing");
  runs->add_option("--limit", options.limit, "rows")->check(CLI::PositiveNumber);
  auto* quarantine = add("quarantine", "rows that were refused", ntmd::app::quarantine);
  quarantine->add_option("action", options.quarantine_action, "list, show or replay")
      ->check(CLI::IsMember({"list", "show", "replay"}));
  quarantine->add_option("delivery", options.delivery, "delivery id, or the start of one");
  quarantine->add_option("--limit", options.limit, "rows; 0: all")->check(CLI::NonNegativeNumber);
  add("sources", "how each source is doing", ntmd::app::sources);
  add("alerts", "what is pending and firing", ntmd::app::alerts);
  auto* rotate = add("rotate-key", "replace the key of the person hashes", ntmd::app::rotate_key);
  rotate->add_option("--new", options.new_key, "the new key: a secret's name, or its file in the secrets folder");
  rotate->add_flag("--make", options.make_key, "have the new key made, in data_dir");
  rotate->add_flag("--cancel", options.cancel, "keep the old key; not once the new one is in force");
  rotate->add_flag("--status", options.show_status, "how far it has come, and what it waits for");
  rotate->add_option("--reason", options.reason, "why, for the record (with --new, --make and --cancel)");
  add("verify", "store, chain and replay; 4 on any difference", ntmd::app::verify)
      ->add_flag("--dump", options.dump, "print the store's content as text without times and row ids");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return ntmd::app::kUsage;
  }
  if (const auto* empty = empty_value(app)) {
    fmt::print(stderr, "ntmd: {}: is empty, expected a value\n", empty->get_name());
    return ntmd::app::kUsage;
  }
  if (!run->parsed() || options.once) hold_signals(SIG_UNBLOCK);
  resolve_config(options);
  try {
    return chosen(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ntmd: internal failure: {}\n", error.what());
    return ntmd::app::kInternal;
  }
}
