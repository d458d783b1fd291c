#include <fmt/format.h>

#include "daemon/base/json_writer.h"
#include "daemon/base/log.h"
#include "daemon/base/utf8.h"

namespace ntmd::base::log {
namespace {

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "error";
}

std::string millis(Instant at) {
  std::string text = to_rfc3339_micros(at);
  text.replace(text.size() - 4, 4, "Z");  // ".000123Z" to ".000Z"
  return text;
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  std::string_view rest = value;
  while (!rest.empty()) {
    const std::size_t special = rest.find_first_of("\"\\\n\r\t");
    out += printable(rest.substr(0, special), value.size());
    if (special == std::string_view::npos) break;
    out += '\\';
    switch (rest[special]) {
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += rest[special];
    }
    rest.remove_prefix(special + 1);
  }
  out += '"';
}

bool is_plain(std::string_view value) {
  return !value.empty() && value.find_first_of(" \"\\=") == std::string_view::npos &&
         printable(value, value.size()) == value;
}

void append_value(std::string& out, std::string_view value) {
  if (is_plain(value)) {
    out += value;
  } else {
    append_quoted(out, value);
  }
}

std::string render_json(Instant at, Level level, std::string_view event, std::initializer_list<Field> fields,
                        std::string_view text) {
  JsonWriter json;
  json.begin_object().field("ts", millis(at)).field("level", name_of(level)).field("event", event);
  for (const auto& field : fields) {
    json.key(field.key);
    if (field.literal) {
      json.raw(field.value);
    } else {
      json.text(field.value);
    }
  }
  if (!text.empty()) json.field("text", text);
  json.end_object();
  return std::move(json).take();
}

}  // namespace

Field::Field(std::string_view k, std::int64_t v) : key(k), value(std::to_string(v)), literal(true) {}
Field::Field(std::string_view k, std::uint64_t v) : key(k), value(std::to_string(v)), literal(true) {}

std::string render(Format format, Instant at, Level level, std::string_view event, std::initializer_list<Field> fields,
                   std::string_view text) {
  if (format == Format::json) return render_json(at, level, event, fields, text);
  std::string line = fmt::format("{} {:<5} ", millis(at), name_of(level));
  append_value(line, event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  if (!text.empty()) {
    line += " text=";
    append_quoted(line, text);
  }
  return line;
}

}  // namespace ntmd::base::log
