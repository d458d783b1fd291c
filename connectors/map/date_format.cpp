#include "connectors/map/date_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ntmd::connectors {
namespace {

/// The number of two digits; that they are digits was checked before.
int two(const char* p) { return ((p[0] - '0') * 10) + (p[1] - '0'); }

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
  format.timed_ = format.hour_ != kAbsent || format.minute_ != kAbsent || format.second_ != kAbsent;
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
  if (format.words_) {
    format.century_ = format.place_of(format.year_);
    format.decade_ = format.place_of(format.year_ + std::size_t{2});
    format.month_of_year_ = format.place_of(format.month_);
    format.day_of_month_ = format.place_of(format.day_);
  }
  return format;
}

/// Of two digits that stand at `at`: in the first word, or else in the last.
DateFormat::TwoDigits DateFormat::place_of(std::size_t at) const {
  const auto& words = *words_;
  const std::uint8_t word = at + 2 <= sizeof(std::uint64_t) ? 0 : 1;
  return {word, static_cast<std::uint8_t>(8 * (at - words[word].at))};
}

/// Of a pattern that is no two words.
bool DateFormat::has_long_shape(std::string_view text) const {
  unsigned wrong = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    wrong |= static_cast<std::uint8_t>(static_cast<std::uint8_t>(text[i]) - low_[i]) > span_[i] ? 1U : 0U;
  }
  return wrong == 0;
}

std::int32_t DateFormat::seconds(std::string_view text) const {
  const auto part = [&](std::uint8_t at) { return at == kAbsent ? 0 : two(text.data() + at); };
  return (part(hour_) * 60 + part(minute_)) * 60 + part(second_);
}

bool DateFormat::read_long(std::string_view text, model::Day& day) const {
  if (!has_shape(text)) return false;
  const char* const p = text.data();
  if (timed_ && ((hour_ != kAbsent && two(p + hour_) > 23) || (minute_ != kAbsent && two(p + minute_) > 59) ||
                 (second_ != kAbsent && two(p + second_) > 60))) {
    return false;
  }
  const auto year = (two(p + year_) * 100) + two(p + year_ + 2);
  return day.set(year, static_cast<unsigned>(two(p + month_)), static_cast<unsigned>(two(p + day_)));
}

}  // namespace ntmd::connectors
