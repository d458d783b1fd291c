#pragma once
// The daemon at work under one configuration: polls by the agenda, loads, assesses, publishes, answers requests.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "daemon/engine/agenda.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/outbox.h"
#include "daemon/engine/readiness.h"

namespace ntmd::engine {

/// Lives on the main thread; all public calls but `open` and `close` are made there. The writer thread owns the engine;
/// two workers read, decode and stage; the HTTP driver has its own thread.
class Operation {
 public:
  /// What the operation tells the daemon, on the main thread.
  struct Events {
    std::function<void()> drained;            ///< after `drain`: nothing is under way any more
    std::function<void(base::Error)> broken;  ///< it cannot go on: a bug, or a store that is not to be trusted
  };

  enum class First : std::uint8_t {
    must_publish,  ///< what cannot be published at once is not opened
    may_wait,      ///< a first publication that fails is one that failed
  };
  /// Opens the store (without a lock in `from` it takes it) and publishes what it knows; where the clock was set back
  /// nothing is published until it has caught up, and `readiness` says so. Blocks for as long as that takes: on a
  /// thread that may wait. `world`, `main` and `readiness` must outlive it.
  static base::Result<std::unique_ptr<Operation>> open(Engine::Left from, First first, const World& world,
                                                       boost::asio::io_context& main, Readiness& readiness,
                                                       Events events);
  ~Operation();
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// Begins to poll and to assess by the agenda and to answer requests.
  void start();
  /// Nothing new begins; what is under way is asked to end. `drained` comes soon, from the main thread.
  void drain();
  /// Whether an operation of `next` could follow this one, as far as that can be told: `told` is called soon, on the
  /// main thread. `next` must stay where it is until then, or until this one is closed.
  using Key = std::optional<connectors::Pseudonyms>;
  void ask_for_next(const Setup& next, std::function<void(base::Result<Key>)> told);
  [[nodiscard]] const Setup& setup() const { return engine_->setup(); }
  /// Sources under way, for messages.
  [[nodiscard]] std::string under_way() const;
  /// Since when the writer has been at one task; nullopt: it waits for one. Thread-safe.
  [[nodiscard]] std::optional<base::Steady> writer_busy_since() const;
  /// After `drained`, on any thread: one last cycle, then everything is closed but the lock. Blocks for as long as that
  /// takes.
  static Engine::Left close(std::unique_ptr<Operation> operation);

 private:
  static const std::string kCycle;  // what readiness is told of

  using Answer = std::function<void(std::string)>;

  Operation(const World& world, boost::asio::io_context& main, Readiness& readiness, Events events);
  void fill_agenda();
  void tick();
  void begin(const std::string& id);
  void poll(const std::string& id);
  /// `lost`: why something that the poll brought could not be stored; empty: all of it was.
  void finished(const std::string& id, const base::Result<store::RunRow>& run, std::optional<base::Instant> not_before,
                const std::string& lost);
  void want_cycle(bool full);
  /// `judged`: whether the pass before was made.
  void wait_for_alerts(std::optional<base::Instant> next, bool judged);
  void run_cycle();
  base::Status cycle(bool full);
  base::Status judge_and_publish(bool full);
  void look_for_requests();
  /// Whether there was any.
  bool answer_requests();
  void answer(const store::Store::Request& request);
  std::string rotate_key(const store::Store::Request& request);
  void answer_sync(std::uint64_t request, const std::string& source);
  void put_answer(std::uint64_t request, const std::string& text);
  void settle();

  void on_main(std::function<void()> task);
  /// Posts to the writer; an exception there ends the operation.
  void on_writer(std::function<void()> task);
  void on_worker(std::function<void()> task);
  /// Runs on the writer while the calling worker waits.
  base::Result<store::Outcome> load(store::StagedDelivery staged);
  template <class Task>
  auto ask(Task task) -> decltype(task());
  void open_courier();
  void guard(const std::function<void()>& task, std::string_view where);

  World world_;
  boost::asio::io_context& main_;
  Readiness& readiness_;
  Events events_;
  std::unique_ptr<Engine> engine_;  // the writer's, but for its poller and sender
  std::unique_ptr<Courier> courier_;
  std::stop_source stop_;

  // The main thread's.
  Agenda agenda_;
  boost::asio::steady_timer agenda_timer_;
  boost::asio::steady_timer cycle_timer_;
  boost::asio::steady_timer request_timer_;
  std::set<std::string> polling_;
  std::set<std::string> poll_again_;            // as soon as they are done
  std::multimap<std::string, Answer> waiting_;  // by source: who asked for its poll
  bool cycling_ = false;
  bool cycle_wanted_ = false;
  bool cycle_full_ = false;
  bool answering_ = false;
  bool draining_ = false;
  bool drained_ = false;
  std::shared_ptr<bool> over_ = std::make_shared<bool>(false);  // drained: for who may come to the main thread later

  // The writer's.
  std::map<std::uint64_t, std::string>
      taken_;  // requests not answered in the store yet: what the answer is, when known

  std::atomic<std::int64_t> writer_since_{0};  // steady nanoseconds; 0: idle
  boost::asio::thread_pool writer_{1};
  boost::asio::thread_pool workers_{2};
};

}  // namespace ntmd::engine
