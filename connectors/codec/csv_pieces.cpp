// Whole rows read apart from the rest of their file.

#include <algorithm>
#include <utility>

#include "connectors/codec/csv_reader.h"

namespace ntmd::connectors {

std::size_t CsvReader::cut(std::string_view text) const {
  auto end = text.rfind('\n');
  while (end != std::string_view::npos) {
    const auto before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const auto line = text.substr(before + 1, end - before - 1);  // npos + 1 is 0
    if (std::ranges::count(line, '"') % 2 == 0) return end + 1;
    end = before;
  }
  return 0;
}

std::unique_ptr<PieceReader> CsvReader::reader(BatchSink sink) const {
  auto made = std::make_unique<CsvReader>(spec_, std::move(sink));
  made->slots_ = slots_;
  made->names_ = names_;
  made->in_rows_ = made->begun_ = true;
  return made;
}

std::optional<std::uint64_t> CsvReader::read(std::string_view piece) {
  line_ = byte_ = 0;
  const bool whole = read_on(piece) && !gathering_;
  if (whole) return line_;
  carry_.clear();
  carried_ = 0;
  gathering_ = false;
  batch_.rows = 0;
  batch_.faults.clear();
  arena_.clear();
  return std::nullopt;
}

}  // namespace ntmd::connectors
