#include "daemon/engine/work_sharing.h"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>

namespace ntmd::engine {
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

}  // namespace ntmd::engine
