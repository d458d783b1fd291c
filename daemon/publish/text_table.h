#pragma once
// Columns that line up in a terminal.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ntmd::publish {

/// How many terminal columns UTF-8 text takes: combining marks none, every other character one.
std::size_t columns_of_text(std::string_view text);

class TextTable {
 public:
  enum class Align : std::uint8_t { left, right };
  explicit TextTable(std::vector<Align> columns) : columns_(std::move(columns)) {}

  /// Fewer cells than columns leave the rest empty; what is unprintable is escaped.
  void row(std::vector<std::string> cells);
  /// One line per row, two spaces between columns, no trailing spaces.
  [[nodiscard]] std::string str() const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ntmd::publish
