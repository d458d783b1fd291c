#include "tests/bench/floor/row_check.h"

#include <smmintrin.h>

#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace ntmd::bench {
namespace {

inline std::uint64_t word(const char* text) {
  std::uint64_t value = 0;
  std::memcpy(&value, text, sizeof value);
  return value;
}

/// The first `size` ≤ 8 bytes, the rest zero.
inline std::uint64_t short_text(const char* text, std::uint32_t size) {
  return word(text) & (~0ULL >> (64 - 8 * size));
}

constexpr std::uint64_t text_word(std::string_view text) {
  std::uint64_t value = 0;
  for (std::size_t i = text.size(); i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(text[i]);
  return value;
}

/// One bit for each of the 16 bytes that is no digit; `digits` gets their values.
inline unsigned no_digits(__m128i text, __m128i& digits) {
  digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
  const __m128i fits = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
  return static_cast<unsigned>(_mm_movemask_epi8(fits)) ^ 0xFFFFU;
}

/// Twelve digits; ~0 for anything else of that size.
inline std::uint64_t citizen_number(const char* text) {
  __m128i digits;
  if (no_digits(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text)), digits) & 0xFFFU) return ~0ULL;
  const __m128i pairs = _mm_maddubs_epi16(digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0, 0));
  const __m128i fours = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 100, 1, 100, 1, 0, 0));
  const auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(fours));
  const auto last = static_cast<std::uint32_t>(_mm_extract_epi32(fours, 2));
  return ((low & 0xFFFFFFFFU) * 10'000 + (low >> 32U)) * 10'000 + last;
}

constexpr std::array<std::uint8_t, 128> kMonthDays = [] {
  std::array<std::uint8_t, 128> days{};
  constexpr std::uint8_t kDays[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (std::size_t month = 1; month <= 12; ++month) days[month] = kDays[month];
  return days;
}();

/// dd/MM/yyyy; 0 unless it is a real day.
inline PackedDay day(const char* text, std::uint32_t size) {
  if (size != 10) return 0;
  constexpr std::uint64_t kSlashes = 0x0000FF0000FF0000ULL;
  constexpr std::uint64_t kExpected = 0x00002F00002F0000ULL;
  const __m128i raw = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const __m128i order = _mm_setr_epi8(0, 1, 3, 4, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1, -1, -1);
  __m128i digits;
  const unsigned wrong = no_digits(_mm_shuffle_epi8(raw, order), digits) & 0xFFU;
  if (((word(text) & kSlashes) ^ kExpected) | wrong) return 0;
  const __m128i pairs = _mm_maddubs_epi16(digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  const auto parts = static_cast<std::uint64_t>(_mm_cvtsi128_si64(pairs));
  const auto of_month = static_cast<std::uint32_t>(parts & 0xFFU);
  const auto month = static_cast<std::uint32_t>(parts >> 16U & 0xFFU);
  const auto century = static_cast<std::uint32_t>(parts >> 32U & 0xFFU);
  const auto years = static_cast<std::uint32_t>(parts >> 48U & 0xFFU);
  const bool leap = ((years != 0 ? years : century) & 3U) == 0;
  const std::uint32_t last = kMonthDays[month] + (leap && month == 2 ? 1U : 0U);
  const std::uint32_t year = century * 100 + years;
  return of_month - 1 < last && year != 0 ? packed(year, month, of_month) : 0;
}

}  // namespace

Communes::Communes(const std::vector<std::string>& codes) {
  const std::size_t size = std::bit_ceil(codes.size() * 4);
  slots_.resize(size);
  mask_ = size - 1;
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(size));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i].empty() || codes[i].size() > 8) throw std::invalid_argument(codes[i] + ": expected 1 to 8 letters");
    const std::uint64_t code = text_word(codes[i]);
    std::size_t at = slot(code);
    while (slots_[at].code != 0) at = (at + 1) & mask_;
    slots_[at] = {code, static_cast<std::uint32_t>(i)};
  }
}

CheckedRow check_row(const char* text, std::uint32_t begin, const std::uint32_t* ends, const Communes& communes,
                     const BirthRanges& ranges) {
  constexpr std::uint64_t kActive = text_word("ACTIVE");
  constexpr std::uint64_t kClosed = text_word("CLOSED");
  CheckedRow row;
  const std::uint32_t code_size = ends[0] - begin;
  if (code_size - 1 > 7) return row;
  row.commune = communes.find(short_text(text + begin, code_size));
  if (row.commune == Communes::kUnknown) return row;
  const char* number = text + ends[0] + 1;
  if (ends[1] - ends[0] != 13) return row;
  row.number = citizen_number(number);
  const PackedDay born = day(text + ends[2] + 1, ends[3] - ends[2] - 1);
  const PackedDay opened = day(text + ends[4] + 1, ends[5] - ends[4] - 1);
  if (row.number == ~0ULL || born == 0 || opened == 0 || ends[6] - ends[5] != 7) return row;
  const std::uint64_t state = short_text(text + ends[5] + 1, 6);
  if (state != kActive && state != kClosed) return row;
  row.verdict = state == kActive ? Verdict::active : Verdict::closed;
  const unsigned female = static_cast<unsigned>(number[3]) & 1U;
  row.counts = state == kActive && born > ranges.after[female] && born <= ranges.last[female];
  return row;
}

}  // namespace ntmd::bench
