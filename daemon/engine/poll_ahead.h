#pragma once
// A poll that reads while the one before it is committed.

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/engine/engine.h"

namespace ntmd::engine {

/// What polls share that are begun before they are served: at any time only so many of them read.
class Readers {
 public:
  explicit Readers(std::size_t most) : left_(most) {}

 private:
  friend class PollAhead;
  std::mutex mutex_;  // of all that the polls' threads share with the engine's
  std::condition_variable changed_;
  std::size_t left_;
};

/// Polls on a thread of its own as soon as it may read: when it is served, or before that when there are few `readers`.
/// What it read waits until it is served before it becomes a delivery; the time that it waits is not the source's. All
/// calls on the engine's thread; the engine outlives it.
class PollAhead {
 public:
  /// `run` was opened with this engine.
  PollAhead(Engine& engine, Engine::OpenRun run, model::Day today, std::shared_ptr<Readers> readers);
  /// What was not served is interrupted.
  ~PollAhead();
  PollAhead(const PollAhead&) = delete;
  PollAhead& operator=(const PollAhead&) = delete;

  /// Commits what the poll delivers, to its end, and its run row.
  base::Result<store::RunRow> serve();

 private:
  /// What became of a delivery: thrown on the thread that asks where it was thrown here.
  struct Answer {
    base::Result<store::Outcome> outcome;
    std::exception_ptr thrown;
  };
  template <class Due>
  void wait(std::unique_lock<std::mutex>& lock, Due&& due);
  void begin_reading();
  void end_reading();
  void wait_turn();
  base::Result<store::Outcome> offer(store::StagedDelivery staged);
  Answer load(store::StagedDelivery staged);

  Engine& engine_;
  Engine::OpenRun run_;
  model::Day today_;
  std::stop_source stop_;
  std::shared_ptr<Readers> readers_;
  // Guarded by the readers' mutex.
  bool served_ = false;
  bool reading_ = false;  // one of those that are counted
  std::optional<store::StagedDelivery> offered_;
  std::optional<Answer> answer_;
  std::optional<PollReport> report_;
  std::thread thread_;
};

}  // namespace ntmd::engine
