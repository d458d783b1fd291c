#include "daemon/base/personal.h"

#include <algorithm>

namespace ntmd::base {
namespace {

constexpr std::ptrdiff_t kIdentityCardDigits = 9;
constexpr std::size_t kCitizenDigits = 12;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string mask_numbers(std::string text) {
  if (std::ranges::count_if(text, is_digit) >= kIdentityCardDigits) std::ranges::replace_if(text, is_digit, '#');
  return text;
}

bool holds_citizen_number(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      ++digits;
    } else if (digits == kCitizenDigits) {
      return true;
    } else {
      digits = 0;
    }
  }
  return digits == kCitizenDigits;
}

}  // namespace ntmd::base
