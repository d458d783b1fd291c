#include "daemon/engine/poll_ahead.h"

#include <utility>

namespace ntmd::engine {

PollAhead::PollAhead(Engine& engine, Engine::OpenRun run, model::Day today, std::shared_ptr<Readers> readers)
    : engine_(engine), run_(std::move(run)), today_(today), readers_(std::move(readers)) {
  run_.order.stop = stop_.get_token();
  run_.order.sink = [this](store::StagedDelivery staged) { return offer(std::move(staged)); };
  run_.order.turn = [this] { wait_turn(); };
  thread_ = std::thread([this] {
    begin_reading();
    auto report = engine_.poller().poll(run_.order);
    end_reading();
    const std::scoped_lock lock(readers_->mutex_);
    report_ = std::move(report);
    readers_->changed_.notify_all();
  });
}

PollAhead::~PollAhead() {
  stop_.request_stop();
  {
    const std::scoped_lock lock(readers_->mutex_);
    readers_->changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

/// On the poll's thread: until it is due, is served, or shall stop.
template <class Due>
void PollAhead::wait(std::unique_lock<std::mutex>& lock, Due&& due) {
  const auto begun = engine_.clock().steady();
  readers_->changed_.wait(lock, [&] { return due() || served_ || stop_.stop_requested(); });
  run_.order.deadline += engine_.clock().steady() - begun;
}

/// On the poll's thread.
void PollAhead::begin_reading() {
  std::unique_lock lock(readers_->mutex_);
  wait(lock, [&] { return readers_->left_ > 0; });
  if (served_ || stop_.stop_requested()) return;
  --readers_->left_;
  reading_ = true;
}

/// On the poll's thread. It may have ended before.
void PollAhead::end_reading() {
  const std::scoped_lock lock(readers_->mutex_);
  if (!std::exchange(reading_, false)) return;
  ++readers_->left_;
  readers_->changed_.notify_all();
}

/// On the poll's thread.
void PollAhead::wait_turn() {
  end_reading();
  std::unique_lock lock(readers_->mutex_);
  wait(lock, [] { return false; });
}

/// On the poll's thread.
base::Result<store::Outcome> PollAhead::offer(store::StagedDelivery staged) {
  wait_turn();
  std::unique_lock lock(readers_->mutex_);
  offered_ = std::move(staged);
  readers_->changed_.notify_all();
  readers_->changed_.wait(lock, [&] { return answer_ || stop_.stop_requested(); });
  if (!answer_) return base::fail(base::Fault::retry_later, "was not committed, the run ended before it");
  auto answer = std::move(*answer_);
  answer_.reset();
  if (answer.thrown) std::rethrow_exception(answer.thrown);
  return std::move(answer.outcome);
}

PollAhead::Answer PollAhead::load(store::StagedDelivery staged) {
  try {
    return {engine_.load(std::move(staged), today_), nullptr};
  } catch (...) {
    return {base::fail(base::Fault::bug, "was thrown"), std::current_exception()};
  }
}

base::Result<store::RunRow> PollAhead::serve() {
  std::unique_lock lock(readers_->mutex_);
  served_ = true;
  readers_->changed_.notify_all();
  while (true) {
    readers_->changed_.wait(lock, [&] { return offered_ || report_; });
    if (!offered_) break;
    auto staged = std::move(*offered_);
    offered_.reset();
    lock.unlock();
    auto answer = load(std::move(staged));
    lock.lock();
    answer_ = std::move(answer);
    readers_->changed_.notify_all();
  }
  lock.unlock();
  thread_.join();
  return engine_.close_run(std::move(run_), std::move(*report_));
}

}  // namespace ntmd::engine
