#pragma once
// UTF-8, strictly: no overlong forms, no surrogates, nothing past U+10FFFF.

#include <array>
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

/// Printable ASCII but for some: what most text is made of, to be passed over in runs.
class PlainAscii {
 public:
  consteval explicit PlainAscii(std::string_view except) {
    for (std::size_t c = 0x20; c < 0x7f; ++c) plain_[c] = true;
    for (const char c : except) plain_[static_cast<unsigned char>(c)] = false;
  }
  /// How many bytes of it stand in `text` from `at` on.
  [[nodiscard]] std::size_t run(std::string_view text, std::size_t at) const {
    auto end = at;
    while (end < text.size() && plain_[static_cast<unsigned char>(text[end])]) ++end;
    return end - at;
  }

 private:
  std::array<bool, 256> plain_{};
};

}  // namespace ntmd::base
