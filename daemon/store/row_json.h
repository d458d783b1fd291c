#pragma once
// A row of a query as one line of text, the same for the same row.

#include <string>

#include "daemon/store/sqlite_connection.h"

namespace ntmd::store {

/// `["a",1,null]` of the row that `query` stands on: texts, whole numbers and nulls.
std::string row_json(Query& query);

}  // namespace ntmd::store
