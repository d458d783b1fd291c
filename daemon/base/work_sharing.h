#pragma once
// Work that may be done by whoever has time.

#include <cstddef>
#include <functional>
#include <memory>

namespace ntmd::base {

/// Has the task run some time on another thread, or never: who gives it away can do without. Empty: nobody else.
using ShareWork = std::function<void(std::function<void()>)>;

/// Calls `body(i)` once for each i below `count`, on this thread and on one that has time, and comes back when all are
/// done. What is thrown comes out here, the first of it; bodies that had not begun by then are left out.
void do_together(const ShareWork& share, std::size_t count, const std::function<void(std::size_t)>& body);

/// One task given away. It is over with `finish`, at the latest when the errand ends: done here where nobody has begun
/// it.
class Errand {
 public:
  Errand(const ShareWork& share, std::function<void()> task);
  ~Errand();
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  /// Throws what the task threw.
  void finish();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ntmd::base
