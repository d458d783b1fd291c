#pragma once
// Dates as a source writes them.

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
  [[nodiscard]] std::optional<model::Day> read(std::string_view text) const;
  /// Of a text that was read: seconds of its day, 0 without a time.
  [[nodiscard]] std::int32_t seconds(std::string_view text) const;
  /// The shape alone: of "31/02/2024" true, so that a message can say what is wrong.
  [[nodiscard]] bool has_shape(std::string_view text) const {
    if (text.size() < size_ || (text.size() > size_ && !open_end_)) return false;
    return words_ ? (*words_)[0].fit(text.data()) && (*words_)[1].fit(text.data()) : has_long_shape(text);
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
    [[nodiscard]] bool fit(const char* text) const {
      std::uint64_t word = 0;
      std::memcpy(&word, text + at, sizeof word);
      // A digit has 3 in its high half, also when 6 is added to it.
      constexpr std::uint64_t kHigh = 0xF0F0F0F0F0F0F0F0U;
      const auto numbers = word & digits;
      const auto raised = numbers + (0x0606060606060606U & digits);
      return (((word & ~digits) ^ literals) | (((numbers ^ kThrees) | (raised ^ kThrees)) & kHigh & digits)) == 0;
    }
    static constexpr std::uint64_t kThrees = 0x3030303030303030U;
  };
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
};

}  // namespace ntmd::connectors
