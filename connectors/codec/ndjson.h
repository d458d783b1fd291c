#pragma once
// NDJSON: one JSON object a line, read as a stream; every bad line is told with its place.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "connectors/codec/json_events.h"
#include "connectors/codec/raw_batch.h"

namespace ntmd::connectors {

struct NdjsonSpec {
  std::vector<std::string> columns;               ///< JSON pointers inside a record, in the order of RawBatch::cells
  JsonCaps caps;                                  ///< of one line
  std::size_t row_cap = std::size_t{1} << 20U;    ///< a longer line is a fault of that line
  std::size_t skip_cap = std::size_t{64} << 20U;  ///< a line that does not end within this refuses the input
  bool scan = true;                               ///< false: every line through the JSON library; gives the same
};

/// Cells as of make_json_reader; what is not among the columns is checked and skipped. A byte order mark, both line
/// ends and lines of white space are allowed. Refused whole: a web page, a JSON array, another format, a last line that
/// ends in the middle of its object. Lines at fault (rules): `json`, `duplicate_key`, `utf8`, `type`, `row_too_long`; a
/// message names the character, never what stands there. Most lines are read by a scanner that knows plain objects;
/// what it does not know for certain goes to the JSON library, which decides. Memory: one line beyond the piece that is
/// fed; nothing is allocated per line. bad_config for a broken pointer.
base::Result<std::unique_ptr<Decoder>> make_ndjson_reader(NdjsonSpec spec, BatchSink sink);

}  // namespace ntmd::connectors
