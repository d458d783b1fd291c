#include "daemon/units/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "daemon/base/utf8.h"
#include "daemon/settings/reader.h"

namespace ntmd::units {
namespace {

constexpr std::size_t kShownChars = 60;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Whether the text may be read at all.
bool check_text(std::string_view text, FileFaults& faults) {
  int line = 1;
  int column = 1;
  bool good = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto read = base::utf8_at(text, at);
    if (!read) {
      faults.add(line, column, "text: a byte is no UTF-8, expected UTF-8; save the file as UTF-8");
      return false;
    }
    const char32_t c = read->value;
    at += read->size;
    const bool line_end = c == U'\n' || (c == U'\r' && at < text.size() && text[at] == '\n');
    if (base::is_unprintable(c) && !line_end) {
      faults.add(line, column,
                 fmt::format("text: character U+{:04X}, expected printable text", static_cast<unsigned>(c)));
      good = false;
      if (faults.full()) return false;
    }
    ++column;
    if (c == U'\n') ++line, column = 1;
  }
  return good;
}

/// Splits checked text into rows.
class Splitter {
 public:
  Splitter(std::string_view text, FileFaults& faults) : text_(text), faults_(faults) {}

  /// The next row that is not blank; nullopt at the end, or after a quote that never ends. `bad()`: a fault was told of
  /// it.
  std::optional<CsvRow> next() {
    while (at_ < text_.size()) {
      bad_row_ = false;
      CsvRow row{line_, {}};
      do {
        row.cells.push_back(cell());
      } while (take(','));
      if (lost_) return std::nullopt;
      end_line();
      if (!bad_row_ && row.cells.size() == 1 && row.cells.front().text.empty()) continue;
      return row;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool bad() const { return bad_row_; }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  void advance() {
    const char c = text_[at_++];
    if (c == '\n') {
      ++line_, column_ = 1;
    } else if (!is_continuation(peek())) {
      ++column_;
    }
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    advance();
    return true;
  }
  [[nodiscard]] bool at_cell_end() const { return peek() == ',' || peek() == '\n' || peek() == '\r'; }
  void end_line() {
    take('\r');
    take('\n');
  }
  void fault(int line, int column, std::string_view what) {
    faults_.add(line, column, what);
    bad_row_ = true;
  }

  CsvCell cell() {
    CsvCell cell{{}, column_};
    const int line = line_;
    if (take('"')) {
      quoted(cell, line);
    } else {
      while (!at_cell_end()) {
        if (peek() == '"') {
          fault(line_, column_, "quote: inside a field without quotes, expected the whole field in quotes");
          skip_cell();
          return cell;
        }
        add(cell);
      }
    }
    if (cell.text.size() > kMaxFieldBytes) {
      fault(line, cell.column, fmt::format("field: longer than {} bytes, expected a short text", kMaxFieldBytes));
    }
    return cell;
  }

  void quoted(CsvCell& cell, int line) {
    bool broken = false;
    while (at_ < text_.size()) {
      if (take('"')) {
        if (!take('"')) {
          if (broken) fault(line, cell.column, "field: has a line break inside, expected one line");
          if (!at_cell_end()) {
            fault(line_, column_, "quote: text after the closing quote, expected a comma or the line's end");
            skip_cell();
          }
          return;
        }
        cell.text.push_back('"');
        continue;
      }
      broken = broken || peek() == '\n';
      add(cell);
    }
    fault(line, cell.column, "quote: never closed, expected a closing quote; the rest of the file is not read");
    lost_ = true;
  }

  void add(CsvCell& cell) {
    if (cell.text.size() <= kMaxFieldBytes) cell.text.push_back(text_[at_]);
    advance();
  }
  void skip_cell() {
    while (!at_cell_end()) advance();
  }

  std::string_view text_;
  FileFaults& faults_;
  std::size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
  bool bad_row_ = false;
  bool lost_ = false;
};

/// For each wanted column its place in the file's rows; nullopt when the header is at fault.
std::optional<std::vector<std::size_t>> read_header(const std::optional<CsvRow>& header,
                                                    std::span<const std::string_view> columns, FileFaults& faults) {
  if (!header) {
    faults.add(1, 1, fmt::format("header: missing, expected \"{}\"", fmt::join(columns, ",")));
    return std::nullopt;
  }
  bool good = true;
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> places(columns.size(), kNone);
  for (std::size_t i = 0; i < header->cells.size(); ++i) {
    const CsvCell& cell = header->cells[i];
    const auto known = std::ranges::find(columns, cell.text);
    if (known == columns.end()) {
      const std::vector<std::string> names(columns.begin(), columns.end());
      faults.add(header->line, cell.column,
                 fmt::format("header: unknown column \"{}\"{}", base::printable(cell.text, kShownChars),
                             settings::suggestion(cell.text, names)));
      good = false;
      continue;
    }
    std::size_t& place = places[static_cast<std::size_t>(known - columns.begin())];
    if (place != kNone) {
      faults.add(header->line, cell.column,
                 fmt::format("header: column \"{}\" stands twice, expected once", cell.text));
      good = false;
    }
    place = i;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (places[i] != kNone) continue;
    faults.add(header->line, 1,
               fmt::format("header: column \"{}\" is missing, expected \"{}\"", columns[i], fmt::join(columns, ",")));
    good = false;
  }
  return good ? std::optional(std::move(places)) : std::nullopt;
}

}  // namespace

void FileFaults::add(int line, int column, std::string_view what) {
  if (full()) return;
  problems_.add(place(line, column), what);
  if (++told_ == kMaxFaults) {
    problems_.add(place(line, column), fmt::format("file: {} faults, the rest is not told", kMaxFaults));
  }
}

void read_csv(std::string_view text, std::span<const std::string_view> columns, FileFaults& faults,
              const std::function<void(const CsvRow&)>& row) {
  if (text.size() > kMaxCsvBytes) {
    faults.add(1, 1, fmt::format("file: {} bytes, expected at most {}", text.size(), kMaxCsvBytes));
    return;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!check_text(text, faults)) return;

  Splitter splitter(text, faults);
  const auto header = splitter.next();
  if (splitter.bad()) return;
  const auto places = read_header(header, columns, faults);
  if (!places) return;
  CsvRow ordered;
  std::size_t rows = 0;
  while (const auto read = splitter.next()) {
    if (++rows > kMaxCsvRows) {
      faults.add(read->line, 1, fmt::format("file: more than {} rows, expected fewer", kMaxCsvRows));
      return;
    }
    if (splitter.bad()) continue;
    if (read->cells.size() != places->size()) {
      faults.add(read->line, 1, fmt::format("row: {} fields, expected {}", read->cells.size(), places->size()));
      continue;
    }
    ordered.line = read->line;
    ordered.cells.clear();
    for (const std::size_t place : *places) ordered.cells.push_back(read->cells[place]);
    row(ordered);
  }
}

}  // namespace ntmd::units
