#pragma once
// CSV as RFC 4180 says, read as a stream: UTF-8, header by name, every bad row told with its place.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "connectors/codec/raw_batch.h"

namespace ntmd::connectors {

struct CsvSpec {
  std::vector<std::string> columns;               ///< header names, in the order of RawBatch::cells; no others are kept
  std::size_t row_cap = std::size_t{1} << 20U;    ///< a longer row is a fault of that row
  std::size_t skip_cap = std::size_t{64} << 20U;  ///< a row that does not end within this refuses the input
};

/// Header in any order, further columns ignored, byte order mark and both line ends allowed, blank lines skipped.
/// Refused whole: no header, a column missing or named twice, a web page, a quote that never closes or closes lines
/// later with text behind it. Rows at fault (rules): `fields`, `quote`, `utf8`, `nul`, `row_too_long`. Memory: one row
/// beyond the piece that is fed.
std::unique_ptr<Decoder> make_csv_reader(CsvSpec spec, BatchSink sink);

}  // namespace ntmd::connectors
