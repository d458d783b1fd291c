#include "tests/bench/floor/distinct.h"

#include <algorithm>
#include <bit>

namespace ntmd::bench {

void Parted::grow(Part& part) {
  part.chunks.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(kChunk));
  part.left = kChunk;
}

void count_part(std::size_t part, const std::vector<Parted>& threads, std::vector<std::uint64_t>& counts,
                std::vector<std::uint64_t>& room) {
  std::size_t keys = 0;
  for (const Parted& thread : threads) keys += thread.parts_[part].chunks.size() * Parted::kChunk;
  if (keys == 0) return;
  const std::size_t size = std::bit_ceil(keys + keys / 4);
  const auto shift = 64 - static_cast<unsigned>(std::countr_zero(size));
  constexpr std::uint64_t kFree = ~0ULL;
  room.assign(size, kFree);
  for (const Parted& thread : threads) {
    const Parted::Part& piece = thread.parts_[part];
    for (std::size_t chunk = 0; chunk < piece.chunks.size(); ++chunk) {
      const std::size_t used = Parted::kChunk - (chunk + 1 == piece.chunks.size() ? piece.left : 0);
      for (std::size_t i = 0; i < used; ++i) {
        const std::uint64_t key = piece.chunks[chunk][i];
        std::size_t at = (key * 0x9E3779B97F4A7C15ULL) >> shift;
        while (room[at] != kFree && room[at] != key) at = (at + 1) & (size - 1);
        if (room[at] == key) continue;
        room[at] = key;
        ++counts[key >> 40U];
      }
    }
  }
}

}  // namespace ntmd::bench
