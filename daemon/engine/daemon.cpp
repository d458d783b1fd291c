#include "daemon/engine/daemon.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "daemon/base/log.h"
#include "daemon/engine/operation.h"
#include "daemon/engine/service_manager.h"
#include "daemon/engine/version.h"
#include "daemon/serve/status_server.h"

namespace ntmd::engine {
namespace {

using namespace std::chrono_literals;

/// A stop takes at most this long; what is not ended by then is left to the next start, which loses nothing.
constexpr auto kStopLimit = 8s;
constexpr unsigned kLastResort = 9;  // seconds
/// A writer that is longer at one task than this is taken for dead.
constexpr auto kWriterLimit = 10min;

class Daemon {
 public:
  Daemon(base::Path config_file, const World& world)
      : config_file_(std::move(config_file)), world_(world), signals_(main_), watchdog_(main_), limit_(main_) {}

  base::Status run(Setup setup) {
    listen_for_signals();
    wait_for_signal();
    feed_watchdog();
    turn(nullptr, Engine::Left{std::move(setup), nullptr, std::nullopt});
    main_.run();
    turner_.join();
    if (server_) server_->stop();
    if (was_ready_ || stopping_) base::log::info("daemon.stopped", {});
    base::log::flush();
    return result_;
  }

 private:
  /// What a change from one operation to the next has come to.
  struct Turned {
    std::unique_ptr<Operation> operation;  ///< nullptr: none
    base::Status opened;                   ///< whether it is the one that was to come
    base::Status again;                    ///< if not, whether the one before could be opened again
  };

  void listen_for_signals() {
    sigset_t ours;
    sigemptyset(&ours);
    for (const int number : {SIGHUP, SIGTERM, SIGINT}) {
      signals_.add(number);
      sigaddset(&ours, number);
    }
    pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
  }

  /// Closes `old` and opens `next`, whatever time that takes, beside the main thread, which goes on with `turned`.
  void turn(std::unique_ptr<Operation> old, std::optional<Engine::Left> next) {
    turning_since_ = world_.clock.steady();
    // Shared, since tasks are copied.
    auto from = std::make_shared<std::pair<std::unique_ptr<Operation>, std::optional<Engine::Left>>>(std::move(old),
                                                                                                     std::move(next));
    boost::asio::post(turner_, [this, from] {
      auto done = std::make_shared<Turned>();
      try {
        *done = replace(std::move(from->first), std::move(from->second));
      } catch (const std::exception& bug) {
        done->opened = base::fail(base::Fault::bug, fmt::format("daemon: internal failure: {}; report it", bug.what()));
        done->again = done->opened;
      }
      boost::asio::post(main_, [this, done] { turned(std::move(*done)); });
    });
  }

  /// On the turner's thread.
  Turned replace(std::unique_ptr<Operation> old, std::optional<Engine::Left> next) {
    const auto open = [this](Engine::Left from, Operation::First first) {
      return Operation::open(std::move(from), first, world_, main_, readiness_,
                             {[this] { drained(); }, [this](base::Error error) { broken(std::move(error)); }});
    };
    std::optional<Engine::Left> left;
    if (old) left = Operation::close(std::move(old));
    if (!next || stopping_) return {};
    if (left) next->lock = left->lock;
    auto opened = open(std::move(*next), Operation::First::must_publish);
    if (opened) return {std::move(*opened), {}, {}};
    if (!left || stopping_) return {nullptr, std::unexpected(opened.error()), std::unexpected(opened.error())};
    auto again = open(std::move(*left), Operation::First::may_wait);
    if (!again) return {nullptr, std::unexpected(opened.error()), std::unexpected(again.error())};
    return {std::move(*again), std::unexpected(opened.error()), {}};
  }

  void turned(Turned done) {
    turning_since_.reset();
    operation_ = std::move(done.operation);
    if (stopping_) return operation_ ? operation_->drain() : finish();
    if (!was_ready_) return begin(done.opened);
    if (!operation_) return broken(done.again.error());
    if (done.opened) {
      adopt();
      base::log::info("config.reloaded", {{"sources", static_cast<std::uint64_t>(sources_)}});
    } else {
      base::log::error("config.kept", {}, done.opened.error().what);
      if (auto logging = base::log::configure(operation_->setup().config.log); !logging)
        base::log::error("config.log", {}, logging.error().what);
      if (auto back = move_server(http_); !back) return broken(back.error());
    }
    operation_->start();
    reload_is_over();
  }

  /// The first operation is open, or could not be opened.
  void begin(const base::Status& opened) {
    if (!opened) {
      result_ = opened;
      return finish();
    }
    adopt();
    if (auto served = serve(http_); !served) return broken(served.error());
    operation_->start();
    was_ready_ = true;
    base::log::info("daemon.ready", {{"version", kVersion},
                                     {"url", server_->url()},
                                     {"sources", static_cast<std::uint64_t>(sources_)},
                                     {"config", config_file_.string()}});
    reload_is_over();
  }

  void adopt() {
    const auto& setup = operation_->setup();
    sources_ = setup.plans.size();
    data_dir_ = setup.config.data_dir;
    publish_dir_ = setup.config.publish_dir;
    http_ = setup.config.http;
  }

  base::Status serve(const HttpSettings& http) {
    serve::ServerSettings settings;
    settings.listen = http.listen;
    settings.allow_remote = http.allow_remote;
    settings.folder = publish_dir_;
    serve::ServerHooks hooks;
    hooks.ready = [this] { return readiness_.status(); };
    hooks.alive = [this]() -> base::Status {
      if (!writer_stuck_) return {};
      return base::fail(base::Fault::bug, "the writer has been at one task for over 10 minutes");
    };
    auto started = serve::StatusServer::start(settings, std::move(hooks));
    if (!started) return base::fail_within("http.listen", started);
    if (server_) server_->stop();
    server_ = std::move(*started);
    served_ = http;
    return {};
  }

  /// To another address; where that fails it goes on listening where it did.
  base::Status move_server(const HttpSettings& http) {
    if (http.listen == served_.listen && http.allow_remote == served_.allow_remote) return {};
    auto moved = serve(http);
    if (moved || moved.error().fault == base::Fault::bad_config) return moved;
    // The old address may be what is in the way of the new one.
    server_->stop();
    moved = serve(http);
    if (moved) return moved;
    if (auto back = serve(served_); !back) broken(back.error());
    return moved;
  }

  void tell() {
    service_manager::status(fmt::format("{} sources, {}", sources_, server_->url()));
    service_manager::ready();
  }

  void wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& cancelled, int number) {
      if (cancelled) return;
      wait_for_signal();
      if (number == SIGHUP) return reload();
      stop(number == SIGINT ? "SIGINT" : "SIGTERM");
    });
  }

  void feed_watchdog() {
    const auto every = service_manager::watchdog();
    watchdog_.expires_after(every ? *every / 3 : std::chrono::microseconds(10s));
    watchdog_.async_wait([this, every](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      const auto since = operation_ ? operation_->writer_busy_since() : turning_since_;
      writer_stuck_ = since && world_.clock.steady() - *since > kWriterLimit;
      if (every && !writer_stuck_) service_manager::alive();
      feed_watchdog();
    });
  }

  void reload() {
    if (stopping_) return;
    if (reloading_ || turning_since_) {
      reload_again_ = true;  // the config may have changed since it was read
      return;
    }
    reloading_ = true;
    service_manager::reloading();
    boost::asio::post(turner_, [this] {
      auto problems = std::make_shared<settings::Problems>();
      auto setup = std::make_shared<std::optional<Setup>>();
      try {
        *setup = load_setup(world_.files, config_file_, *problems);
      } catch (const std::exception& bug) {
        problems->add(fmt::format("{}: internal failure: {}; report it", config_file_.string(), bug.what()));
      }
      boost::asio::post(main_, [this, problems, setup] { loaded(std::move(*setup), std::move(*problems)); });
    });
  }

  /// A config that was read is in force only when all can be had that it asks for: that is found out first.
  void loaded(std::optional<Setup> setup, settings::Problems problems) {
    if (stopping_) return;
    if (setup && (setup->config.data_dir != data_dir_ || setup->config.publish_dir != publish_dir_)) {
      problems.add(fmt::format("{}: data_dir or publish_dir has moved, expected the same in a reload; restart ntmd",
                               config_file_.string()));
    }
    if (!setup || !problems.empty()) return keep(problems);
    next_ = std::make_unique<Engine::Left>(Engine::Left{std::move(*setup), nullptr, std::nullopt});
    operation_->ask_for_next(next_->setup, [this](base::Result<Operation::Key> key) {
      if (stopping_) return;
      settings::Problems faults;
      if (key) {
        next_->key = *key;
        prepare(next_->setup.config, faults);
      } else {
        faults.add(key.error().what);
      }
      if (!faults.empty()) return keep(faults);
      operation_->drain();
    });
  }

  void keep(const settings::Problems& problems) {
    next_.reset();
    for (const auto& line : problems.lines()) base::log::error("config.fault", {}, line);
    base::log::error("config.kept", {{"faults", static_cast<std::uint64_t>(problems.size())}},
                     "the new configuration has faults, expected none; the old one stays in force");
    reload_is_over();
  }

  void reload_is_over() {
    reloading_ = false;
    if (stopping_) return;
    tell();
    if (std::exchange(reload_again_, false)) reload();
  }

  /// What the main thread does for a new config and can fail; nothing of it stays when something does.
  void prepare(const Config& config, settings::Problems& problems) {
    if (auto moved = move_server(config.http); !moved) return problems.add(moved.error().what);
    if (auto logging = base::log::configure(config.log); !logging) {
      problems.add(logging.error().what);
      if (auto back = move_server(http_); !back) broken(back.error());
    }
  }

  /// The old operation is over: a reload puts the next one in its place, a stop ends the program.
  void drained() {
    if (stopping_ || !next_) return turn(std::move(operation_), std::nullopt);
    turn(std::move(operation_), std::move(*std::exchange(next_, nullptr)));
  }

  void stop(std::string_view why) {
    if (stopping_.exchange(true)) return;
    base::log::info("daemon.stopping", {{"signal", why}});
    service_manager::stopping();
    readiness_.bad("a stop", "stopping");
    // The last resort, should this very thread be stuck.
    std::signal(SIGALRM, [](int) { std::_Exit(EXIT_FAILURE); });
    alarm(kLastResort);
    limit_.expires_after(kStopLimit);
    limit_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      // Whatever still runs holds nothing that is not in the store or will not be asked for again.
      base::log::error("daemon.stop_forced", {{"sources", operation_ ? operation_->under_way() : std::string()}},
                       "did not end within 8 s; what they had not delivered is asked for at the next start");
      base::log::flush();
      std::_Exit(result_ ? EXIT_SUCCESS : EXIT_FAILURE);
    });
    if (operation_) operation_->drain();
  }

  void broken(base::Error error) {
    base::log::error("daemon.broken", {}, error.what);
    if (result_) result_ = std::unexpected(std::move(error));
    if (!operation_ && !turning_since_) return finish();
    stop("none");
  }

  void finish() {
    limit_.cancel();
    watchdog_.cancel();
    signals_.cancel();
    main_.stop();
  }

  base::Path config_file_;
  World world_;
  boost::asio::io_context main_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer watchdog_;
  boost::asio::steady_timer limit_;
  Readiness readiness_;
  std::atomic<bool> writer_stuck_{false};
  std::unique_ptr<serve::StatusServer> server_;
  std::unique_ptr<Operation> operation_;
  std::unique_ptr<Engine::Left> next_;  // read, and looked at or waiting for the old operation to end
  std::optional<base::Steady> turning_since_;
  std::size_t sources_ = 0;
  base::Path data_dir_;
  base::Path publish_dir_;
  HttpSettings http_;    // as configured
  HttpSettings served_;  // as the server has it
  bool reloading_ = false;
  bool reload_again_ = false;
  bool was_ready_ = false;
  std::atomic<bool> stopping_{false};  // set by the main thread
  base::Status result_;
  boost::asio::thread_pool turner_{1};  // reads configs, closes operations and opens them
};

}  // namespace

base::Status run_daemon(Setup setup, const base::Path& config_file, const World& world) {
  return Daemon(config_file, world).run(std::move(setup));
}

}  // namespace ntmd::engine
