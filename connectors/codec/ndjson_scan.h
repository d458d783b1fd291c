#pragma once
// A line of NDJSON taken apart where it stands. Private to ndjson.cpp.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/codec/raw_batch.h"
#include "connectors/codec/text_arena.h"

namespace ntmd::connectors {

/// Reads lines that surely are one JSON object with members that are wanted as plain values. Knows the keys of the line
/// before: most lines have the same ones in the same order. One thread at a time.
class NdjsonScan {
 public:
  /// `keys`: members of the record, by column.
  explicit NdjsonScan(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  /// The line [begin, end); a '\n' stands at `end`. False: it is another thing, or too unusual to say, and `cells` hold
  /// nothing of use. True: `cells` (by column) are views of the line, of the arena where characters were escaped;
  /// numbers and true/false as written.
  bool read(const char* begin, const char* end, std::vector<Cell>& cells, TextArena& arena);

 private:
  struct Known {
    std::string key;
    std::int32_t column = -1;
  };
  std::int32_t column_of(std::string_view key) const;
  bool fresh(std::string_view key, std::size_t member);

  std::vector<std::string> keys_;
  std::vector<Known> shape_;             // members of the line before
  std::vector<std::string_view> given_;  // keys of this line, once it left the shape
  std::size_t own_ = 0;                  // of them, from the front: views of the shape's own keys
};

}  // namespace ntmd::connectors
