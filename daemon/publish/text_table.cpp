#include "daemon/publish/text_table.h"

#include <algorithm>
#include <stdexcept>

#include "daemon/base/utf8.h"

namespace ntmd::publish {
namespace {

bool is_combining(char32_t value) { return value >= 0x300 && value <= 0x36f; }

}  // namespace

std::size_t columns_of_text(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto next = base::utf8_at(text, at);
    if (!next || !is_combining(next->value)) ++columns;
    at += next ? next->size : 1;
  }
  return columns;
}

void TextTable::row(std::vector<std::string> cells) {
  if (cells.size() > columns_.size()) throw std::logic_error("TextTable: more cells than columns");
  for (auto& cell : cells) cell = base::printable(cell, cell.size());
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::str() const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], columns_of_text(cells[i]));
  }
  std::string out;
  for (const auto& cells : rows_) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line += "  ";
      const std::string padding(widths[i] - columns_of_text(cells[i]), ' ');
      line += columns_[i] == Align::right ? padding + cells[i] : cells[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line;
    out += '\n';
  }
  return out;
}

}  // namespace ntmd::publish
