#include "daemon/base/utf8.h"

#include <fmt/format.h>

#include <iterator>

namespace ntmd::base {
namespace {

constexpr char32_t kContinuationBits = 0x3f;

/// Length of a character by its first byte; 0 for a byte that starts none.
std::size_t length_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

}  // namespace

std::optional<Utf8Char> utf8_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t size = length_of(lead);
  if (size == 0 || text.size() - at < size) return std::nullopt;
  if (size == 1) return Utf8Char{lead, 1};
  char32_t value = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xc0U) != 0x80U) return std::nullopt;
    value = (value << 6U) | (byte & kContinuationBits);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return std::nullopt;
  return Utf8Char{value, size};
}

std::optional<std::size_t> utf8_fault(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const auto next = utf8_at(text, at);
    if (!next) return at;
    at += next->size;
  }
  return std::nullopt;
}

void append_utf8(std::string& out, char32_t value) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((value >> shift) & kContinuationBits)); };
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xc0U | (value >> 6U));
    tail(0);
  } else if (value < 0x10000) {
    out += static_cast<char>(0xe0U | (value >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0U | (value >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_unprintable(char32_t value) {
  return value < 0x20 || (value >= 0x7f && value <= 0x9f) || value == 0x200e || value == 0x200f ||
         (value >= 0x2028 && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069) || value == 0xfeff;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t shown = 0;
  for (std::size_t at = 0; at < text.size(); ++shown) {
    if (shown == limit) return out + "…";
    const auto next = utf8_at(text, at);
    if (!next) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[at]));
      ++at;
      continue;
    }
    if (!is_unprintable(next->value)) {
      out += text.substr(at, next->size);
    } else if (next->value < 0x80) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(next->value));
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{{{:04x}}}", static_cast<unsigned>(next->value));
    }
    at += next->size;
  }
  return out;
}

}  // namespace ntmd::base
