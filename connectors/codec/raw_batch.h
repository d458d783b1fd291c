#pragma once
// What every decoder gives: rows as columns of cells, and the rows that could not be read.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace ntmd::connectors {

/// A cell without a value (JSON null or absent) has no data; an empty text has.
using Cell = std::string_view;
inline constexpr Cell kNoValue{};
constexpr bool has_value(Cell cell) { return cell.data() != nullptr; }

/// A row that is none: too few fields, invalid UTF-8 …
struct RowFault {
  std::uint64_t line = 0;  ///< as RawBatch::line
  std::uint64_t byte = 0;
  std::string column;  ///< empty: the whole row
  std::string rule;
  std::string message;  ///< never holds a value
};

/// Cells are views into the reader's buffers and last for the sink's call. Reused from batch to batch: no allocation
/// per row.
struct RawBatch {
  static constexpr std::size_t kRows = 2048;  ///< at most

  std::size_t rows = 0;
  std::vector<std::vector<Cell>> cells;  ///< [column asked for][row], at least `rows` long
  std::vector<std::uint64_t> line;       ///< physical line, 1-based; of a format without lines the record's number
  std::vector<std::uint64_t> byte;       ///< where the row begins
  std::vector<RowFault> faults;          ///< not among the rows
};

/// Takes a batch; an error stops the reader, which passes it on.
using BatchSink = std::function<base::Status(const RawBatch&)>;

struct Pieces;

/// Bytes to batches. Pieces may be cut anywhere; the rows are the same. One thread at a time; after an error it is not
/// used again.
struct Decoder {
  virtual ~Decoder() = default;
  /// bad_data when the whole input must be refused: "5:9: …" (line, column).
  virtual base::Status feed(std::string_view bytes) = 0;
  /// Ends the document; the next `feed` begins another one.
  virtual base::Status finish() = 0;
  /// For input that may be cut at row ends and read side by side; nullptr: it may not.
  virtual Pieces* pieces() { return nullptr; }
};

}  // namespace ntmd::connectors
