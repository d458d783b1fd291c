#pragma once
// Batches that are made while the one before is used.

#include <functional>
#include <optional>
#include <utility>

#include "daemon/base/work_sharing.h"

namespace ntmd::base {

/// `Batch`: has `clear()`. One batch is with who asks, one is made by whoever has time: memory is that of two. All
/// calls on one thread.
template <class Batch>
class MadeAhead {
 public:
  /// `make`: fills an empty batch with what comes next. It is never called from two threads at once.
  MadeAhead(ShareWork share, std::function<void(Batch&)> make) : share_(std::move(share)), make_(std::move(make)) {}

  /// The next batch, until the next call. Throws what `make` threw.
  Batch& next() {
    if (!coming_) begin();
    coming_->finish();
    coming_.reset();
    std::swap(used_, made_);
    begin();
    return used_;
  }

 private:
  void begin() {
    made_.clear();
    coming_.emplace(share_, [this] { make_(made_); });
  }

  ShareWork share_;
  std::function<void(Batch&)> make_;
  Batch made_;
  Batch used_;
  std::optional<Errand> coming_;  // last: over before what it uses goes
};

}  // namespace ntmd::base
