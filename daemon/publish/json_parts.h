#pragma once
// Fields that are null when there is nothing to say.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/json_writer.h"
#include "daemon/model/truth.h"

namespace ntmd::publish {

inline void number_or_null(base::JsonWriter& json, std::string_view key, std::optional<std::int64_t> value) {
  json.key(key);
  if (value) {
    json.number(*value);
  } else {
    json.null();
  }
}

/// Null when empty.
inline void text_or_null(base::JsonWriter& json, std::string_view key, std::string_view value) {
  json.key(key);
  if (value.empty()) {
    json.null();
  } else {
    json.text(value);
  }
}

inline void time_or_null(base::JsonWriter& json, std::string_view key, std::optional<base::Instant> value) {
  text_or_null(json, key, value ? base::to_rfc3339(*value) : std::string());
}

inline void truth_field(base::JsonWriter& json, std::string_view key, model::Truth truth) {
  const char letter = model::letter(truth);
  json.field(key, std::string_view(&letter, 1));
}

template <class Texts>
void texts_field(base::JsonWriter& json, std::string_view key, const Texts& texts) {
  json.key(key).begin_array();
  for (const auto& text : texts) json.text(text);
  json.end_array();
}

}  // namespace ntmd::publish
