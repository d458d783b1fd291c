#pragma once
// The small CSV files of the register, read whole and strictly, every fault with its place.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/settings/problems.h"

namespace ntmd::units {

inline constexpr std::size_t kMaxCsvBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxCsvRows = 200'000;
inline constexpr std::size_t kMaxFieldBytes = 512;
/// Faults told per file; a file of another format would otherwise fill the screen.
inline constexpr std::size_t kMaxFaults = 1000;

/// The faults of one file.
class FileFaults {
 public:
  FileFaults(std::string file, settings::Problems& problems)
      : file_(std::make_shared<const std::string>(std::move(file))), problems_(problems) {}
  void add(int line, int column, std::string_view what);
  [[nodiscard]] bool full() const { return told_ >= kMaxFaults; }
  [[nodiscard]] settings::Place place(int line, int column) const { return {file_, line, column}; }
  [[nodiscard]] settings::Problems& problems() { return problems_; }

 private:
  std::shared_ptr<const std::string> file_;
  settings::Problems& problems_;
  std::size_t told_ = 0;
};

struct CsvCell {
  std::string text;
  int column = 0;  ///< characters from the line's start, 1-based
};

struct CsvRow {
  int line = 0;
  std::vector<CsvCell> cells;
};

/// Calls `row` for each data row, its cells in the order of `columns`, whatever their order in the file. A row of
/// another width is a fault and skipped; blank lines are skipped. Nothing is called when the header or the text itself
/// is at fault (no UTF-8, control or invisible direction characters, unterminated quote before the row).
void read_csv(std::string_view text, std::span<const std::string_view> columns, FileFaults& faults,
              const std::function<void(const CsvRow&)>& row);

}  // namespace ntmd::units
