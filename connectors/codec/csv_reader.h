#pragma once
// The CSV reader's state. Private to this room.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/codec/byte_classes.h"
#include "connectors/codec/csv.h"
#include "connectors/codec/csv_marks.h"
#include "connectors/codec/csv_split.h"
#include "connectors/codec/piece_reader.h"

namespace ntmd::connectors {

/// Whether it is UTF-8 without a zero byte.
inline bool is_clean(std::string_view text) { return byte_classes().clean_utf8(text.data(), text.size()); }

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

}  // namespace ntmd::connectors
