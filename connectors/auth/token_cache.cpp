#include <algorithm>

#include "connectors/auth/auth.h"

namespace ntmd::connectors {

std::optional<base::Secret> TokenCache::get() const {
  const std::lock_guard lock(mutex_);
  if (expires_ && clock_.steady() >= *expires_) return std::nullopt;
  return authorization_;
}

void TokenCache::put(base::Secret authorization, std::optional<std::chrono::seconds> lifetime) {
  const std::lock_guard lock(mutex_);
  authorization_ = std::move(authorization);
  expires_.reset();
  if (!lifetime) return;
  // Given up a little early: a token must not run out between our look at the clock and theirs.
  using std::chrono::milliseconds;
  const milliseconds whole = *lifetime;
  expires_ = clock_.steady() + whole - std::min<milliseconds>(std::chrono::seconds(30), whole / 4);
}

void TokenCache::forget() {
  const std::lock_guard lock(mutex_);
  authorization_.reset();
  expires_.reset();
}

}  // namespace ntmd::connectors
