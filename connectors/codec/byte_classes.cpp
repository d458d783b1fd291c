#include "connectors/codec/byte_classes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "connectors/codec/utf8_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ntmd::connectors {
namespace {

void plain_marks(const char* text, std::size_t blocks, std::uint64_t* masks) {
  for (std::size_t block = 0; block < blocks; ++block, text += kMarksBlock) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kMarksBlock; ++i) {
      const char c = text[i];
      mask |= std::uint64_t{c == ',' || c == '"' || c == '\n'} << i;
    }
    masks[block] = mask;
  }
}

bool plain_clean(const char* text, std::size_t size) {
  return std::memchr(text, '\0', size) == nullptr && is_utf8({text, size});
}

#if defined(__x86_64__)

// What two bytes that follow each other can break, as one bit each. A table by the first byte's high half, one by its
// low half and one by the second byte's high half are looked up; a bit that is in all three is broken. The rules are
// the table of RFC 3629, section 4.
constexpr int kLonely = 1 << 0;     ///< a first byte, and no continuation
constexpr int kUnasked = 1 << 1;    ///< ASCII, and a continuation
constexpr int kOverlong3 = 1 << 2;  ///< E0 80..9F
constexpr int kSurrogate = 1 << 4;  ///< ED A0..BF
constexpr int kOverlong2 = 1 << 5;  ///< C0, C1
constexpr int kTooLarge = 1 << 3;   ///< F4 90..BF, F5 and above
constexpr int kOverlong4 = 1 << 6;  ///< F0 80..8F; with 8x behind it also F5 and above
constexpr int kTwoBehind = 1 << 7;  ///< a continuation behind a continuation: right where a longer sequence asks for it
constexpr int kCarry = kLonely | kUnasked | kTwoBehind;

using Table = std::array<std::uint8_t, 16>;

constexpr Table table(auto rule) {
  Table made{};
  for (int half = 0; half < 16; ++half) made[static_cast<std::size_t>(half)] = static_cast<std::uint8_t>(rule(half));
  return made;
}
constexpr Table kFirstHigh = table([](int half) {
  if (half < 8) return kUnasked;
  if (half < 12) return kTwoBehind;
  if (half == 12) return kLonely | kOverlong2;
  if (half == 13) return kLonely;
  if (half == 14) return kLonely | kOverlong3 | kSurrogate;
  return kLonely | kTooLarge | kOverlong4;
});
constexpr Table kFirstLow = table([](int half) {
  int bits = kCarry;
  if (half == 0) bits |= kOverlong3 | kOverlong2 | kOverlong4;
  if (half == 1) bits |= kOverlong2;
  if (half == 13) bits |= kSurrogate;
  if (half >= 4) bits |= kTooLarge;
  if (half >= 5) bits |= kOverlong4;
  return bits;
});
constexpr Table kSecondHigh = table([](int half) {
  if (half < 8 || half >= 12) return kLonely;
  int bits = kUnasked | kTwoBehind | kOverlong2;
  if (half == 8) return bits | kOverlong3 | kOverlong4;
  bits |= kTooLarge;
  return half == 9 ? bits | kOverlong3 : bits | kSurrogate;
});

#define NTMD_AVX2 __attribute__((target("avx2")))
#define NTMD_SSE4 __attribute__((target("sse4.1")))

NTMD_AVX2 void avx2_marks(const char* text, std::size_t blocks, std::uint64_t* masks) {
  const auto comma = _mm256_set1_epi8(',');
  const auto quote = _mm256_set1_epi8('"');
  const auto line_feed = _mm256_set1_epi8('\n');
  for (std::size_t block = 0; block < blocks; ++block, text += kMarksBlock) {
    std::uint64_t mask = 0;
    for (unsigned half = 0; half < 2; ++half) {
      const auto bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + (32 * half)));
      const auto hits =
          _mm256_or_si256(_mm256_cmpeq_epi8(bytes, comma),
                          _mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(bytes, line_feed)));
      mask |= std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(hits))} << (32 * half);
    }
    masks[block] = mask;
  }
}

void sse2_marks(const char* text, std::size_t blocks, std::uint64_t* masks) {
  const auto comma = _mm_set1_epi8(',');
  const auto quote = _mm_set1_epi8('"');
  const auto line_feed = _mm_set1_epi8('\n');
  for (std::size_t block = 0; block < blocks; ++block, text += kMarksBlock) {
    std::uint64_t mask = 0;
    for (unsigned part = 0; part < 4; ++part) {
      const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + (16 * part)));
      const auto hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, comma),
                                     _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, line_feed)));
      mask |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(hits))} << (16 * part);
    }
    masks[block] = mask;
  }
}

NTMD_AVX2 bool avx2_clean(const char* text, std::size_t size) {
  const auto first_high =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(kFirstHigh.data())));
  const auto first_low =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(kFirstLow.data())));
  const auto second_high =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(kSecondHigh.data())));
  const auto low_half = _mm256_set1_epi8(0x0F);
  const auto zero = _mm256_setzero_si256();
  auto broken = zero;
  auto before = zero;
  auto least = _mm256_set1_epi8(-1);
  bool open = false;  // the vector before had bytes that may want more behind them
  const auto look = [&](__m256i bytes) NTMD_AVX2 {
    least = _mm256_min_epu8(least, bytes);
    if (_mm256_movemask_epi8(bytes) == 0 && !open) {
      before = bytes;
      return;
    }
    const auto joined = _mm256_permute2x128_si256(before, bytes, 0x21);
    const auto one = _mm256_alignr_epi8(bytes, joined, 15);
    const auto two = _mm256_alignr_epi8(bytes, joined, 14);
    const auto three = _mm256_alignr_epi8(bytes, joined, 13);
    const auto high = [&](__m256i v) NTMD_AVX2 { return _mm256_and_si256(_mm256_srli_epi16(v, 4), low_half); };
    const auto pairs =
        _mm256_and_si256(_mm256_and_si256(_mm256_shuffle_epi8(first_high, high(one)),
                                          _mm256_shuffle_epi8(first_low, _mm256_and_si256(one, low_half))),
                         _mm256_shuffle_epi8(second_high, high(bytes)));
    // E0 and above wants a second continuation, F0 and above a third: those are the ones `kTwoBehind` is right for.
    const auto wants = _mm256_or_si256(_mm256_subs_epu8(two, _mm256_set1_epi8(static_cast<char>(0xE0 - 0x80))),
                                       _mm256_subs_epu8(three, _mm256_set1_epi8(static_cast<char>(0xF0 - 0x80))));
    const auto wanted = _mm256_and_si256(wants, _mm256_set1_epi8(static_cast<char>(kTwoBehind)));
    broken = _mm256_or_si256(broken, _mm256_xor_si256(wanted, pairs));
    before = bytes;
    open = _mm256_movemask_epi8(bytes) != 0;
  };
  std::size_t at = 0;
  for (; size - at >= 32; at += 32) look(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at)));
  // The rest, and behind it ASCII in which a sequence that does not end is broken.
  std::array<char, 64> rest;
  rest.fill(' ');
  std::memcpy(rest.data(), text + at, size - at);
  look(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(rest.data())));
  look(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(rest.data() + 32)));
  return _mm256_testz_si256(broken, broken) != 0 && _mm256_movemask_epi8(_mm256_cmpeq_epi8(least, zero)) == 0;
}

NTMD_SSE4 bool sse4_clean(const char* text, std::size_t size) {
  const auto first_high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kFirstHigh.data()));
  const auto first_low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kFirstLow.data()));
  const auto second_high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kSecondHigh.data()));
  const auto low_half = _mm_set1_epi8(0x0F);
  const auto zero = _mm_setzero_si128();
  auto broken = zero;
  auto before = zero;
  auto least = _mm_set1_epi8(-1);
  bool open = false;
  const auto look = [&](__m128i bytes) NTMD_SSE4 {
    least = _mm_min_epu8(least, bytes);
    if (_mm_movemask_epi8(bytes) == 0 && !open) {
      before = bytes;
      return;
    }
    const auto one = _mm_alignr_epi8(bytes, before, 15);
    const auto two = _mm_alignr_epi8(bytes, before, 14);
    const auto three = _mm_alignr_epi8(bytes, before, 13);
    const auto high = [&](__m128i v) NTMD_SSE4 { return _mm_and_si128(_mm_srli_epi16(v, 4), low_half); };
    const auto pairs = _mm_and_si128(_mm_and_si128(_mm_shuffle_epi8(first_high, high(one)),
                                                   _mm_shuffle_epi8(first_low, _mm_and_si128(one, low_half))),
                                     _mm_shuffle_epi8(second_high, high(bytes)));
    const auto wants = _mm_or_si128(_mm_subs_epu8(two, _mm_set1_epi8(static_cast<char>(0xE0 - 0x80))),
                                    _mm_subs_epu8(three, _mm_set1_epi8(static_cast<char>(0xF0 - 0x80))));
    const auto wanted = _mm_and_si128(wants, _mm_set1_epi8(static_cast<char>(kTwoBehind)));
    broken = _mm_or_si128(broken, _mm_xor_si128(wanted, pairs));
    before = bytes;
    open = _mm_movemask_epi8(bytes) != 0;
  };
  std::size_t at = 0;
  for (; size - at >= 16; at += 16) look(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at)));
  std::array<char, 32> rest;
  rest.fill(' ');
  std::memcpy(rest.data(), text + at, size - at);
  look(_mm_loadu_si128(reinterpret_cast<const __m128i*>(rest.data())));
  look(_mm_loadu_si128(reinterpret_cast<const __m128i*>(rest.data() + 16)));
  return _mm_testz_si128(broken, broken) != 0 && _mm_movemask_epi8(_mm_cmpeq_epi8(least, zero)) == 0;
}

#endif

}  // namespace

std::vector<ByteClasses> all_byte_classes() {
  std::vector<ByteClasses> all{{"plain", plain_marks, plain_clean}};
#if defined(__x86_64__)
  all.push_back({"sse2", sse2_marks, plain_clean});
  if (__builtin_cpu_supports("sse4.1")) all.push_back({"sse4.1", sse2_marks, sse4_clean});
  if (__builtin_cpu_supports("avx2")) all.push_back({"avx2", avx2_marks, avx2_clean});
#endif
  return all;
}

const ByteClasses& byte_classes() {
  static const ByteClasses best = all_byte_classes().back();
  return best;
}

}  // namespace ntmd::connectors
