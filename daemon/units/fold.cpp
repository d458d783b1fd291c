#include "daemon/units/fold.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "daemon/units/letters.h"

namespace ntmd::units {
namespace {

using Letters = std::vector<Letter>;

/// Whether `word` (plain letters) stands at `at`, accents aside.
bool stands_at(const Letters& letters, std::size_t at, std::string_view word) {
  if (at > letters.size() || letters.size() - at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (letters[at + i].base != static_cast<char32_t>(word[i])) return false;
  }
  return true;
}

void drop_committee(Letters& letters) {
  for (const std::string_view title : {"ubnd ", "uy ban nhan dan "}) {
    while (stands_at(letters, 0, title)) {
      letters.erase(letters.begin(), letters.begin() + static_cast<std::ptrdiff_t>(title.size()));
    }
  }
}

void drop_province(Letters& letters) {
  for (std::size_t dash = 1; dash + 1 < letters.size(); ++dash) {
    if (letters[dash].base != U'-') continue;
    const std::size_t word = letters[dash + 1].base == U' ' ? dash + 2 : dash + 1;
    if (!stands_at(letters, word, "tinh ")) continue;
    letters.resize(letters[dash - 1].base == U' ' ? dash - 1 : dash);
    return;
  }
}

/// Open syllables in oa, oe, uy are written with the tone on either vowel: it goes to the second.
void settle_tones(Letters& letters) {
  for (std::size_t i = 0; i + 1 < letters.size(); ++i) {
    Letter& first = letters[i];
    Letter& second = letters[i + 1];
    const bool pair = (first.base == U'o' && (second.base == U'a' || second.base == U'e')) ||
                      (first.base == U'u' && second.base == U'y');
    if (!pair || first.shape != Shape::plain || second.shape != Shape::plain) continue;
    if (first.tone == Tone::level || second.tone != Tone::level) continue;
    std::swap(first.tone, second.tone);
  }
}

Letters normal_letters(std::string_view name) {
  Letters letters = read_letters(name);
  drop_committee(letters);
  drop_province(letters);
  settle_tones(letters);
  return letters;
}

}  // namespace

std::string fold_keeping_accents(std::string_view name) {
  std::string folded;
  folded.reserve(name.size());
  for (const Letter& letter : normal_letters(name)) append_letter(folded, letter);
  return folded;
}

std::string fold(std::string_view name) {
  std::string folded;
  folded.reserve(name.size());
  for (const Letter& letter : normal_letters(name)) {
    const bool stray_mark = letter.base >= 0x0300 && letter.base <= 0x036F;
    if (!stray_mark) append_letter(folded, Letter{letter.base});
  }
  return folded;
}

}  // namespace ntmd::units
