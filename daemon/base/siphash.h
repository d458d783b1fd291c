#pragma once
// SipHash-2-4 (Aumasson and Bernstein): a keyed 64-bit hash, cheap enough for every row. Inline, because a call into a
// library costs as much as the hash of twelve bytes.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ntmd::base {

/// A 128-bit key.
using SipKey = std::array<std::uint8_t, 16>;

namespace siphash_detail {

static_assert(std::endian::native == std::endian::little, "words are read as they stand in memory");

inline std::uint64_t word_at(const void* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  constexpr void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  constexpr void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace siphash_detail

inline std::uint64_t siphash(const SipKey& key, std::string_view bytes) {
  using siphash_detail::word_at;
  const auto k0 = word_at(key.data());
  const auto k1 = word_at(key.data() + sizeof k0);
  siphash_detail::State state{k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU, k0 ^ 0x6c7967656e657261U,
                              k1 ^ 0x7465646279746573U};
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), p += sizeof(std::uint64_t))
    state.take(word_at(p));
  auto last = static_cast<std::uint64_t>(bytes.size()) << 56U;
  for (std::size_t i = 0; i < left; ++i) last |= std::uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
  state.take(last);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace ntmd::base
