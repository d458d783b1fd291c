#pragma once
// Vietnamese letters taken apart: base, shape and tone, whether they came precomposed (NFC) or with marks behind (NFD).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ntmd::units {

enum class Shape : std::uint8_t { plain, circumflex, breve, horn, stroke };
enum class Tone : std::uint8_t { level, grave, hook, tilde, acute, dot };

/// One letter in lower case. Characters that are no Vietnamese letter stand in `base` as they are.
struct Letter {
  char32_t base = 0;
  Shape shape = Shape::plain;
  Tone tone = Tone::level;

  friend bool operator==(const Letter&, const Letter&) = default;
};

/// Reads UTF-8. Every kind of space becomes one ' ', none at the ends; every dash becomes '-'; characters without width
/// are dropped; a byte that is no UTF-8 becomes U+FFFD, which matches nothing. Only ASCII and Vietnamese letters lose
/// their case.
std::vector<Letter> read_letters(std::string_view text);

/// The letter as one precomposed character.
void append_letter(std::string& text, const Letter& letter);

}  // namespace ntmd::units
