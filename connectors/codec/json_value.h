#pragma once
// A whole JSON text as a plain tree, for answers that steer a protocol (paging, fan-out). Records go through json.h.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/codec/json_events.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

struct JsonMember;

/// Immutable after parsing.
struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::string text;                 ///< string: its characters; number: exactly as written; boolean: "true" or "false"
  std::vector<JsonValue> items;     ///< of an array
  std::vector<JsonMember> members;  ///< of an object, in file order, keys unique

  [[nodiscard]] bool is(Kind other) const { return kind == other; }
  /// The member `key` of an object; nullptr when absent or when this is no object.
  [[nodiscard]] const JsonValue* find(std::string_view key) const;
  /// By JSON pointer (RFC 6901): "" is this value, "/data/items/0". nullptr when the path leads nowhere or is no
  /// pointer.
  [[nodiscard]] const JsonValue* at(std::string_view pointer) const;
};

struct JsonMember {
  std::string key;
  JsonValue value;
};

/// bad_data with line and column for anything but exactly one JSON value: duplicate keys, trailing text, invalid UTF-8,
/// a cap.
base::Result<JsonValue> parse_json(std::string_view text, const JsonCaps& caps = {});

/// A pointer taken apart, unescaped: {"data", "items"}. bad_config unless it is empty or begins with '/'.
base::Result<std::vector<std::string>> split_pointer(std::string_view pointer);

}  // namespace ntmd::connectors
