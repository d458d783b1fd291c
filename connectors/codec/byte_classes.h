#pragma once
// Many bytes looked at together: where CSV has its separators and quotes, and whether text is clean UTF-8. Each is done
// by the widest instructions that the processor has; all of them say the same.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ntmd::connectors {

inline constexpr std::size_t kMarksBlock = 64;

/// For each block of 64 bytes from `text` on a mask of the bytes that are a comma, a quote or a line feed; bit 0 is the
/// first byte.
using CsvMarks = void (*)(const char* text, std::size_t blocks, std::uint64_t* masks);
/// Whether it is UTF-8 (RFC 3629) without a zero byte.
using CleanUtf8 = bool (*)(const char* text, std::size_t size);

struct ByteClasses {
  std::string_view name;  ///< of the instructions
  CsvMarks csv_marks = nullptr;
  CleanUtf8 clean_utf8 = nullptr;
};

/// The best of this processor.
const ByteClasses& byte_classes();
/// All that this processor can run, plain C++ first, for tests.
std::vector<ByteClasses> all_byte_classes();

}  // namespace ntmd::connectors
