#include "connectors/rest/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/wire/url.h"
#include "daemon/base/json_writer.h"

namespace ntmd::connectors {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// An integer as JSON writes it.
bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.size() > 18 || (text.size() > 1 && text[0] == '0')) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The inside of the JSON string that says `text`.
std::string inside_json_string(std::string_view text) {
  const std::string quoted = base::JsonWriter().text(text).str();
  return quoted.substr(1, quoted.size() - 2);
}

base::Result<std::string> escaped(const std::string& value, const TemplatePart& part) {
  const auto bad = [&](std::string_view fact) {
    return base::fail(base::Fault::bad_data, fmt::format("{{{}}}: {}", part.name, fact));
  };
  switch (part.escape) {
    case Escape::plain:
      if (std::ranges::any_of(value, is_control)) return bad("has a control character, expected a line of text");
      return value;
    case Escape::path:
      if (value.empty() || value == "." || value == "..") return bad("is no part of a path, expected an id");
      return percent_encode(value);
    case Escape::query:
      return percent_encode(value);
    case Escape::json_text:
      return inside_json_string(value);
    case Escape::json_number:
      if (!is_integer(value)) return bad("is no integer, expected one of up to 18 digits");
      return value;
  }
  return base::fail(base::Fault::bug, "template: an escape that nobody wrote");
}

}  // namespace

base::Result<std::string> fill(const Template& text, const Values& values) {
  std::string out;
  for (const TemplatePart& part : text) {
    if (part.name.empty()) {
      out += part.literal;
      continue;
    }
    const auto value = values.find(part.name);
    if (value == values.end()) {
      return base::fail(base::Fault::bad_data, fmt::format("{{{}}}: has no value here, expected one", part.name));
    }
    auto put = escaped(value->second, part);
    if (!put) return put;
    out += *put;
  }
  return out;
}

}  // namespace ntmd::connectors
