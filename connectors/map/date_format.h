#pragma once
// Dates as a source writes them.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/model/day.h"

namespace ntmd::connectors {

/// A fixed-width pattern of yyyy, MM, dd and, where a time stands behind, HH, mm, ss; everything else is literal. A
/// trailing `*` lets anything follow ("yyyy-MM-dd*" takes "2024-12-01T08:00:00Z"). Immutable, cheap to copy.
class DateFormat {
 public:
  /// bad_config unless year, month and day each stand in it once.
  static base::Result<DateFormat> parse(std::string_view pattern);
  /// nullopt unless `text` has the shape and is a real date (and time of day).
  [[nodiscard]] std::optional<model::Day> read(std::string_view text) const {
    model::Day day;
    return read(text, day) ? std::optional(day) : std::nullopt;
  }
  /// The same for every row of a file. False: `day` stays what it was.
  bool read(std::string_view text, model::Day& day) const {
    if (timed_ || !words_) return read_long(text, day);
    if (text.size() < size_ || (text.size() > size_ && !open_end_)) return false;
    const auto first = (*words_)[0].word(text.data());
    const auto last = (*words_)[1].word(text.data());
    if (!(*words_)[0].fit(first) || !(*words_)[1].fit(last)) return false;
    const Numbers numbers{pairs(first), pairs(last)};
    return day.set(static_cast<int>(numbers.at(century_) * 100 + numbers.at(decade_)), numbers.at(month_of_year_),
                   numbers.at(day_of_month_));
  }
  /// Of a text that was read: seconds of its day, 0 without a time.
  [[nodiscard]] std::int32_t seconds(std::string_view text) const;
  /// The shape alone: of "31/02/2024" true, so that a message can say what is wrong.
  [[nodiscard]] bool has_shape(std::string_view text) const {
    if (text.size() < size_ || (text.size() > size_ && !open_end_)) return false;
    if (!words_) return has_long_shape(text);
    return std::ranges::all_of(*words_, [&](const auto& places) { return places.fit(places.word(text.data())); });
  }
  [[nodiscard]] const std::string& pattern() const { return pattern_; }

 private:
  static constexpr std::uint8_t kAbsent = 0xFF;
  static constexpr std::size_t kMaxSize = 32;
  std::string pattern_;
  /// What may stand at 8 places from `at` on: digits, or exactly these bytes.
  struct Places {
    std::uint64_t digits = 0;  ///< 0xFF where a digit stands
    std::uint64_t literals = 0;
    std::size_t at = 0;
    [[nodiscard]] std::uint64_t word(const char* text) const {
      std::uint64_t word = 0;
      std::memcpy(&word, text + at, sizeof word);
      return word;
    }
    [[nodiscard]] bool fit(std::uint64_t word) const {
      // A digit has 3 in its high half, also when 6 is added to it.
      constexpr std::uint64_t kHigh = 0xF0F0F0F0F0F0F0F0U;
      const auto numbers = word & digits;
      const auto raised = numbers + (0x0606060606060606U & digits);
      return (((word & ~digits) ^ literals) | (((numbers ^ kThrees) | (raised ^ kThrees)) & kHigh & digits)) == 0;
    }
    static constexpr std::uint64_t kThrees = 0x3030303030303030U;
  };
  /// At each byte the number that it and the next one write, where both are digits.
  static std::uint64_t pairs(std::uint64_t word) {
    const auto digits = word & 0x0F0F0F0F0F0F0F0FU;
    return digits * 10 + (digits >> 8U);
  }
  /// Two digits in one of the words.
  struct TwoDigits {
    std::uint8_t word = 0;
    std::uint8_t shift = 0;
  };
  struct Numbers {
    std::uint64_t words[2];
    [[nodiscard]] unsigned at(TwoDigits place) const {
      return static_cast<unsigned>(words[place.word] >> place.shift) & 0xFFU;
    }
  };
  [[nodiscard]] TwoDigits place_of(std::size_t at) const;
  bool read_long(std::string_view text, model::Day& day) const;
  [[nodiscard]] bool has_long_shape(std::string_view text) const;
  // What may stand at each place: `low_` up to `low_ + span_`.
  std::array<std::uint8_t, kMaxSize> low_{};
  std::array<std::uint8_t, kMaxSize> span_{};
  std::optional<std::array<Places, 2>> words_;  // of a pattern of 8 to 16 bytes: its first and its last 8
  std::size_t size_ = 0;
  bool open_end_ = false;
  std::uint8_t year_ = kAbsent;
  std::uint8_t month_ = kAbsent;
  std::uint8_t day_ = kAbsent;
  std::uint8_t hour_ = kAbsent;
  std::uint8_t minute_ = kAbsent;
  std::uint8_t second_ = kAbsent;
  bool timed_ = false;  // a time of day stands in it
  // With `words_`.
  TwoDigits century_;
  TwoDigits decade_;
  TwoDigits month_of_year_;
  TwoDigits day_of_month_;
};

}  // namespace ntmd::connectors
