#include "daemon/store/row_json.h"

#include <utility>

#include "daemon/base/json_writer.h"

namespace ntmd::store {

std::string row_json(Query& query) {
  base::JsonWriter json;
  json.begin_array();
  for (int column = 0; column < query.columns(); ++column) {
    if (query.is_null(column)) {
      json.null();
    } else if (query.is_text(column)) {
      json.text(query.view(column));
    } else {
      json.number(query.i64(column));
    }
  }
  json.end_array();
  return std::move(json).take();
}

}  // namespace ntmd::store
