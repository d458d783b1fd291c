#include "daemon/base/work_sharing.h"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

namespace ntmd::base {
namespace {

/// Outlives the call: a task may come to its turn when all is done.
struct Together {
  std::mutex mutex;
  std::condition_variable idle;
  const std::function<void(std::size_t)>* body = nullptr;
  std::size_t next = 0;
  std::size_t count = 0;
  std::size_t working = 0;
  std::exception_ptr failed;

  void work() {
    std::unique_lock lock(mutex);
    ++working;
    while (next < count) {
      const auto at = next++;
      lock.unlock();
      std::exception_ptr thrown;
      try {
        (*body)(at);
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      if (!thrown) continue;
      if (!failed) failed = thrown;
      next = count;
    }
    if (--working == 0) idle.notify_all();
  }
};

}  // namespace

void do_together(const ShareWork& share, std::size_t count, const std::function<void(std::size_t)>& body) {
  const auto together = std::make_shared<Together>();
  together->body = &body;
  together->count = count;
  if (share && count > 1) share([together] { together->work(); });
  together->work();
  std::unique_lock lock(together->mutex);
  together->idle.wait(lock, [&] { return together->working == 0; });
  if (together->failed) std::rethrow_exception(together->failed);
}

struct Errand::State {
  std::mutex mutex;
  std::condition_variable over;
  std::function<void()> task;
  bool begun = false;
  bool done = false;
  std::exception_ptr failed;

  void work() {
    std::unique_lock lock(mutex);
    if (std::exchange(begun, true)) return;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      task();
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    failed = thrown;
    done = true;
    over.notify_all();
  }
};

Errand::Errand(const ShareWork& share, std::function<void()> task) : state_(std::make_shared<State>()) {
  state_->task = std::move(task);
  if (share) share([state = state_] { state->work(); });
}

Errand::~Errand() {
  state_->work();
  std::unique_lock lock(state_->mutex);
  state_->over.wait(lock, [&] { return state_->done; });
}

void Errand::finish() {
  state_->work();
  std::unique_lock lock(state_->mutex);
  state_->over.wait(lock, [&] { return state_->done; });
  if (state_->failed) std::rethrow_exception(std::exchange(state_->failed, nullptr));
}

}  // namespace ntmd::base
