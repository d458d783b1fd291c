#include "daemon/rules/arithmetic.h"

#include <algorithm>

namespace ntmd::rules {
namespace {

__extension__ using Wide = __int128;

constexpr std::size_t kMaxDecimals = 6;

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string decimal(Wide value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  return digits;
}

}  // namespace

const Threshold& FigureCondition::threshold_for(std::string_view commune_group) const {
  if (by_commune_group.empty()) return at_least;
  const auto own = by_commune_group.find(std::string(commune_group));
  return own == by_commune_group.end() ? at_least : own->second;
}

std::optional<Threshold> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view decimals;
  if (point != std::string_view::npos) {
    decimals = text.substr(point + 1);
    if (decimals.empty()) return std::nullopt;
  }
  if (whole.empty() || whole.size() > 3 || (whole.size() > 1 && whole.front() == '0')) return std::nullopt;
  if (decimals.size() > kMaxDecimals || !all_digits(whole) || !all_digits(decimals)) return std::nullopt;
  while (decimals.ends_with('0')) decimals.remove_suffix(1);
  Threshold threshold;
  for (const char c : whole) threshold.numerator = threshold.numerator * 10 + (c - '0');
  for (const char c : decimals) {
    threshold.numerator = threshold.numerator * 10 + (c - '0');
    threshold.denominator *= 10;
  }
  if (threshold.numerator > 100 * threshold.denominator) return std::nullopt;
  threshold.text = whole;
  if (!decimals.empty()) (threshold.text += '.') += decimals;
  return threshold;
}

std::int64_t needed(FigureCondition::Kind kind, const Threshold& threshold, std::int64_t denominator) {
  Wide dividend = threshold.numerator;
  Wide divisor = threshold.denominator;
  if (kind == FigureCondition::Kind::ratio) {
    dividend *= denominator;
    divisor *= 100;
  }
  return static_cast<std::int64_t>((dividend + divisor - 1) / divisor);
}

bool passes(FigureCondition::Kind kind, const Threshold& threshold, std::int64_t numerator, std::int64_t denominator) {
  return numerator >= needed(kind, threshold, denominator);
}

std::string percent_of(std::int64_t numerator, std::int64_t denominator) {
  const Wide hundredths = Wide{numerator} * 10000 / denominator;
  std::string text = decimal(hundredths / 100);
  text += '.';
  text += static_cast<char>('0' + static_cast<int>(hundredths / 10 % 10));
  text += static_cast<char>('0' + static_cast<int>(hundredths % 10));
  return text;
}

bool further_than(std::int64_t base, std::int64_t other, std::int64_t permille) {
  const Wide apart = base > other ? Wide{base} - other : Wide{other} - base;
  return apart * 1000 > Wide{base} * permille;
}

}  // namespace ntmd::rules
