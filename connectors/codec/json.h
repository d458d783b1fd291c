#pragma once
// Records inside a JSON text, as columns of cells.

#include <memory>
#include <string>
#include <vector>

#include "connectors/codec/json_events.h"
#include "connectors/codec/raw_batch.h"

namespace ntmd::connectors {

struct JsonSpec {
  std::string records;  ///< JSON pointer to an object (one record) or an array (one per element); "" is the whole
  std::vector<std::string> columns;  ///< JSON pointers inside a record, in the order of RawBatch::cells
  JsonCaps caps;
};

/// Strings, numbers (as written) and true/false are cells; null and absent have no value. A record's number stands in
/// RawBatch::line. Null records are no record; a path that leads nowhere, or to a plain value, refuses the input. Rows
/// at fault (rule `type`): an element that is no record, a column that is an object or array. bad_config for a broken
/// pointer.
base::Result<std::unique_ptr<Decoder>> make_json_reader(const JsonSpec& spec, BatchSink sink);

}  // namespace ntmd::connectors
