#pragma once
// Numbers that look random and are the same on every machine: what the standard's distributions do not promise.

#include <cstdint>

namespace ntmd::bench {

/// SplitMix64's finalizer: a bijection that spreads every bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

/// A stream of draws from one seed; cheap to make, one per person or record.
class Draws {
 public:
  constexpr explicit Draws(std::uint64_t seed) : state_(mix(seed)) {}
  constexpr std::uint64_t next() { return mix(state_ += 0xD1B54A32D192ED03ULL); }
  /// 0 ≤ result < `bound` < 2³².
  constexpr std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }
  constexpr bool one_in(std::uint32_t times) { return below(times) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace ntmd::bench
