#pragma once
// Writes JSON text front to back, without a tree. Text that is not UTF-8 is written with U+FFFD in its place.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ntmd::base {

/// Commas are put by itself. `pretty` breaks lines only down to `depth` levels, so that large files stay diffable and
/// small.
class JsonWriter {
 public:
  explicit JsonWriter(int pretty_depth = 0) : pretty_depth_(pretty_depth) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// JSON text made elsewhere, put in as it is.
  JsonWriter& raw(std::string_view json);

  JsonWriter& field(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& field(std::string_view name, const char* value) { return key(name).text(value); }
  JsonWriter& field(std::string_view name, const std::string& value) { return key(name).text(value); }
  JsonWriter& field(std::string_view name, std::int64_t value) { return key(name).number(value); }
  JsonWriter& field(std::string_view name, std::uint64_t value) { return key(name).raw(std::to_string(value)); }
  JsonWriter& field(std::string_view name, std::uint32_t value) { return key(name).number(value); }
  JsonWriter& field(std::string_view name, int value) { return key(name).number(value); }
  JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }

  [[nodiscard]] const std::string& str() const& { return out_; }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  void before_value();
  void open(char bracket);
  void close(char bracket);

  std::string out_;
  std::vector<bool> has_items_;
  bool after_key_ = false;
  int pretty_depth_;
};

}  // namespace ntmd::base
