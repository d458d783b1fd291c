#pragma once
// Short texts as numbers, so that they are compared and looked up without a call.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ntmd::connectors {

/// The first 8 bytes of `text` as they stand in memory, zeros behind its end. Reads nothing outside it.
inline std::uint64_t short_text(std::string_view text) {
  const char* const p = text.data();
  const auto size = text.size();
  std::uint64_t word = 0;
  if (size >= sizeof word) {
    std::memcpy(&word, p, sizeof word);
  } else if (size >= sizeof(std::uint32_t)) {
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
    std::memcpy(&head, p, sizeof head);
    std::memcpy(&tail, p + size - sizeof tail, sizeof tail);
    word = head | std::uint64_t{tail} << (8 * (size - sizeof tail));
  } else {
    for (std::size_t i = 0; i < size; ++i) word |= std::uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
  }
  return word;
}

}  // namespace ntmd::connectors
