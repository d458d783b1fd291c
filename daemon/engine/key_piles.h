#pragma once
// Keys by group, in memory that does not grow with their number: what is over it goes to a scratch file.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/scratch_file.h"

namespace ntmd::engine {

using OpenScratch = std::function<base::Result<std::unique_ptr<base::ScratchFile>>()>;

/// First `make_room` and `add`, then `finish` once, then `take` by ascending groups, then `end` once. Keys are hashes
/// (they spread evenly: else it is only slower). The scratch file is opened when it is first needed; without
/// `open_scratch` all stays in memory. A full disk is retry_later; a scratch file that is not as it was written is
/// bad_data, at the latest by `end`: until then nothing that was taken is to be trusted. One thread at a time.
class KeyPiles {
 public:
  /// Keys in memory, 12 bytes each, and once more 8 while they are put in order.
  static constexpr std::size_t kHeld = std::size_t{1} << 17U;

  KeyPiles(std::uint32_t groups, OpenScratch open_scratch, std::size_t held = kHeld);
  ~KeyPiles();
  KeyPiles(KeyPiles&&) noexcept;

  /// For `count` further keys, much fewer than `held`.
  base::Status make_room(std::size_t count);
  void add(std::uint32_t group, std::uint64_t key) {
    groups_of_[size_] = group;
    keys_[size_++] = key;
  }
  /// Each key with its group; makes room itself.
  base::Status add(std::span<const std::uint32_t> groups, std::span<const std::uint64_t> keys);
  /// No key comes any more.
  void finish();
  /// The distinct keys of `group`, ascending, into `keys`. Memory: those of the group.
  base::Status take(std::uint32_t group, std::vector<std::uint64_t>& keys);
  /// Whether everything that was spilled came back as it was.
  base::Status end();

 private:
  class Piece;
  void arrange();
  base::Status spill();

  std::uint32_t groups_;
  OpenScratch open_scratch_;
  std::size_t held_;
  std::size_t size_ = 0;
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> groups_of_;
  std::vector<std::uint64_t> words_;  // one piece: per group with keys its head and the keys; last the checksum
  std::vector<std::uint32_t> sizes_;  // by group
  std::unique_ptr<base::ScratchFile> scratch_;
  std::uint64_t spilled_ = 0;  // words
  std::vector<Piece> pieces_;
  std::vector<std::uint64_t> sorting_;
};

}  // namespace ntmd::engine
