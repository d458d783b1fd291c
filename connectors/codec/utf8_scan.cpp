#include "connectors/codec/utf8_scan.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ntmd::connectors {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// The length of the sequence at `at`, whose first byte is no ASCII; 0 when it is none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  const auto follows = [&](std::size_t offset, unsigned low, unsigned high) {
    return at + offset < text.size() && byte_at(text, at + offset) >= low && byte_at(text, at + offset) <= high;
  };
  if (first >= 0xC2 && first <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    while (text.size() - at >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof(word));
      if ((word & kHighBits) != 0) break;
      at += sizeof(word);
    }
    // At most a word of ASCII, then sequences as long as they last.
    while (at < text.size() && byte_at(text, at) < 0x80) ++at;
    while (at < text.size() && byte_at(text, at) >= 0x80) {
      const auto length = sequence(text, at);
      if (length == 0) return false;
      at += length;
    }
  }
  return true;
}

}  // namespace ntmd::connectors
