#include "daemon/engine/daemon.h"

#include <csignal>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

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
    signals_.add(SIGHUP);  // kept until it is listened for; SIGTERM may end what has not begun
    if (auto opened = open({std::move(setup), nullptr}); !opened) return opened;
    if (auto served = serve(http_); !served) {
      Operation::close(std::move(operation_));
      return served;
    }
    for (const int number : {SIGTERM, SIGINT}) signals_.add(number);
    wait_for_signal();
    feed_watchdog();
    operation_->start();
    base::log::info("daemon.ready", {{"version", kVersion},
                                     {"url", server_->url()},
                                     {"sources", static_cast<std::uint64_t>(sources_)},
                                     {"config", config_file_.string()}});
    tell();
    main_.run();
    if (server_) server_->stop();
    base::log::info("daemon.stopped", {});
    base::log::flush();
    return result_;
  }

 private:
  base::Status open(Engine::Left from) {
    sources_ = from.setup.plans.size();
    data_dir_ = from.setup.config.data_dir;
    publish_dir_ = from.setup.config.publish_dir;
    http_ = from.setup.config.http;
    auto opened = Operation::open(std::move(from), world_, main_, readiness_,
                                  {[this] { drained(); }, [this](base::Error error) { broken(std::move(error)); }});
    if (!opened) return std::unexpected(opened.error());
    operation_ = std::move(*opened);
    return {};
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
      const auto since = operation_ ? operation_->writer_busy_since() : std::nullopt;
      writer_stuck_ = since && world_.clock.steady() - *since > kWriterLimit;
      if (every && !writer_stuck_) service_manager::alive();
      feed_watchdog();
    });
  }

  void reload() {
    if (stopping_) return;
    if (next_) {
      reload_again_ = true;  // the config may have changed since it was read
      return;
    }
    service_manager::reloading();
    settings::Problems problems;
    auto setup = load_setup(world_.files, config_file_, problems);
    if (setup) prepare(setup->config, problems);
    if (!setup || !problems.empty()) {
      for (const auto& line : problems.lines()) base::log::error("config.fault", {}, line);
      base::log::error("config.kept", {{"faults", static_cast<std::uint64_t>(problems.size())}},
                       "the new configuration has faults, expected none; the old one stays in force");
      return service_manager::ready();
    }
    next_ = std::make_unique<Setup>(std::move(*setup));
    operation_->drain();
  }

  /// What of a new config can fail once it is read; nothing of it stays when something does.
  void prepare(const Config& config, settings::Problems& problems) {
    if (config.data_dir != data_dir_ || config.publish_dir != publish_dir_) {
      problems.add(fmt::format("{}: data_dir or publish_dir has moved, expected the same in a reload; restart ntmd",
                               config_file_.string()));
    }
    if (!problems.empty()) return;
    if (auto moved = move_server(config.http); !moved) return problems.add(moved.error().what);
    if (auto logging = base::log::configure(config.log); !logging) {
      problems.add(logging.error().what);
      if (auto back = move_server(http_); !back) broken(back.error());
    }
  }

  /// The old operation is over: a reload puts the next one in its place, a stop ends the program.
  void drained() {
    auto old = Operation::close(std::move(operation_));
    if (stopping_) return finish();
    const auto next = std::move(next_);
    if (auto opened = open({std::move(*next), old.lock}); opened) {
      base::log::info("config.reloaded", {{"sources", static_cast<std::uint64_t>(sources_)}});
    } else {
      base::log::error("config.kept", {}, opened.error().what);
      if (auto logging = base::log::configure(old.setup.config.log); !logging)
        base::log::error("config.log", {}, logging.error().what);
      if (auto again = open(std::move(old)); !again) return broken(again.error());
      if (auto back = move_server(http_); !back) return broken(back.error());
    }
    operation_->start();
    tell();
    if (std::exchange(reload_again_, false)) reload();
  }

  void stop(std::string_view why) {
    if (std::exchange(stopping_, true)) return;
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
    if (!operation_) return finish();
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
  std::unique_ptr<Setup> next_;  // read and waiting for the old operation to end
  std::size_t sources_ = 0;
  base::Path data_dir_;
  base::Path publish_dir_;
  HttpSettings http_;    // as configured
  HttpSettings served_;  // as the server has it
  bool reload_again_ = false;
  bool stopping_ = false;
  base::Status result_;
};

}  // namespace

base::Status run_daemon(Setup setup, const base::Path& config_file, const World& world) {
  return Daemon(config_file, world).run(std::move(setup));
}

}  // namespace ntmd::engine
