#include "tests/bench/floor/separators.h"

#include <immintrin.h>

#include <bit>
#include <cstring>

namespace ntmd::bench {
namespace {

#define NTMD_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")))

/// One bit per byte of 64.
struct Masks {
  std::uint64_t quotes;
  std::uint64_t separators;
};

/// What is carried from one 64 bytes to the next.
struct Carry {
  std::uint64_t quoted = 0;           // all ones inside quotes
  std::uint64_t after_separator = 1;  // the last byte was a separator, or a quote that closes
  std::uint64_t after_close = 0;      // the last byte was a quote that closes
  std::uint64_t faults = 0;
};

/// Separators outside quotes; `inside` is the running parity of quotes.
inline std::uint64_t outside(const Masks& masks, std::uint64_t inside, Carry& carry) {
  const std::uint64_t opens = masks.quotes & inside;
  const std::uint64_t closes = masks.quotes & ~inside;
  const std::uint64_t found = masks.separators & ~inside;
  const std::uint64_t may_open = found | closes;
  carry.faults |= opens & ~(may_open << 1U | carry.after_separator);
  carry.faults |= (closes << 1U | carry.after_close) & ~(found | masks.quotes);
  carry.quoted = static_cast<std::uint64_t>(static_cast<std::int64_t>(inside) >> 63U);
  carry.after_separator = may_open >> 63U;
  carry.after_close = closes >> 63U;
  return found;
}

inline std::uint32_t* put_bits(std::uint64_t bits, std::uint32_t base, std::uint32_t* out) {
  const int count = std::popcount(bits);
  for (int i = 0; i < 8; ++i) {
    out[i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
    bits &= bits - 1;
  }
  for (int i = 8; i < count; ++i) {
    out[i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
    bits &= bits - 1;
  }
  return out + count;
}

inline std::uint64_t keep(std::size_t left) { return left >= 64 ? ~0ULL : (1ULL << left) - 1; }

// The classes of a lead and its following bytes that cannot stand together (Keiser and Lemire, "Validating UTF-8 in
// less than one instruction per byte").
constexpr std::uint8_t kTooShort = 1, kTooLong = 2, kOverlong3 = 4, kTooLarge = 8, kSurrogate = 16, kOverlong2 = 32,
                       kTooLarge1000 = 64, kOverlong4 = 64, kTwoConts = 128;
constexpr std::uint8_t kCarryOn = kTooShort | kTooLong | kTwoConts;
alignas(16) constexpr std::uint8_t kByte1High[16] = {kTooLong,
                                                     kTooLong,
                                                     kTooLong,
                                                     kTooLong,
                                                     kTooLong,
                                                     kTooLong,
                                                     kTooLong,
                                                     kTooLong,
                                                     kTwoConts,
                                                     kTwoConts,
                                                     kTwoConts,
                                                     kTwoConts,
                                                     kTooShort | kOverlong2,
                                                     kTooShort,
                                                     kTooShort | kOverlong3 | kSurrogate,
                                                     kTooShort | kTooLarge | kTooLarge1000 | kOverlong4};
alignas(16) constexpr std::uint8_t kByte1Low[16] = {kCarryOn | kOverlong3 | kOverlong2 | kOverlong4,
                                                    kCarryOn | kOverlong2,
                                                    kCarryOn,
                                                    kCarryOn,
                                                    kCarryOn | kTooLarge,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000 | kSurrogate,
                                                    kCarryOn | kTooLarge | kTooLarge1000,
                                                    kCarryOn | kTooLarge | kTooLarge1000};
alignas(16) constexpr std::uint8_t kByte2High[16] = {
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooLong | kOverlong2 | kTwoConts | kOverlong3 | kTooLarge1000 | kOverlong4,
    kTooLong | kOverlong2 | kTwoConts | kOverlong3 | kTooLarge,
    kTooLong | kOverlong2 | kTwoConts | kSurrogate | kTooLarge,
    kTooLong | kOverlong2 | kTwoConts | kSurrogate | kTooLarge,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort};

NTMD_AVX2 inline __m256i table(const std::uint8_t* values) {
  return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(values)));
}

NTMD_AVX2 inline __m256i utf8_faults(__m256i now, __m256i before) {
  const __m256i low_nibbles = _mm256_set1_epi8(0x0F);
  const __m256i joint = _mm256_permute2x128_si256(before, now, 0x21);
  const __m256i back1 = _mm256_alignr_epi8(now, joint, 15);
  const __m256i back2 = _mm256_alignr_epi8(now, joint, 14);
  const __m256i back3 = _mm256_alignr_epi8(now, joint, 13);
  const __m256i high1 = _mm256_and_si256(_mm256_srli_epi16(back1, 4), low_nibbles);
  const __m256i high2 = _mm256_and_si256(_mm256_srli_epi16(now, 4), low_nibbles);
  const __m256i special =
      _mm256_and_si256(_mm256_and_si256(_mm256_shuffle_epi8(table(kByte1High), high1),
                                        _mm256_shuffle_epi8(table(kByte1Low), _mm256_and_si256(back1, low_nibbles))),
                       _mm256_shuffle_epi8(table(kByte2High), high2));
  const __m256i third = _mm256_subs_epu8(back2, _mm256_set1_epi8(static_cast<char>(0xE0 - 0x80)));
  const __m256i fourth = _mm256_subs_epu8(back3, _mm256_set1_epi8(static_cast<char>(0xF0 - 0x80)));
  const __m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(static_cast<char>(0x80)));
  return _mm256_xor_si256(must, special);
}

NTMD_AVX2 inline std::uint64_t equal(__m256i low, __m256i high, char letter) {
  const __m256i wanted = _mm256_set1_epi8(letter);
  const auto a = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)));
  const auto b = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)));
  return a | static_cast<std::uint64_t>(b) << 32U;
}

NTMD_AVX2 Separators find_avx2(const char* text, std::size_t size, std::uint32_t* out) {
  std::uint32_t* at = out;
  Carry carry;
  __m256i before = _mm256_setzero_si256();
  __m256i utf8 = _mm256_setzero_si256();
  for (std::size_t i = 0; i < size; i += 64) {
    const auto* data = reinterpret_cast<const __m256i*>(text + i);
    const __m256i low = _mm256_loadu_si256(data);
    const __m256i high = _mm256_loadu_si256(data + 1);
    const std::uint64_t valid = keep(size - i);
    const Masks masks{equal(low, high, '"') & valid, (equal(low, high, ',') | equal(low, high, '\n')) & valid};
    const __m128i parity =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<std::int64_t>(masks.quotes)), _mm_set1_epi8(-1), 0);
    const std::uint64_t inside = static_cast<std::uint64_t>(_mm_cvtsi128_si64(parity)) ^ carry.quoted;
    at = put_bits(outside(masks, inside, carry), static_cast<std::uint32_t>(i), at);
    utf8 = _mm256_or_si256(utf8, _mm256_or_si256(utf8_faults(low, before), utf8_faults(high, low)));
    before = high;
  }
  return {static_cast<std::size_t>(at - out), carry.faults == 0, _mm256_testz_si256(utf8, utf8) != 0};
}

inline std::uint64_t equal(const __m128i* parts, char letter) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(parts[i], _mm_set1_epi8(letter))));
    bits |= static_cast<std::uint64_t>(mask) << (16U * i);
  }
  return bits;
}

inline __m128i utf8_faults(__m128i now, __m128i before) {
  const auto load = [](const std::uint8_t* values) { return _mm_load_si128(reinterpret_cast<const __m128i*>(values)); };
  const __m128i low_nibbles = _mm_set1_epi8(0x0F);
  const __m128i back1 = _mm_alignr_epi8(now, before, 15);
  const __m128i back2 = _mm_alignr_epi8(now, before, 14);
  const __m128i back3 = _mm_alignr_epi8(now, before, 13);
  const __m128i high1 = _mm_and_si128(_mm_srli_epi16(back1, 4), low_nibbles);
  const __m128i high2 = _mm_and_si128(_mm_srli_epi16(now, 4), low_nibbles);
  const __m128i special =
      _mm_and_si128(_mm_and_si128(_mm_shuffle_epi8(load(kByte1High), high1),
                                  _mm_shuffle_epi8(load(kByte1Low), _mm_and_si128(back1, low_nibbles))),
                    _mm_shuffle_epi8(load(kByte2High), high2));
  const __m128i third = _mm_subs_epu8(back2, _mm_set1_epi8(static_cast<char>(0xE0 - 0x80)));
  const __m128i fourth = _mm_subs_epu8(back3, _mm_set1_epi8(static_cast<char>(0xF0 - 0x80)));
  return _mm_xor_si128(_mm_and_si128(_mm_or_si128(third, fourth), _mm_set1_epi8(static_cast<char>(0x80))), special);
}

Separators find_baseline(const char* text, std::size_t size, std::uint32_t* out) {
  std::uint32_t* at = out;
  Carry carry;
  __m128i before = _mm_setzero_si128();
  __m128i utf8 = _mm_setzero_si128();
  for (std::size_t i = 0; i < size; i += 64) {
    __m128i parts[4];
    std::memcpy(parts, text + i, sizeof parts);
    const std::uint64_t valid = keep(size - i);
    const Masks masks{equal(parts, '"') & valid, (equal(parts, ',') | equal(parts, '\n')) & valid};
    std::uint64_t parity = masks.quotes;
    for (unsigned shift = 1; shift < 64; shift *= 2) parity ^= parity << shift;
    at = put_bits(outside(masks, parity ^ carry.quoted, carry), static_cast<std::uint32_t>(i), at);
    for (const __m128i part : parts) {
      utf8 = _mm_or_si128(utf8, utf8_faults(part, before));
      before = part;
    }
  }
  const bool valid = _mm_movemask_epi8(_mm_cmpeq_epi8(utf8, _mm_setzero_si128())) == 0xFFFF;
  return {static_cast<std::size_t>(at - out), carry.faults == 0, valid};
}

NTMD_AVX2 std::uint64_t count_quotes_avx2(const char* text, std::size_t size) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < size; i += 64) {
    const auto* data = reinterpret_cast<const __m256i*>(text + i);
    const std::uint64_t quotes = equal(_mm256_loadu_si256(data), _mm256_loadu_si256(data + 1), '"');
    count += static_cast<std::uint64_t>(std::popcount(quotes & keep(size - i)));
  }
  return count;
}

std::uint64_t count_quotes_baseline(const char* text, std::size_t size) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < size; i += 64) {
    __m128i parts[4];
    std::memcpy(parts, text + i, sizeof parts);
    count += static_cast<std::uint64_t>(std::popcount(equal(parts, '"') & keep(size - i)));
  }
  return count;
}

const bool kAvx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul");

}  // namespace

Separators find_separators(const char* text, std::size_t size, std::uint32_t* out) {
  return kAvx2 ? find_avx2(text, size, out) : find_baseline(text, size, out);
}

std::size_t whole_rows(const char* text, std::size_t size) {
  // Quotes before a line feed that ends a row are even; seen from the end, what lies behind it has as many as the
  // whole, modulo two.
  const std::uint64_t quotes = kAvx2 ? count_quotes_avx2(text, size) : count_quotes_baseline(text, size);
  std::uint64_t behind = 0;
  for (std::size_t end = size; end > 0; --end) {
    if (text[end - 1] == '"') ++behind;
    if (text[end - 1] == '\n' && (quotes - behind) % 2 == 0) return end;
  }
  return 0;
}

}  // namespace ntmd::bench
