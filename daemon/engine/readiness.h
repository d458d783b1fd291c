#pragma once
// Whether what is published can be relied on, told from one thread and asked from another.

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "daemon/base/result.h"

namespace ntmd::engine {

/// Thread-safe. Each thing that can be wrong is told of by its own name, so that one that is well hides no other.
class Readiness {
 public:
  void good(const std::string& what) {
    const std::lock_guard lock(mutex_);
    troubles_.erase(what);
  }
  /// `why` for operators: "degraded: …". Never empty.
  void bad(const std::string& what, std::string why) {
    const std::lock_guard lock(mutex_);
    troubles_.insert_or_assign(what, std::move(why));
  }
  /// Forgets all but what `what` says: who told of the others is gone.
  void keep_only(const std::string& what) {
    const std::lock_guard lock(mutex_);
    std::erase_if(troubles_, [&](const auto& trouble) { return trouble.first != what; });
  }
  /// The first trouble by name.
  [[nodiscard]] base::Status status() const {
    const std::lock_guard lock(mutex_);
    if (troubles_.empty()) return {};
    return base::fail(base::Fault::retry_later, troubles_.begin()->second);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> troubles_{{"cycle", "starting: nothing is published yet"}};
};

}  // namespace ntmd::engine
