#pragma once
// UTF-8, strictly: no overlong forms, no surrogates, nothing past U+10FFFF.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ntmd::base {

/// One character of UTF-8 text; `size` bytes long.
struct Utf8Char {
  char32_t value = 0;
  std::size_t size = 0;
};

/// The character at `at` (< text.size()); nullopt when the bytes there are none.
std::optional<Utf8Char> utf8_at(std::string_view text, std::size_t at);
/// The offset of the first byte that is no UTF-8; nullopt when all of it is.
std::optional<std::size_t> utf8_fault(std::string_view text);
void append_utf8(std::string& out, char32_t value);
/// Controls, and what reorders or breaks a line on a screen (bidi marks, U+2028, U+2029): never shown raw.
bool is_unprintable(char32_t value);
/// For a message: at most `limit` characters, unprintable ones and broken bytes as "\x1b" or "\u{202e}".
std::string printable(std::string_view text, std::size_t limit);

}  // namespace ntmd::base
