#include "connectors/codec/ndjson_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "connectors/codec/utf8_scan.h"

namespace ntmd::connectors {
namespace {

constexpr std::size_t kMembers = 64;  // more are unusual
constexpr std::size_t kKeySize = 256;
constexpr std::size_t kNumberSize = 32;
constexpr int kDepth = 16;

const char* skip_space(const char* p) {
  while (*p == ' ' || *p == '\t' || *p == '\r') ++p;
  return p;
}

/// What ends a run of plain characters in a string. A '\n' does: nothing runs past the line.
bool stops(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

/// The first byte from `p` that stops; `high` gets the bits of the bytes before it.
const char* plain_end(const char* p, const char* end, unsigned& high) {
#if defined(__SSE2__)
  while (end - p >= 16) {
    const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const auto quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const auto escape = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, escape))));
    const auto above = static_cast<unsigned>(_mm_movemask_epi8(bytes));
    if (found != 0) {
      const auto at = std::countr_zero(found);
      high |= above & ((1U << static_cast<unsigned>(at)) - 1U);
      return p + at;
    }
    high |= above;
    p += 16;
  }
#endif
  while (!stops(*p)) high |= static_cast<unsigned char>(*p++) & 0x80U;
  return p;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Behind the escape at `p`; nullptr when it is none, or half of a pair.
const char* escape_end(const char* p) {
  if (p[1] != 'u') return p[1] != '\0' && std::strchr("\"\\/bfnrt", p[1]) != nullptr ? p + 2 : nullptr;
  unsigned value = 0;
  for (int i = 2; i < 6; ++i) {
    const auto digit = hex(p[i]);
    if (digit < 0) return nullptr;
    value = value << 4U | static_cast<unsigned>(digit);
  }
  return value >= 0xD800 && value <= 0xDFFF ? nullptr : p + 6;
}

/// What a string with escapes says; they were checked.
std::string_view unescape(std::string_view content, TextArena& arena) {
  char* const out = arena.room(content.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] != '\\') {
      out[size++] = content[i];
      continue;
    }
    const char c = content[++i];
    if (c != 'u') {
      constexpr std::string_view kFrom = "bfnrt";
      constexpr std::string_view kTo = "\b\f\n\r\t";
      const auto known = kFrom.find(c);
      out[size++] = known == std::string_view::npos ? c : kTo[known];
      continue;
    }
    unsigned value = 0;
    for (int digit = 0; digit < 4; ++digit) value = value << 4U | static_cast<unsigned>(hex(content[++i]));
    if (value < 0x80) {
      out[size++] = static_cast<char>(value);
    } else if (value < 0x800) {
      out[size++] = static_cast<char>(0xC0U | value >> 6U);
      out[size++] = static_cast<char>(0x80U | (value & 0x3FU));
    } else {
      out[size++] = static_cast<char>(0xE0U | value >> 12U);
      out[size++] = static_cast<char>(0x80U | (value >> 6U & 0x3FU));
      out[size++] = static_cast<char>(0x80U | (value & 0x3FU));
    }
  }
  return arena.keep(size);
}

struct Text {
  const char* end = nullptr;  ///< behind the closing quote; nullptr: no string
  std::string_view content;
  bool escaped = false;
};

/// The string whose opening quote stands before `p`.
Text string_at(const char* p, const char* end) {
  Text text;
  const char* const begin = p;
  unsigned high = 0;
  for (;;) {
    p = plain_end(p, end, high);
    if (*p == '"') break;
    if (*p != '\\') return {};
    p = escape_end(p);
    if (p == nullptr) return {};
    text.escaped = true;
  }
  text.content = {begin, static_cast<std::size_t>(p - begin)};
  if (high != 0 && !is_utf8(text.content)) return {};
  text.end = p + 1;
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Behind the number at `p`; nullptr when it is none. Those with an exponent are left to others.
const char* number_end(const char* p) {
  const char* const begin = p;
  if (*p == '-') ++p;
  if (!is_digit(*p)) return nullptr;
  if (*p == '0' && is_digit(p[1])) return nullptr;
  while (is_digit(*p)) ++p;
  if (*p == '.') {
    if (!is_digit(*++p)) return nullptr;
    while (is_digit(*p)) ++p;
  }
  return *p == 'e' || *p == 'E' || static_cast<std::size_t>(p - begin) > kNumberSize ? nullptr : p;
}

/// `end` is where the line ends: words are compared only where there is room for them.
bool word_at(const char* p, const char* end, std::string_view word) {
  return static_cast<std::size_t>(end - p) >= word.size() && std::memcmp(p, word.data(), word.size()) == 0;
}

const char* skip_value(const char* p, const char* end, int depth);

const char* skip_array(const char* p, const char* end, int depth) {
  p = skip_space(p);
  if (*p == ']') return p + 1;
  for (;;) {
    p = skip_value(p, end, depth);
    if (p == nullptr) return nullptr;
    p = skip_space(p);
    if (*p == ']') return p + 1;
    if (*p++ != ',') return nullptr;
    p = skip_space(p);
  }
}

const char* skip_object(const char* p, const char* end, int depth) {
  std::array<std::string_view, 32> keys;
  std::size_t count = 0;
  p = skip_space(p);
  if (*p == '}') return p + 1;
  for (;;) {
    if (*p++ != '"') return nullptr;
    const auto key = string_at(p, end);
    if (key.end == nullptr || key.escaped || count == keys.size()) return nullptr;
    if (std::find(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(count), key.content) !=
        keys.begin() + static_cast<std::ptrdiff_t>(count)) {
      return nullptr;
    }
    keys[count++] = key.content;
    p = skip_space(key.end);
    if (*p++ != ':') return nullptr;
    p = skip_value(skip_space(p), end, depth);
    if (p == nullptr) return nullptr;
    p = skip_space(p);
    if (*p == '}') return p + 1;
    if (*p++ != ',') return nullptr;
    p = skip_space(p);
  }
}

/// Behind the value at `p`, whatever it is; nullptr when it is none or nested deep.
const char* skip_value(const char* p, const char* end, int depth) {
  if (depth == 0) return nullptr;
  switch (*p) {
    case '"':
      return string_at(p + 1, end).end;
    case '{':
      return skip_object(p + 1, end, depth - 1);
    case '[':
      return skip_array(p + 1, end, depth - 1);
    case 't':
      return word_at(p, end, "true") ? p + 4 : nullptr;
    case 'f':
      return word_at(p, end, "false") ? p + 5 : nullptr;
    case 'n':
      return word_at(p, end, "null") ? p + 4 : nullptr;
    default:
      return number_end(p);
  }
}

}  // namespace

std::int32_t NdjsonScan::column_of(std::string_view key) const {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  return found == keys_.end() ? -1 : static_cast<std::int32_t>(found - keys_.begin());
}

/// Whether `key`, the line's member number `member`, stands in it for the first time. The line left the shape.
bool NdjsonScan::fresh(std::string_view key, std::size_t member) {
  if (given_.empty()) {
    own_ = member;
    for (std::size_t i = 0; i < member; ++i) given_.emplace_back(shape_[i].key);
  }
  if (given_.size() >= kMembers || std::find(given_.begin(), given_.end(), key) != given_.end()) return false;
  given_.push_back(key);
  return true;
}

bool NdjsonScan::read(const char* begin, const char* end, std::vector<Cell>& cells, TextArena& arena) {
  std::fill(cells.begin(), cells.end(), kNoValue);
  given_.clear();
  const char* p = skip_space(begin);
  if (*p++ != '{') return false;
  p = skip_space(p);
  std::size_t member = 0;
  bool in_shape = true;
  for (bool more = *p != '}'; more; ++member) {
    if (*p++ != '"') return false;
    std::int32_t column = -1;
    const auto known = in_shape && member < shape_.size() ? std::string_view(shape_[member].key) : std::string_view();
    if (known.data() != nullptr && static_cast<std::size_t>(end - p) > known.size() && p[known.size()] == '"' &&
        std::memcmp(p, known.data(), known.size()) == 0) {
      column = shape_[member].column;
      p += known.size() + 1;
    } else {
      const auto key = string_at(p, end);
      if (key.end == nullptr || key.escaped || key.content.size() > kKeySize || !fresh(key.content, member))
        return false;
      in_shape = false;
      column = column_of(key.content);
      p = key.end;
    }
    p = skip_space(p);
    if (*p++ != ':') return false;
    p = skip_space(p);
    if (column < 0) {
      p = skip_value(p, end, kDepth);
    } else if (*p == '"') {
      const auto text = string_at(p + 1, end);
      if (text.end == nullptr) return false;
      cells[static_cast<std::size_t>(column)] = text.escaped ? unescape(text.content, arena) : text.content;
      p = text.end;
    } else {
      if (*p == '{' || *p == '[') return false;
      const char* const value = p;
      p = skip_value(p, end, 1);
      if (p != nullptr && *value != 'n')
        cells[static_cast<std::size_t>(column)] = {value, static_cast<std::size_t>(p - value)};
    }
    if (p == nullptr) return false;
    p = skip_space(p);
    more = *p == ',';
    if (more) p = skip_space(p + 1);
  }
  if (*p != '}' || skip_space(p + 1) != end) return false;
  if (!in_shape) {
    // The first ones are the shape's own, and their views end with what holds them; the others are views of the line.
    shape_.resize(given_.size());
    for (std::size_t i = own_; i < given_.size(); ++i) {
      shape_[i].key = given_[i];
      shape_[i].column = column_of(shape_[i].key);
    }
  }
  return true;
}

}  // namespace ntmd::connectors
