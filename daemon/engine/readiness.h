#pragma once
// Whether what is published can be relied on, told from one thread and asked from another.

#include <mutex>
#include <string>

#include "daemon/base/result.h"

namespace ntmd::engine {

/// Thread-safe.
class Readiness {
 public:
  void good() { set({}); }
  /// Why not, for operators: "degraded: …". Never empty.
  void bad(std::string why) { set(std::move(why)); }
  [[nodiscard]] base::Status status() const {
    const std::lock_guard lock(mutex_);
    if (why_.empty()) return {};
    return base::fail(base::Fault::retry_later, why_);
  }

 private:
  void set(std::string why) {
    const std::lock_guard lock(mutex_);
    why_ = std::move(why);
  }
  mutable std::mutex mutex_;
  std::string why_ = "starting: nothing is published yet";
};

}  // namespace ntmd::engine
