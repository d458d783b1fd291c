#pragma once
// Rows that are read side by side: whole rows of one input, by several readers at once.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "connectors/codec/raw_batch.h"

namespace ntmd::connectors {

/// Reads pieces that begin with a row. One thread at a time; readers of one decoder may be at work side by side.
struct PieceReader {
  virtual ~PieceReader() = default;
  /// The lines of the piece; in batches lines and bytes count from the piece's begin, which is 0. nullopt: it does not
  /// end with a row, or something in it must be refused: the decoder itself is to be fed with it.
  virtual std::optional<std::uint64_t> read(std::string_view piece) = 0;
};

/// What a decoder whose input can be cut at row ends says of it. The cut is a guess (a stray quote misleads it): it was
/// right if the piece before ended with a row. So whoever cuts takes the pieces in order and, from one that did not,
/// feeds the decoder until it stands between rows again.
struct Pieces {
  virtual ~Pieces() = default;
  /// What of `text`, which begins with a row, to read as a piece: up to the end of its last row. 0: no row ends in it.
  [[nodiscard]] virtual std::size_t cut(std::string_view text) const = 0;
  /// Whether the next byte begins a row, and what stands before the rows (a header) was read.
  [[nodiscard]] virtual bool between_rows() const = 0;
  /// Once it was between rows.
  [[nodiscard]] virtual std::unique_ptr<PieceReader> reader(BatchSink sink) const = 0;
  /// Where the next row begins: what to add to a piece's lines and bytes.
  [[nodiscard]] virtual std::uint64_t line() const = 0;
  [[nodiscard]] virtual std::uint64_t byte() const = 0;
  /// A piece was read elsewhere: goes on behind it.
  virtual void pass(std::uint64_t bytes, std::uint64_t lines) = 0;
};

}  // namespace ntmd::connectors
