#pragma once
// A poll that reads while the one before it is committed.

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/engine/engine.h"

namespace ntmd::engine {

/// Polls on a thread of its own from the moment it is made. What it read waits until it is served before it becomes a
/// delivery; the time that it waits is not the source's. All calls on the engine's thread; the engine outlives it.
class PollAhead {
 public:
  /// `run` was opened with this engine.
  PollAhead(Engine& engine, Engine::OpenRun run, model::Day today);
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
  void wait_turn();
  base::Result<store::Outcome> offer(store::StagedDelivery staged);
  Answer load(store::StagedDelivery staged);

  Engine& engine_;
  Engine::OpenRun run_;
  model::Day today_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool served_ = false;
  std::optional<store::StagedDelivery> offered_;
  std::optional<Answer> answer_;
  std::optional<PollReport> report_;
  std::thread thread_;
};

}  // namespace ntmd::engine
