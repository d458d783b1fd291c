#include "daemon/notify/message.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "connectors/codec/json_value.h"
#include "daemon/base/json_writer.h"

namespace ntmd::notify {
namespace {

using base::JsonWriter;
using connectors::JsonValue;

using TextMember = std::string Notice::*;

struct Field {
  std::string_view key;
  TextMember text;
};
constexpr std::array kFields = {
    Field{"alert", &Notice::alert},         Field{"criteria", &Notice::criteria},
    Field{"unit", &Notice::unit},           Field{"unit_name", &Notice::unit_name},
    Field{"group", &Notice::group},         Field{"pillar", &Notice::pillar},
    Field{"indicator", &Notice::indicator}, Field{"since", &Notice::since},
    Field{"began", &Notice::began},         Field{"reason", &Notice::reason},
    Field{"value", &Notice::value},         Field{"threshold", &Notice::threshold},
    Field{"source", &Notice::source},       Field{"delivery", &Notice::delivery},
    Field{"title_vi", &Notice::title_vi},   Field{"title_en", &Notice::title_en},
    Field{"text_vi", &Notice::text_vi},     Field{"text_en", &Notice::text_en},
};

void write_notice(JsonWriter& json, const Notice& notice, const Message& message) {
  for (const auto& field : kFields) {
    const auto& text = notice.*field.text;
    json.key(field.key);
    text.empty() ? json.null() : json.text(text);
  }
  json.key("gap");
  notice.gap ? json.number(*notice.gap) : json.null();
  json.field("about_source", notice.about_source);
  json.field("text", message.language == "en" ? notice.text_en : notice.text_vi);
}

/// The text of a member; empty for null or absent.
std::string text_of(const JsonValue& object, std::string_view key) {
  const auto* value = object.find(key);
  return value != nullptr && value->is(JsonValue::Kind::string) ? value->text : std::string{};
}

std::optional<Notice> read_notice(const JsonValue& object) {
  if (!object.is(JsonValue::Kind::object)) return std::nullopt;
  Notice notice;
  notice.id = text_of(object, "id");
  for (const auto& field : kFields) notice.*field.text = text_of(object, field.key);
  if (const auto* gap = object.find("gap"); gap != nullptr && gap->is(JsonValue::Kind::number)) {
    std::int64_t value = 0;
    const auto* end = gap->text.data() + gap->text.size();
    if (std::from_chars(gap->text.data(), end, value).ptr != end) return std::nullopt;
    notice.gap = value;
  }
  const auto* about = object.find("about_source");
  notice.about_source = about != nullptr && about->text == "true";
  if (notice.id.empty() || notice.alert.empty() || notice.since.empty() || notice.began.empty()) return std::nullopt;
  return notice;
}

}  // namespace

std::string to_json(const Message& message) {
  JsonWriter json;
  json.begin_object().field("id", message.id).field("event", message.event).field("state", message.state);
  write_notice(json, message.alerts.front(), message);
  json.field("at", message.at).field("language", message.language);
  json.key("grouped_by").begin_object();
  for (const auto& [key, value] : message.grouped_by) json.field(key, value);
  json.end_object();
  json.field("count", static_cast<std::uint64_t>(message.alerts.size()));
  json.key("alerts").begin_array();
  for (const auto& notice : message.alerts) {
    json.begin_object().field("id", notice.id).field("state", message.state);
    write_notice(json, notice, message);
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

base::Result<Message> parse_message(std::string_view text) {
  const auto broken = [](std::string_view fact) {
    return base::fail(base::Fault::bad_data, fmt::format("message: {}, expected what ntmd put into the outbox", fact));
  };
  const auto json = connectors::parse_json(text);
  if (!json) return base::fail_within("message", json);
  if (!json->is(JsonValue::Kind::object)) return broken("is no object");
  Message message;
  message.id = text_of(*json, "id");
  message.state = text_of(*json, "state");
  message.event = text_of(*json, "event");
  message.at = text_of(*json, "at");
  message.language = text_of(*json, "language");
  if (const auto* grouped = json->find("grouped_by")) {
    for (const auto& member : grouped->members) message.grouped_by.emplace_back(member.key, member.value.text);
  }
  const auto* alerts = json->find("alerts");
  if (alerts == nullptr || alerts->items.empty()) return broken("names no alert");
  for (const auto& item : alerts->items) {
    auto notice = read_notice(item);
    if (!notice) return broken("an alert lacks a field");
    message.alerts.push_back(std::move(*notice));
  }
  if (message.id.empty() || (message.state != "firing" && message.state != "resolved"))
    return broken("has no id or no state");
  return message;
}

}  // namespace ntmd::notify
