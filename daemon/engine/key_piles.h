#pragma once
// Keys by group, in memory that does not grow with their number: what is over it goes to a scratch file.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/scratch_file.h"
#include "daemon/base/work_sharing.h"

namespace ntmd::engine {

using OpenScratch = std::function<base::Result<std::unique_ptr<base::ScratchFile>>()>;

/// First `make_room` and `add`, then `finish` once, then `take` by ascending groups, then `end` once. Keys are hashes
/// (they spread evenly: else it is only slower). The scratch file is opened when it is first needed; without
/// `open_scratch` all stays in memory. A full disk is retry_later; a scratch file that is not as it was written is
/// bad_data, at the latest by `end`: until then nothing that was taken is to be trusted. One thread at a time.
class KeyPiles {
 public:
  /// Keys in memory, 8 bytes each, and as much again while they are put in order.
  static constexpr std::size_t kHeld = std::size_t{1} << 16U;

  KeyPiles(std::uint32_t groups, OpenScratch open_scratch, std::size_t held = kHeld);
  ~KeyPiles();
  KeyPiles(KeyPiles&&) noexcept;

  /// For `count` further keys, much fewer than `held`.
  base::Status make_room(std::size_t count);
  void add(std::uint32_t group, std::uint64_t key) {
    auto& pile = piles_[group];
    if (pile.room == 0) extend(pile);
    pile.open->keys[--pile.room] = key;
    ++size_;
  }
  /// Each key with its group; makes room itself.
  base::Status add(std::span<const std::uint32_t> groups, std::span<const std::uint64_t> keys);
  /// No key comes any more. What is in memory is put in order here, together with whoever has time.
  void finish(const base::ShareWork& share = {});
  /// The distinct keys of `group`, ascending, into `keys`. Memory: those of the group.
  base::Status take(std::uint32_t group, std::vector<std::uint64_t>& keys);
  /// Whether everything that was spilled came back as it was.
  base::Status end();

 private:
  class Piece;
  /// Filled from its end.
  struct Chunk {
    static constexpr std::uint32_t kKeys = 63;
    Chunk* before;
    std::uint64_t keys[kKeys];
  };
  struct Pile {
    Chunk* open = nullptr;
    std::uint32_t room = 0;    // in `open`
    std::uint32_t chunks = 0;  // with `open`
    [[nodiscard]] std::size_t size() const { return std::size_t{chunks} * Chunk::kKeys - room; }
    /// Into `to`, in no order.
    void copy(std::uint64_t* to) const;
  };
  void extend(Pile& pile);
  void forget();
  template <class Put>
  base::Status write_piece(Put&& put) const;
  base::Status spill();
  void keep_as_piece();
  void sort_all(const base::ShareWork& share);

  std::uint32_t groups_;
  OpenScratch open_scratch_;
  std::size_t held_;
  std::size_t size_ = 0;  // keys in memory
  std::vector<Pile> piles_;
  std::vector<std::unique_ptr<Chunk[]>> slabs_;
  std::size_t used_ = 0;  // chunks
  std::unique_ptr<base::ScratchFile> scratch_;
  std::uint64_t spilled_ = 0;  // words
  std::vector<Piece> pieces_;  // of what was spilled, and the last one in memory
  std::vector<std::uint64_t> words_;
  std::vector<std::span<const std::uint64_t>> sorted_;  // by group, in `words_`; when nothing was spilled
  std::vector<std::uint64_t> sorting_;
};

}  // namespace ntmd::engine
