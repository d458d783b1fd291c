#include "connectors/map/date_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace ntmd::connectors {
namespace {

/// The number of `n` digits at `at`; digits were checked before.
int number(std::string_view text, std::size_t at, std::size_t n) {
  int value = 0;
  for (std::size_t i = at; i < at + n; ++i) value = (value * 10) + (text[i] - '0');
  return value;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

base::Result<DateFormat> DateFormat::parse(std::string_view pattern) {
  DateFormat format;
  const auto wrong = [&](std::string_view why) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("\"{}\": {}, expected yyyy, MM and dd once each, HH, mm, ss for a time, "
                                  "e.g. dd/MM/yyyy",
                                  pattern, why));
  };
  const std::pair<std::string_view, std::uint8_t DateFormat::*> parts[] = {
      {"yyyy", &DateFormat::year_}, {"MM", &DateFormat::month_},  {"dd", &DateFormat::day_},
      {"HH", &DateFormat::hour_},   {"mm", &DateFormat::minute_}, {"ss", &DateFormat::second_},
  };
  format.open_end_ = pattern.ends_with('*');
  const auto fixed = pattern.substr(0, pattern.size() - (format.open_end_ ? 1 : 0));
  if (fixed.size() > kMaxSize) return wrong("is too long");
  for (std::size_t at = 0; at < fixed.size();) {
    const auto* const part = std::find_if(std::begin(parts), std::end(parts),
                                          [&](const auto& known) { return fixed.substr(at).starts_with(known.first); });
    if (part == std::end(parts)) {
      if (is_letter(fixed[at]) && fixed[at] != 'T' && fixed[at] != 'Z')
        return wrong(fmt::format("\"{}\" means nothing", fixed[at]));
      format.pattern_ += fixed[at++];
      continue;
    }
    if (format.*(part->second) != kAbsent) return wrong(fmt::format("{} stands twice", part->first));
    format.*(part->second) = static_cast<std::uint8_t>(at);
    format.pattern_ += part->first;
    at += part->first.size();
  }
  if (format.year_ == kAbsent || format.month_ == kAbsent || format.day_ == kAbsent) return wrong("names no whole day");
  format.size_ = fixed.size();
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    const bool digit = is_letter(fixed[i]) && fixed[i] != 'T' && fixed[i] != 'Z';
    format.low_[i] = static_cast<std::uint8_t>(digit ? '0' : fixed[i]);
    format.span_[i] = digit ? 9 : 0;
  }
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (fixed.size() >= kWord && fixed.size() <= 2 * kWord) {
    auto& words = format.words_.emplace();
    words[1].at = fixed.size() - kWord;
    for (auto& word : words) {
      for (std::size_t i = 0; i < kWord; ++i) {
        const bool digit = format.span_[word.at + i] != 0;
        const auto shift = 8 * i;
        word.digits |= std::uint64_t{digit ? 0xFFU : 0U} << shift;
        word.literals |= std::uint64_t{digit ? std::uint8_t{0} : format.low_[word.at + i]} << shift;
      }
    }
  }
  return format;
}

bool DateFormat::Places::fit(const char* text) const {
  std::uint64_t word = 0;
  std::memcpy(&word, text + at, sizeof word);
  // A digit has 3 in its high half, also when 6 is added to it.
  constexpr std::uint64_t kHigh = 0xF0F0F0F0F0F0F0F0U;
  constexpr std::uint64_t kThrees = 0x3030303030303030U;
  const auto numbers = word & digits;
  const auto high = numbers & kHigh;
  const auto raised = (numbers + (0x0606060606060606U & digits)) & kHigh;
  const auto threes = kThrees & digits;
  return (word & ~digits) == literals && high == threes && raised == threes;
}

bool DateFormat::has_shape(std::string_view text) const {
  if (text.size() < size_ || (text.size() > size_ && !open_end_)) return false;
  if (words_) return (*words_)[0].fit(text.data()) && (*words_)[1].fit(text.data());
  unsigned wrong = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    wrong |= static_cast<std::uint8_t>(static_cast<std::uint8_t>(text[i]) - low_[i]) > span_[i] ? 1U : 0U;
  }
  return wrong == 0;
}

std::optional<model::Day> DateFormat::read(std::string_view text) const {
  if (!has_shape(text)) return std::nullopt;
  if (hour_ != kAbsent && number(text, hour_, 2) > 23) return std::nullopt;
  if (minute_ != kAbsent && number(text, minute_, 2) > 59) return std::nullopt;
  if (second_ != kAbsent && number(text, second_, 2) > 60) return std::nullopt;
  return model::Day::of(number(text, year_, 4), static_cast<unsigned>(number(text, month_, 2)),
                        static_cast<unsigned>(number(text, day_, 2)));
}

}  // namespace ntmd::connectors
