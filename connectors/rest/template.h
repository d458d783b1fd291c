#pragma once
// Text with placeholders, compiled once, and how each value is escaped where it stands.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace ntmd::connectors {

/// Where a value is put: decides its escaping.
enum class Escape : std::uint8_t {
  plain,        ///< header, comparison: no control characters
  path,         ///< one path segment or a part of it: percent-encoded; empty, "." and ".." are refused
  query,        ///< percent-encoded
  json_text,    ///< inside a JSON string
  json_number,  ///< a bare integer
};

/// Either literal text or a placeholder's name.
struct TemplatePart {
  std::string literal;
  std::string name;  ///< "root", "window.year", "item.id", "page.offset"; empty: literal
  Escape escape = Escape::plain;
};

using Template = std::vector<TemplatePart>;
using Values = std::map<std::string, std::string, std::less<>>;

/// bad_data when a value cannot stand where the template puts it or is missing. The message names the placeholder, not
/// its value.
base::Result<std::string> fill(const Template& text, const Values& values);

}  // namespace ntmd::connectors
