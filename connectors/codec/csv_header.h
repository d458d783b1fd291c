#pragma once
// The first row of a CSV: which field holds which column.

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/result.h"

namespace ntmd::connectors {

/// For each field of a row the place of its column in `columns`, or -1. bad_data when a column is missing or two fields
/// have one name. Messages never print a header's text unless it is near a wanted name: a file without header has
/// people there.
base::Result<std::vector<std::int32_t>> match_header(const std::vector<std::string>& header,
                                                     const std::vector<std::string>& columns);

}  // namespace ntmd::connectors
