#pragma once
// What the text of one cell is: a citizen number, a count, a text that can be shown. Called for every cell of a file.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "daemon/base/utf8.h"

namespace ntmd::connectors {

inline constexpr std::size_t kCitizenDigits = 12;
inline constexpr std::int64_t kMaxValue = 1'000'000'000'000'000;

/// Whether all 8 bytes are ASCII digits.
inline bool eight_digits(const char* p) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof(word));
  return ((word & 0xF0F0F0F0F0F0F0F0ULL) | (((word + 0x0606060606060606ULL) & 0xF0F0F0F0F0F0F0F0ULL) >> 4U)) ==
         0x3333333333333333ULL;
}

inline bool is_citizen_number(std::string_view text) {
  return text.size() == kCitizenDigits && eight_digits(text.data()) && eight_digits(text.data() + 4);
}

/// Digits only, up to kMaxValue; -1 otherwise.
inline std::int64_t count_of(std::string_view text) {
  if (text.empty() || text.size() > 16) return -1;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = (value * 10) + (c - '0');
  }
  return value <= kMaxValue ? value : -1;
}

/// Nothing that hides, reorders or breaks what an operator sees.
inline bool is_plain(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) return true;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = base::utf8_at(text, at);
    if (!character || (base::is_unprintable(character->value) && character->value != '\n' && character->value != '\t' &&
                       character->value != '\r')) {
      return false;
    }
    at += character->size;
  }
  return true;
}

}  // namespace ntmd::connectors
