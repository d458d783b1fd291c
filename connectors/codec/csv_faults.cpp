// Rows at fault, found when a batch is handed on.

#include <cstring>
#include <utility>

#include "connectors/codec/csv_reader.h"

namespace ntmd::connectors {

void CsvReader::fault(std::uint64_t line, std::uint64_t byte, std::string column, std::string_view rule,
                      std::string message) {
  batch_.faults.push_back({line, byte, std::move(column), std::string(rule), std::move(message)});
}

void CsvReader::unclean(const char* begin, std::size_t size, std::uint64_t line, std::uint64_t byte) {
  std::string column;
  bool found = false;
  const char* const limit = static_cast<const char*>(rawmemchr(begin + size, '\n')) + 1;
  TextArena arena;
  split_csv_row(begin, limit, arena, [&](std::uint32_t field, std::string_view text) {
    if (found || text.empty() || is_clean(text)) return;
    found = true;
    if (field < names_.size()) column = names_[field];
  });
  const bool nul = std::memchr(begin, '\0', size) != nullptr;
  fault(line, byte, std::move(column), nul ? "nul" : "utf8",
        nul ? "field has a zero byte, expected text" : "field is no UTF-8, expected UTF-8");
}

void CsvReader::drop_unclean_rows(const char* region) {
  std::size_t kept = region_first_;
  for (std::size_t row = region_first_; row < batch_.rows; ++row) {
    const char* const begin = region + (batch_.byte[row] - region_byte_);
    if (!is_clean({begin, size_[row]})) {
      unclean(begin, size_[row], batch_.line[row], batch_.byte[row]);
      continue;
    }
    if (kept != row) {
      for (auto& column : batch_.cells) column[kept] = column[row];
      batch_.line[kept] = batch_.line[row];
      batch_.byte[kept] = batch_.byte[row];
    }
    ++kept;
  }
  batch_.rows = kept;
}

base::Status CsvReader::flush() {
  if (region_begin_ != nullptr && batch_.rows > region_first_) {
    const auto size = static_cast<std::size_t>(byte_ - region_byte_);
    if (!is_clean({region_begin_, size})) drop_unclean_rows(region_begin_);
  }
  region_begin_ = nullptr;
  region_first_ = 0;
  base::Status given;
  if (batch_.rows != 0 || !batch_.faults.empty()) given = sink_(batch_);
  batch_.rows = 0;
  batch_.faults.clear();
  arena_.clear();
  return given;
}

/// Behind the last line whose quotes are in pairs: most likely it is neither the begin nor the end of a field with line
/// breaks in it.

}  // namespace ntmd::connectors
