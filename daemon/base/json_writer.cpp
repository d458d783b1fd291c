#include "daemon/base/json_writer.h"

#include <fmt/format.h>

#include <iterator>
#include <stdexcept>

#include "daemon/base/utf8.h"

namespace ntmd::base {
namespace {

void append_escaped(std::string& out, char32_t value) {
  switch (value) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(value));
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  static constexpr PlainAscii kPlain("\"\\");
  for (std::size_t at = 0; at < text.size();) {
    if (const auto run = kPlain.run(text, at); run != 0) {
      out += text.substr(at, run);
      at += run;
      continue;
    }
    const auto next = utf8_at(text, at);
    if (!next) {
      append_utf8(out, 0xfffd);
      ++at;
      continue;
    }
    if (next->value == '"' || next->value == '\\' || is_unprintable(next->value)) {
      append_escaped(out, next->value);
    } else {
      out += text.substr(at, next->size);
    }
    at += next->size;
  }
  out += '"';
}

}  // namespace

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_items_.empty()) {
    if (!out_.empty()) throw std::logic_error("JsonWriter: a second value at the top");
    return;
  }
  if (has_items_.back()) out_ += ',';
  has_items_.back() = true;
  if (static_cast<int>(has_items_.size()) <= pretty_depth_) {
    out_ += '\n';
    out_.append(has_items_.size() * 2, ' ');
  }
}

void JsonWriter::open(char bracket) {
  before_value();
  out_ += bracket;
  has_items_.push_back(false);
}

void JsonWriter::close(char bracket) {
  if (has_items_.empty() || after_key_) throw std::logic_error("JsonWriter: a bracket closes nothing");
  const bool broken = has_items_.back() && static_cast<int>(has_items_.size()) <= pretty_depth_;
  has_items_.pop_back();
  if (broken) {
    out_ += '\n';
    out_.append(has_items_.size() * 2, ' ');
  }
  out_ += bracket;
}

JsonWriter& JsonWriter::begin_object() {
  open('{');
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  close('}');
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  open('[');
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  close(']');
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  before_value();
  append_string(out_, name);
  out_ += pretty_depth_ > 0 ? ": " : ":";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  before_value();
  append_string(out_, value);
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) { return raw(std::to_string(value)); }

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  before_value();
  out_ += json;
  return *this;
}

}  // namespace ntmd::base
