#include "daemon/units/letters.h"

#include <algorithm>
#include <array>
#include <optional>

#include "daemon/base/utf8.h"

namespace ntmd::units {
namespace {

/// A vowel in all tones, in the order of `Tone`.
struct Vowel {
  char32_t base;
  Shape shape;
  std::u32string_view lower;
  std::u32string_view upper;
};

constexpr std::array<Vowel, 12> kVowels = {{
    {U'a', Shape::plain, U"aàảãáạ", U"AÀẢÃÁẠ"},
    {U'a', Shape::breve, U"ăằẳẵắặ", U"ĂẰẲẴẮẶ"},
    {U'a', Shape::circumflex, U"âầẩẫấậ", U"ÂẦẨẪẤẬ"},
    {U'e', Shape::plain, U"eèẻẽéẹ", U"EÈẺẼÉẸ"},
    {U'e', Shape::circumflex, U"êềểễếệ", U"ÊỀỂỄẾỆ"},
    {U'i', Shape::plain, U"iìỉĩíị", U"IÌỈĨÍỊ"},
    {U'o', Shape::plain, U"oòỏõóọ", U"OÒỎÕÓỌ"},
    {U'o', Shape::circumflex, U"ôồổỗốộ", U"ÔỒỔỖỐỘ"},
    {U'o', Shape::horn, U"ơờởỡớợ", U"ƠỜỞỠỚỢ"},
    {U'u', Shape::plain, U"uùủũúụ", U"UÙỦŨÚỤ"},
    {U'u', Shape::horn, U"ưừửữứự", U"ƯỪỬỮỨỰ"},
    {U'y', Shape::plain, U"yỳỷỹýỵ", U"YỲỶỸÝỴ"},
}};
constexpr std::size_t kTones = 6;
constexpr char32_t kReplacement = 0xFFFD;

struct Precomposed {
  char32_t character = 0;
  Letter letter;
};

consteval auto sorted_vowels() {
  std::array<Precomposed, kVowels.size() * kTones * 2> all{};
  std::size_t n = 0;
  for (const Vowel& vowel : kVowels) {
    for (std::size_t tone = 0; tone < kTones; ++tone) {
      const Letter letter{vowel.base, vowel.shape, static_cast<Tone>(tone)};
      all[n++] = {vowel.lower[tone], letter};
      all[n++] = {vowel.upper[tone], letter};
    }
  }
  std::ranges::sort(all, {}, &Precomposed::character);
  return all;
}

constexpr auto kPrecomposed = sorted_vowels();

Letter letter_of(char32_t c) {
  const auto* found = std::ranges::lower_bound(kPrecomposed, c, {}, &Precomposed::character);
  if (found != kPrecomposed.end() && found->character == c) return found->letter;
  // Eth and African D look like Đ and stand for it in converted legacy text.
  if (c == U'đ' || c == U'Đ' || c == 0x00D0 || c == 0x00F0 || c == 0x0189) return {U'd', Shape::stroke, Tone::level};
  if (c >= U'A' && c <= U'Z') return {c - U'A' + U'a', Shape::plain, Tone::level};
  return {c, Shape::plain, Tone::level};
}

const Vowel* vowel_of(const Letter& letter) {
  const auto* found = std::ranges::find_if(
      kVowels, [&](const Vowel& vowel) { return vowel.base == letter.base && vowel.shape == letter.shape; });
  return found == kVowels.end() ? nullptr : found;
}

std::optional<Tone> tone_mark(char32_t c) {
  switch (c) {
    case 0x0300:
    case 0x0340:
      return Tone::grave;
    case 0x0309:
      return Tone::hook;
    case 0x0303:
      return Tone::tilde;
    case 0x0301:
    case 0x0341:
      return Tone::acute;
    case 0x0323:
      return Tone::dot;
    default:
      return std::nullopt;
  }
}

std::optional<Shape> shape_mark(char32_t c) {
  switch (c) {
    case 0x0302:
      return Shape::circumflex;
    case 0x0306:
      return Shape::breve;
    case 0x031B:
      return Shape::horn;
    default:
      return std::nullopt;
  }
}

/// Puts a combining mark on the letter before it; false when it is no mark or that letter cannot carry it.
bool combine(Letter& letter, char32_t c) {
  if (const auto tone = tone_mark(c)) {
    if (letter.tone != Tone::level || vowel_of(letter) == nullptr) return false;
    letter.tone = *tone;
    return true;
  }
  if (const auto shape = shape_mark(c)) {
    const Letter shaped{letter.base, *shape, letter.tone};
    if (letter.shape != Shape::plain || vowel_of(shaped) == nullptr) return false;
    letter = shaped;
    return true;
  }
  return false;
}

bool is_space(char32_t c) {
  return c == U' ' || (c >= 0x09 && c <= 0x0D) || c == 0x00A0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
         c == 0x3000;
}
bool is_dash(char32_t c) { return c == U'-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212; }
bool has_no_width(char32_t c) { return c == 0x00AD || (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF; }

}  // namespace

std::vector<Letter> read_letters(std::string_view text) {
  std::vector<Letter> letters;
  letters.reserve(text.size());
  const auto after_space = [&] { return letters.empty() || letters.back().base == U' '; };
  for (std::size_t at = 0; at < text.size();) {
    const auto read = base::utf8_at(text, at);
    const char32_t c = read ? read->value : kReplacement;
    at += read ? read->size : 1;
    if (has_no_width(c)) continue;
    if (is_space(c)) {
      if (!after_space()) letters.push_back({U' '});
    } else if (is_dash(c)) {
      letters.push_back({U'-'});
    } else if (letters.empty() || !combine(letters.back(), c)) {
      letters.push_back(letter_of(c));
    }
  }
  if (!letters.empty() && after_space()) letters.pop_back();
  return letters;
}

void append_letter(std::string& text, const Letter& letter) {
  const Vowel* vowel = vowel_of(letter);
  if (vowel != nullptr) {
    base::append_utf8(text, vowel->lower[static_cast<std::size_t>(letter.tone)]);
  } else {
    base::append_utf8(text, letter.shape == Shape::stroke ? U'đ' : letter.base);
  }
}

}  // namespace ntmd::units
