#pragma once
// How many people several runs name together.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/work_sharing.h"

namespace ntmd::engine {

/// How many distinct keys the lists hold together; each ascending, without repeats.
std::int64_t union_size(const std::vector<std::vector<std::uint64_t>>& runs);

/// Many unions, made by whoever has time while the next runs are read. Memory: a fixed number of keys, or the runs of
/// one unit. One thread at a time.
class Unions {
 public:
  explicit Unions(const base::ShareWork& share) : share_(share) {}

  /// The place of the union's size.
  std::size_t add(std::vector<std::vector<std::uint64_t>> runs);
  /// All sizes, by place.
  const std::vector<std::int64_t>& finish();

 private:
  static constexpr std::size_t kTogether = std::size_t{1} << 15U;
  void make();
  void take();

  const base::ShareWork& share_;
  std::vector<std::vector<std::vector<std::uint64_t>>> waiting_;
  std::vector<std::vector<std::vector<std::uint64_t>>> working_;
  std::size_t keys_ = 0;  // of those that wait
  std::vector<std::int64_t> made_;
  std::vector<std::int64_t> sizes_;
  std::optional<base::Errand> errand_;
};

}  // namespace ntmd::engine
