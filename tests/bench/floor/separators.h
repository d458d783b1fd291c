#pragma once
// Where the fields of well-formed CSV end, 64 bytes at a time, and whether the text is UTF-8.

#include <cstddef>
#include <cstdint>

namespace ntmd::bench {

/// How many zeros must follow a text that is looked at.
constexpr std::size_t kPadding = 64;

struct Separators {
  std::size_t count = 0;
  bool well_formed = true;  ///< quotes stand at the edges of fields only, or doubled
  bool utf8 = true;
};

/// Puts the position of every comma and line feed outside quotes into `out`, which must hold `size` + 64 of them.
/// `text` begins and ends with a row. Uses the widest vectors this CPU has.
Separators find_separators(const char* text, std::size_t size, std::uint32_t* out);

/// The size of the longest part of `text` that ends with a line feed outside quotes; 0 if there is none.
std::size_t whole_rows(const char* text, std::size_t size);

}  // namespace ntmd::bench
