#pragma once
// Bytes of one batch that stand nowhere else: kept together, let go together.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace ntmd::connectors {

/// Views stay valid until `clear`, which keeps the memory for the next batch. One thread at a time.
class TextArena {
 public:
  /// Room for `size` bytes; fill it, then `keep` as many as were used.
  char* room(std::size_t size) {
    while (block_ < blocks_.size() && blocks_[block_].size - used_ < size) ++block_, used_ = 0;
    if (block_ == blocks_.size()) {
      const auto wanted = std::max(size, kBlock);
      blocks_.push_back({std::make_unique_for_overwrite<char[]>(wanted), wanted});
    }
    return blocks_[block_].bytes.get() + used_;
  }
  /// Keeps the first `size` bytes of the room given last.
  std::string_view keep(std::size_t size) {
    const std::string_view kept(blocks_[block_].bytes.get() + used_, size);
    used_ += size;
    return kept;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {"", 0};
    std::memcpy(room(text.size()), text.data(), text.size());
    return keep(text.size());
  }
  void clear() {
    std::erase_if(blocks_, [](const Block& block) { return block.size > kBlock; });
    block_ = used_ = 0;
  }

 private:
  static constexpr std::size_t kBlock = std::size_t{64} << 10U;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

}  // namespace ntmd::connectors
