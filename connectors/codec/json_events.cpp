#include "connectors/codec/json_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <optional>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/personal.h"
#include "daemon/base/siphash.h"
#include "daemon/base/utf8.h"

namespace ntmd::connectors {
namespace {

namespace json = boost::json;

/// The keys of one object that is being read. Up to kScan keys are compared one by one; beyond, a table with a keyed
/// hash, so that no text can make it slow.
class KeySet {
 public:
  void clear() {
    text_.clear();
    keys_.clear();
    table_.clear();
  }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  /// False when it is there already.
  bool add(std::string_view key) {
    if (keys_.size() < kScan) {
      if (std::any_of(keys_.begin(), keys_.end(), [&](const Key& known) { return view(known) == key; })) return false;
    } else if (!add_to_table(key)) {
      return false;
    }
    keys_.push_back({text_.size(), key.size()});
    text_.append(key);
    return true;
  }

 private:
  static constexpr std::size_t kScan = 24;
  struct Key {
    std::size_t at;
    std::size_t size;
  };
  [[nodiscard]] std::string_view view(const Key& key) const { return std::string_view(text_).substr(key.at, key.size); }

  static const base::SipKey& hash_key() {
    static const base::SipKey key = [] {
      base::SipKey made{};
      const auto bytes = base::random_bytes(made.size());
      std::copy(bytes.begin(), bytes.end(), made.begin());
      return made;
    }();
    return key;
  }
  /// A place of the table: the key's number + 1, 0 = free.
  void place(std::string_view key, std::uint32_t number) {
    auto slot = base::siphash(hash_key(), key) & (table_.size() - 1);
    while (table_[slot] != 0) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = number + 1;
  }
  bool add_to_table(std::string_view key) {
    if ((keys_.size() + 1) * 2 > table_.size()) {
      table_.assign(std::max<std::size_t>(128, table_.size() * 2), 0);
      for (std::size_t i = 0; i < keys_.size(); ++i) place(view(keys_[i]), static_cast<std::uint32_t>(i));
    }
    auto slot = base::siphash(hash_key(), key) & (table_.size() - 1);
    while (table_[slot] != 0) {
      if (view(keys_[table_[slot] - 1]) == key) return false;
      slot = (slot + 1) & (table_.size() - 1);
    }
    table_[slot] = static_cast<std::uint32_t>(keys_.size()) + 1;
    return true;
  }

  std::string text_;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> table_;
};

/// Passes the library's calls on, joins texts that came in parts and refuses duplicate keys.
struct Handler {
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);

  Handler(JsonEvents& events_in, const JsonCaps& caps_in) : events(events_in), caps(caps_in) {}

  JsonEvents& events;
  JsonCaps caps;
  std::string part;            ///< of a text that goes on
  std::vector<KeySet> levels;  ///< of the objects that are open; kept for reuse
  std::size_t depth = 0;
  std::string refused;

  bool refuse(std::string why, json::error_code& error) {
    refused = std::move(why);
    error = json::error::input_error;
    return false;
  }
  bool told(bool ok, json::error_code& error) { return ok || refuse(events.refusal(), error); }
  /// The whole text, its last piece being `last`.
  std::string_view whole(json::string_view last) {
    const std::string_view piece(last.data(), last.size());
    if (part.empty()) return piece;
    part.append(piece);
    return part;
  }
  bool keep_part(json::string_view piece, std::size_t cap, std::string_view what, json::error_code& error) {
    if (part.size() + piece.size() > cap) return refuse(fmt::format("{} is longer than {} bytes", what, cap), error);
    part.append(piece.data(), piece.size());
    return true;
  }
  bool on_text(json::string_view last, json::error_code& error) {
    if (part.size() + last.size() > caps.text) {
      return refuse(fmt::format("a string is longer than {} bytes", caps.text), error);
    }
    const bool ok = events.string(whole(last));
    part.clear();
    return told(ok, error);
  }
  bool on_lexeme(json::string_view last, json::error_code& error) {
    if (part.size() + last.size() > caps.text) {
      return refuse(fmt::format("a number is longer than {} bytes", caps.text), error);
    }
    const bool ok = events.number(whole(last));
    part.clear();
    return told(ok, error);
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& error) {
    if (++depth > levels.size()) levels.emplace_back();
    levels[depth - 1].clear();
    return told(events.begin_object(), error);
  }
  bool on_object_end(std::size_t, json::error_code& error) {
    --depth;
    return told(events.end_object(), error);
  }
  bool on_array_begin(json::error_code& error) { return told(events.begin_array(), error); }
  bool on_array_end(std::size_t, json::error_code& error) { return told(events.end_array(), error); }
  bool on_key_part(json::string_view piece, std::size_t, json::error_code& error) {
    return keep_part(piece, caps.key, "a key", error);
  }
  bool on_key(json::string_view last, std::size_t, json::error_code& error) {
    if (part.size() + last.size() > caps.key)
      return refuse(fmt::format("a key is longer than {} bytes", caps.key), error);
    const auto key = whole(last);
    auto& keys = levels[depth - 1];
    if (keys.size() >= caps.members) return refuse(fmt::format("an object has over {} members", caps.members), error);
    if (!keys.add(key)) {
      return refuse(fmt::format("key \"{}\" stands twice in one object, expected once",
                                base::printable(base::mask_numbers(std::string(key)), 60)),
                    error);
    }
    const bool ok = events.key(key);
    part.clear();
    return told(ok, error);
  }
  bool on_string_part(json::string_view piece, std::size_t, json::error_code& error) {
    return keep_part(piece, caps.text, "a string", error);
  }
  bool on_string(json::string_view last, std::size_t, json::error_code& error) { return on_text(last, error); }
  bool on_number_part(json::string_view piece, json::error_code& error) {
    return keep_part(piece, caps.text, "a number", error);
  }
  bool on_int64(std::int64_t, json::string_view last, json::error_code& error) { return on_lexeme(last, error); }
  bool on_uint64(std::uint64_t, json::string_view last, json::error_code& error) { return on_lexeme(last, error); }
  bool on_double(double, json::string_view last, json::error_code& error) { return on_lexeme(last, error); }
  bool on_bool(bool value, json::error_code& error) { return told(events.boolean(value), error); }
  bool on_null(json::error_code& error) { return told(events.null(), error); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

json::parse_options strict(std::size_t depth) {
  json::parse_options options;
  options.max_depth = depth;
  return options;
}

}  // namespace

struct JsonReader::State {
  State(JsonEvents& events, const JsonCaps& caps) : parser(strict(caps.depth), events, caps) {}

  json::basic_parser<Handler> parser;
  std::uint64_t bytes = 0;       ///< consumed
  std::uint64_t lines = 0;       ///< newlines in them
  std::uint64_t line_start = 0;  ///< byte of the current line's first
  std::string head;              ///< the first bytes, until they cannot be a byte order mark any more
  bool begun = false;
  bool complete = false;

  const Handler& handler() const { return parser.handler(); }

  void consume(std::string_view text) {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
      ++lines;
      line_start = bytes + at + 1;
    }
    bytes += text.size();
  }
  std::unexpected<base::Error> fault(std::string_view what) const {
    return base::fail(base::Fault::bad_data, fmt::format("{}:{}: {}", lines + 1, bytes - line_start + 1, what));
  }
  std::unexpected<base::Error> fault(const json::error_code& error) const {
    if (!handler().refused.empty()) return fault(handler().refused);
    if (error == json::error::too_deep) {
      return fault(fmt::format("nested deeper than {} levels", handler().caps.depth));
    }
    if (error == json::error::incomplete)
      return fault("the text ends in the middle of a value, expected complete JSON");
    return fault(fmt::format("no JSON here ({}), expected a JSON value", error.message()));
  }

  base::Status parse(std::string_view text) {
    if (!begun) {
      const auto first = text.find_first_not_of(" \t\r\n");
      if (first != std::string_view::npos && text[first] == '<') {
        return fault("the text begins with '<' like a web page, expected JSON");
      }
      begun = first != std::string_view::npos;
    }
    if (!complete && !text.empty()) {
      json::error_code error;
      const auto used = parser.write_some(true, text.data(), text.size(), error);
      consume(text.substr(0, used));
      if (error) return fault(error);
      complete = parser.done();
      text.remove_prefix(used);
    }
    if (!complete) return {};
    const auto rest = text.find_first_not_of(" \t\r\n");
    if (rest == std::string_view::npos) {
      consume(text);
      return {};
    }
    consume(text.substr(0, rest));
    return fault("text after the end of the value, expected nothing");
  }
};

JsonReader::JsonReader(JsonEvents& events, const JsonCaps& caps) : state_(std::make_unique<State>(events, caps)) {}
JsonReader::~JsonReader() = default;
JsonReader::JsonReader(JsonReader&&) noexcept = default;

std::uint64_t JsonReader::line() const { return state_->lines + 1; }
std::uint64_t JsonReader::byte() const { return state_->bytes; }

base::Status JsonReader::feed(std::string_view bytes) {
  auto& state = *state_;
  if (state.bytes + state.head.size() + bytes.size() > state.handler().caps.bytes) {
    return state.fault(fmt::format("the text is longer than {} bytes", state.handler().caps.bytes));
  }
  if (state.begun || (state.bytes > 0 && state.head.empty())) return state.parse(bytes);
  state.head.append(bytes);
  if (kByteOrderMark.starts_with(state.head)) {
    if (state.head != kByteOrderMark) return {};
    state.bytes = state.line_start = kByteOrderMark.size();
    state.head.clear();
    return {};
  }
  std::string head = std::exchange(state.head, {});
  std::string_view text = head;
  if (text.starts_with(kByteOrderMark)) {
    state.bytes = state.line_start = kByteOrderMark.size();
    text.remove_prefix(kByteOrderMark.size());
  }
  return state.parse(text);
}

base::Status JsonReader::finish() {
  auto& state = *state_;
  if (!state.head.empty()) {
    const std::string head = std::exchange(state.head, {});
    if (auto parsed = state.parse(head); !parsed) return parsed;
  }
  if (state.complete) return {};
  if (!state.begun) return state.fault("the text is empty, expected JSON");
  json::error_code error;
  state.parser.write_some(false, nullptr, 0, error);  // a number may end with the text
  if (error) return state.fault(error);
  state.complete = true;
  return {};
}

}  // namespace ntmd::connectors
