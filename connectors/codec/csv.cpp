#include "connectors/codec/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "connectors/codec/csv_header.h"
#include "connectors/codec/csv_marks.h"
#include "connectors/codec/csv_split.h"
#include "connectors/codec/piece_reader.h"

namespace ntmd::connectors {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_clean(std::string_view text) { return byte_classes().clean_utf8(text.data(), text.size()); }

/// Rows that lie whole in the piece that is fed are split where they stand. The row that a piece ends in the middle of
/// is gathered in `carry_` until its end is found.
class CsvReader final : public Decoder, public Pieces, public PieceReader {
 public:
  CsvReader(CsvSpec spec, BatchSink sink) : spec_(std::move(spec)), sink_(std::move(sink)) {
    batch_.cells.assign(spec_.columns.size(), std::vector<Cell>(RawBatch::kRows));
    batch_.line.resize(RawBatch::kRows);
    batch_.byte.resize(RawBatch::kRows);
    size_.resize(RawBatch::kRows);
  }

  base::Status feed(std::string_view bytes) override;
  base::Status finish() override;

  Pieces* pieces() override { return this; }
  [[nodiscard]] std::size_t cut(std::string_view text) const override;
  [[nodiscard]] bool between_rows() const override { return in_rows_ && !gathering_; }
  [[nodiscard]] std::unique_ptr<PieceReader> reader(BatchSink sink) const override;
  [[nodiscard]] std::uint64_t line() const override { return line_; }
  [[nodiscard]] std::uint64_t byte() const override { return byte_; }
  void pass(std::uint64_t bytes, std::uint64_t lines) override {
    byte_ += bytes;
    line_ += lines;
  }
  std::optional<std::uint64_t> read(std::string_view piece) override;

 private:
  base::Status read_on(std::string_view bytes);
  base::Status read_rows(const char* begin, const char* limit, const char*& reached);
  base::Status read_header(const char* begin, const CsvSplit& row, const std::vector<std::string>& fields);
  base::Status check_begin(std::string_view text) const;
  base::Status gather(std::string_view bytes);
  base::Status take_gathered();
  base::Status end_row(const char* begin, const CsvSplit& row);
  base::Status flush();
  void fault(std::uint64_t line, std::uint64_t byte, std::string column, std::string_view rule, std::string message);
  void drop_unclean_rows(const char* region);
  void unclean(const char* begin, std::size_t size, std::uint64_t line, std::uint64_t byte);
  [[nodiscard]] std::unexpected<base::Error> refuse(std::uint64_t line, std::string_view what) const {
    return base::fail(base::Fault::bad_data, fmt::format("{}:1: {}", line, what));
  }
  [[nodiscard]] std::unexpected<base::Error> too_long_to_skip() const {
    return refuse(
        line_, fmt::format("a row does not end within {} bytes, expected at most {}", spec_.skip_cap, spec_.row_cap));
  }

  CsvSpec spec_;
  BatchSink sink_;
  RawBatch batch_;
  std::vector<std::size_t> size_;    // of each row of the batch
  TextArena arena_;                  // of the batch: unescaped fields and the gathered row
  std::vector<std::int32_t> slots_;  // by field number
  std::vector<std::string> names_;   // of the header, for faults
  bool in_rows_ = false;             // the header was read
  std::string head_;                 // the first bytes, while they may still be a byte order mark
  bool begun_ = false;
  std::uint64_t line_ = 1;  // of the next row
  std::uint64_t byte_ = 0;
  std::string carry_;
  CsvRowEnd row_end_;
  CsvMarkedRows marked_;
  std::uint64_t carried_ = 0;  // bytes of the row that is gathered, also when they are not kept
  bool gathering_ = false;
  const char* region_begin_ = nullptr;  // the rows of the batch that lie in the piece
  std::uint64_t region_byte_ = 0;
  std::size_t region_first_ = 0;  // the first row of the batch that does
};

base::Status CsvReader::check_begin(std::string_view text) const {
  if (text[0] == '<') return refuse(1, "the file begins with '<' like a web page, expected CSV");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return refuse(1, "the file is UTF-16, expected UTF-8");
  if (text.starts_with("PK\x03\x04")) return refuse(1, "the file is a ZIP archive or workbook, expected CSV");
  return {};
}

base::Status CsvReader::feed(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (begun_) return read_on(bytes);
  head_.append(bytes);
  if (head_.size() < 4 && !head_.ends_with('\n')) return {};
  begun_ = true;
  std::string head = std::exchange(head_, {});
  // The piece itself is read where it stands, unless earlier pieces were too short to tell what this is.
  std::string_view text = head.size() == bytes.size() ? bytes : std::string_view(head);
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    byte_ += kByteOrderMark.size();
  }
  if (text.empty()) return {};
  if (auto ok = check_begin(text); !ok) return ok;
  return read_on(text);
}

base::Status CsvReader::read_on(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  if (gathering_) {
    const auto used = row_end_.find(bytes);
    if (auto ok = gather(bytes.substr(0, used)); !ok) return ok;
    if (used == std::string_view::npos) return {};
    if (auto ok = take_gathered(); !ok) return ok;
    p += used;
  }
  if (p != end) {
    const void* const last = memrchr(p, '\n', static_cast<std::size_t>(end - p));
    if (last != nullptr) {
      if (auto ok = read_rows(p, static_cast<const char*>(last) + 1, p); !ok) return ok;
    }
  }
  if (p != end) {
    const std::string_view rest(p, static_cast<std::size_t>(end - p));
    gathering_ = true;
    row_end_.restart();
    row_end_.find(rest);
    if (auto ok = gather(rest); !ok) return ok;
  }
  return flush();
}

base::Status CsvReader::read_rows(const char* begin, const char* limit, const char*& reached) {
  region_begin_ = begin;
  region_byte_ = byte_;
  region_first_ = batch_.rows;
  if (in_rows_) marked_.start(begin, limit);
  const char* p = begin;
  while (p != limit) {
    reached = p;
    if (*p == '\n' || (*p == '\r' && p[1] == '\n')) {
      const auto size = *p == '\n' ? 1U : 2U;
      if (in_rows_) marked_.skip_line();
      p += size;
      byte_ += size;
      ++line_;
      continue;
    }
    if (!in_rows_) {
      std::vector<std::string> fields;
      const auto row =
          split_csv_row(p, limit, arena_, [&](std::uint32_t, std::string_view text) { fields.emplace_back(text); });
      if (row.next == nullptr) return {};
      if (auto ok = read_header(p, row, fields); !ok) return ok;
      byte_ += static_cast<std::uint64_t>(row.next - p);
      p = row.next;
      if (p != limit) marked_.start(p, limit);
      continue;
    }
    const std::size_t at = batch_.rows;
    const auto width = slots_.size();
    const auto row = marked_.split(p, arena_, [&](std::uint32_t field, std::string_view text) {
      if (field >= width) return;
      const auto slot = slots_[field];
      if (slot >= 0) batch_.cells[static_cast<std::size_t>(slot)][at] = text;
    });
    if (row.next == nullptr) return {};
    if (auto ok = end_row(p, row); !ok) return ok;
    p = row.next;
    if (batch_.rows == RawBatch::kRows) {
      if (auto ok = flush(); !ok) return ok;
      region_begin_ = p;
      region_byte_ = byte_;
    }
  }
  reached = p;
  return {};
}

base::Status CsvReader::read_header(const char* begin, const CsvSplit& row, const std::vector<std::string>& fields) {
  if (row.size > spec_.row_cap) return refuse(line_, "the header is too long, expected column names");
  if (!is_clean({begin, row.size}))
    return refuse(line_, "the header is no UTF-8 text, expected UTF-8; save the file as UTF-8");
  if (row.stray_quote)
    return refuse(line_, "the header has a quote in the middle of a name, expected quotes around a whole name");
  auto slots = match_header(fields, spec_.columns);
  if (!slots) return std::unexpected(slots.error());
  slots_ = std::move(*slots);
  names_ = fields;
  in_rows_ = true;
  line_ += 1 + row.newlines;
  return {};
}

/// Keeps or faults the row whose cells stand in place `batch_.rows`.
base::Status CsvReader::end_row(const char* begin, const CsvSplit& row) {
  const auto line = line_;
  const auto byte = byte_;
  line_ += 1 + row.newlines;
  byte_ += static_cast<std::uint64_t>(row.next - begin);
  if (row.size > spec_.skip_cap) return too_long_to_skip();
  if (row.size > spec_.row_cap) {
    fault(line, byte, {}, "row_too_long",
          fmt::format("row is longer than {} bytes, expected at most that", spec_.row_cap));
    return {};
  }
  if (row.swallowed) {
    return refuse(
        line + row.swallowed_from,
        fmt::format(
            "a quote opened here closes in line {} with text behind it, expected a closing quote before a comma; "
            "rows may be lost in it",
            line + row.swallowed_to));
  }
  if (row.stray_quote || row.fields != slots_.size()) {
    if (!is_clean({begin, row.size})) {
      unclean(begin, row.size, line, byte);
    } else if (row.stray_quote) {
      fault(line, byte, {}, "quote",
            "a quote stands in the middle of a field, expected it doubled inside a quoted field");
    } else {
      fault(line, byte, {}, "fields", fmt::format("row has {} fields, expected {}", row.fields, slots_.size()));
    }
    return {};
  }
  batch_.line[batch_.rows] = line;
  batch_.byte[batch_.rows] = byte;
  size_[batch_.rows] = row.size;
  ++batch_.rows;
  return {};
}

base::Status CsvReader::gather(std::string_view bytes) {
  carried_ += bytes.size();
  if (carried_ > spec_.skip_cap + 2) return too_long_to_skip();
  if (carried_ <= spec_.row_cap + 2) {
    carry_.append(bytes);
  } else {
    carry_.clear();
  }
  return {};
}

/// The gathered row is complete, its line end included.
base::Status CsvReader::take_gathered() {
  const bool kept = carry_.size() == carried_;
  const auto carried = std::exchange(carried_, 0);
  const auto newlines = row_end_.newlines();
  gathering_ = false;
  row_end_.restart();
  if (!kept) {
    if (!in_rows_) return refuse(line_, "the header is too long, expected column names");
    fault(line_, byte_, {}, "row_too_long",
          fmt::format("row is longer than {} bytes, expected at most that", spec_.row_cap));
    line_ += 1 + newlines;
    byte_ += carried;
    return {};
  }
  const auto text = arena_.copy(carry_);
  carry_.clear();
  const auto before = batch_.rows;
  const auto line = line_;
  const auto byte = byte_;
  const char* reached = nullptr;
  if (auto ok = read_rows(text.data(), text.data() + text.size(), reached); !ok) return ok;
  region_begin_ = nullptr;
  if (batch_.rows > before && !is_clean(text)) {
    --batch_.rows;
    unclean(text.data(), size_[before], line, byte);
  }
  return {};
}

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

base::Status CsvReader::finish() {
  if (!begun_ && !head_.empty()) {
    begun_ = true;
    const std::string head = std::exchange(head_, {});
    std::string_view text = head;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (!text.empty()) {
      if (auto ok = check_begin(text); !ok) return ok;
      if (auto ok = read_on(text); !ok) return ok;
    }
  }
  if (gathering_) {
    if (row_end_.in_quotes()) {
      return refuse(line_ + row_end_.quote_newlines(),
                    "a quote is opened here and never closed, expected a closing quote");
    }
    if (auto ok = gather("\n"); !ok) return ok;
    if (auto ok = take_gathered(); !ok) return ok;
    if (auto ok = flush(); !ok) return ok;
  }
  if (!in_rows_) return refuse(1, "empty file, expected a header");
  *this = CsvReader(std::move(spec_), std::move(sink_));
  return {};
}

}  // namespace

std::unique_ptr<Decoder> make_csv_reader(CsvSpec spec, BatchSink sink) {
  return std::make_unique<CsvReader>(std::move(spec), std::move(sink));
}

}  // namespace ntmd::connectors
