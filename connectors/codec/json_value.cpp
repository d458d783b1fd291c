#include "connectors/codec/json_value.h"

#include <fmt/format.h>

#include <charconv>

namespace ntmd::connectors {
namespace {

/// Builds the tree. A value under construction is always the last of its parent, so the path of open values stays
/// valid: a parent's list only grows when none of its children is open.
class TreeBuilder final : public JsonEvents {
 public:
  bool begin_object() override { return open(JsonValue::Kind::object); }
  bool begin_array() override { return open(JsonValue::Kind::array); }
  bool key(std::string_view key) override {
    key_ = key;
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool string(std::string_view text) override { return leaf(JsonValue::Kind::string, text); }
  bool number(std::string_view lexeme) override { return leaf(JsonValue::Kind::number, lexeme); }
  bool boolean(bool value) override { return leaf(JsonValue::Kind::boolean, value ? "true" : "false"); }
  bool null() override { return leaf(JsonValue::Kind::null, {}); }

  [[nodiscard]] std::string refusal() const override { return fmt::format("the text has over {} values", kMaxValues); }

  JsonValue take() { return std::move(root_); }

 private:
  /// Bounds memory: a value costs some hundred bytes and may take two in the text.
  static constexpr std::size_t kMaxValues = 2'000'000;

  JsonValue* add(JsonValue::Kind kind) {
    if (++values_ > kMaxValues) return nullptr;
    JsonValue* added = &root_;
    if (!open_.empty()) {
      auto& parent = *open_.back();
      added = parent.kind == JsonValue::Kind::array ? &parent.items.emplace_back()
                                                    : &parent.members.emplace_back(key_, JsonValue{}).value;
    }
    added->kind = kind;
    return added;
  }
  bool open(JsonValue::Kind kind) {
    auto* added = add(kind);
    if (added != nullptr) open_.push_back(added);
    return added != nullptr;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool leaf(JsonValue::Kind kind, std::string_view text) {
    auto* added = add(kind);
    if (added != nullptr) added->text = text;
    return added != nullptr;
  }

  JsonValue root_;
  std::vector<JsonValue*> open_;
  std::string key_;
  std::size_t values_ = 0;
};

/// The index that `token` spells, as RFC 6901 allows: no sign, no leading zero.
const JsonValue* item(const JsonValue& array, std::string_view token) {
  std::size_t index = 0;
  if (token.empty() || (token.size() > 1 && token[0] == '0')) return nullptr;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size() || index >= array.items.size()) return nullptr;
  return &array.items[index];
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  for (const auto& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

const JsonValue* JsonValue::at(std::string_view pointer) const {
  const auto tokens = split_pointer(pointer);
  if (!tokens) return nullptr;
  const JsonValue* value = this;
  for (const auto& token : *tokens) {
    if (value == nullptr) return nullptr;
    value = value->kind == Kind::array ? item(*value, token) : value->find(token);
  }
  return value;
}

base::Result<JsonValue> parse_json(std::string_view text, const JsonCaps& caps) {
  TreeBuilder builder;
  JsonReader reader(builder, caps);
  if (const auto fed = reader.feed(text); !fed) return std::unexpected(fed.error());
  if (const auto ended = reader.finish(); !ended) return std::unexpected(ended.error());
  return builder.take();
}

base::Result<std::vector<std::string>> split_pointer(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer[0] != '/') {
    return base::fail(base::Fault::bad_config,
                      fmt::format("JSON pointer \"{}\": begins with \"{}\", expected \"/\"", pointer, pointer[0]));
  }
  std::string token;
  for (std::size_t i = 1; i <= pointer.size(); ++i) {
    if (i == pointer.size() || pointer[i] == '/') {
      tokens.push_back(std::exchange(token, {}));
    } else if (pointer[i] != '~') {
      token += pointer[i];
    } else if (i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      token += pointer[++i] == '0' ? '~' : '/';
    } else {
      return base::fail(base::Fault::bad_config,
                        fmt::format("JSON pointer \"{}\": a lone \"~\", expected \"~0\" or \"~1\"", pointer));
    }
  }
  return tokens;
}

}  // namespace ntmd::connectors
