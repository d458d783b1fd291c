#include "daemon/engine/key_union.h"

#include <algorithm>
#include <span>
#include <utility>

namespace ntmd::engine {
namespace {

using Keys = std::span<const std::uint64_t>;

/// Calls `give` with each distinct key of both, ascending. Keys are hashes: which list goes on next is a coin tossed,
/// so no branch depends on it.
template <class Give>
void merge(Keys one, Keys other, Give&& give) {
  const auto* a = one.data();
  const auto* const a_end = a + one.size();
  const auto* b = other.data();
  const auto* const b_end = b + other.size();
  while (a != a_end && b != b_end) {
    const auto x = *a;
    const auto y = *b;
    give(x < y ? x : y);
    a += x <= y ? 1 : 0;
    b += y <= x ? 1 : 0;
  }
  for (; a != a_end; ++a) give(*a);
  for (; b != b_end; ++b) give(*b);
}

}  // namespace

std::int64_t union_size(const std::vector<std::vector<std::uint64_t>>& runs) {
  std::vector<Keys> left;
  for (const auto& run : runs) {
    if (!run.empty()) left.emplace_back(run);
  }
  std::vector<std::vector<std::uint64_t>> merged;
  merged.reserve(left.size());
  const auto longer = [](const Keys& one, const Keys& other) { return one.size() > other.size(); };
  std::ranges::sort(left, longer);
  // The two shortest first: few keys are moved.
  while (left.size() > 2) {
    const auto one = left.back();
    left.pop_back();
    const auto other = left.back();
    left.pop_back();
    auto& both = merged.emplace_back(one.size() + other.size());
    auto* to = both.data();
    merge(one, other, [&](std::uint64_t key) { *to++ = key; });
    both.resize(static_cast<std::size_t>(to - both.data()));
    left.insert(std::ranges::upper_bound(left, Keys(both), longer), both);
  }
  if (left.empty()) return 0;
  if (left.size() == 1) return static_cast<std::int64_t>(left.front().size());
  std::int64_t distinct = 0;
  merge(left[0], left[1], [&](std::uint64_t) { ++distinct; });
  return distinct;
}

std::size_t Unions::add(std::vector<std::vector<std::uint64_t>> runs) {
  const auto place = sizes_.size() + made_.size() + waiting_.size();
  for (const auto& run : runs) keys_ += run.size();
  waiting_.push_back(std::move(runs));
  if (keys_ >= kTogether) make();
  return place;
}

void Unions::make() {
  take();
  working_ = std::exchange(waiting_, {});
  keys_ = 0;
  made_.resize(working_.size());
  errand_.emplace(share_, [this] {
    for (std::size_t i = 0; i < working_.size(); ++i) made_[i] = union_size(working_[i]);
  });
}

void Unions::take() {
  if (!errand_) return;
  errand_->finish();
  errand_.reset();
  sizes_.insert(sizes_.end(), made_.begin(), made_.end());
  made_.clear();
}

const std::vector<std::int64_t>& Unions::finish() {
  make();
  take();
  return sizes_;
}

}  // namespace ntmd::engine
