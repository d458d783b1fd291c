#include "daemon/engine/alert_rows.h"

#include <charconv>

#include <fmt/format.h>

#include "connectors/codec/json_value.h"
#include "daemon/base/json_writer.h"
#include "daemon/publish/alert_text.h"

namespace ntmd::engine {
namespace {

using base::JsonWriter;
using connectors::JsonValue;
using rules::AlertFacts;
using rules::AlertState;

using TextMember = std::string AlertFacts::*;
using NumberMember = std::optional<std::int64_t> AlertFacts::*;

struct FactText {
  std::string_view key;
  TextMember text;
};
constexpr FactText kTexts[] = {
    {"unit_name", &AlertFacts::unit_name}, {"name_vi", &AlertFacts::name_vi},   {"name_en", &AlertFacts::name_en},
    {"reason", &AlertFacts::reason},       {"value", &AlertFacts::value},       {"threshold", &AlertFacts::threshold},
    {"source", &AlertFacts::source},       {"delivery", &AlertFacts::delivery}, {"detail", &AlertFacts::detail},
};
struct FactNumber {
  std::string_view key;
  NumberMember number;
};
constexpr FactNumber kNumbers[] = {
    {"numerator", &AlertFacts::numerator},
    {"denominator", &AlertFacts::denominator},
    {"gap", &AlertFacts::gap},
    {"slack", &AlertFacts::slack},
};

std::int64_t micros(base::Instant instant) { return instant.time_since_epoch().count(); }
base::Instant instant(std::int64_t micros) { return base::Instant(std::chrono::microseconds(micros)); }

void texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& items) {
  json.key(key).begin_array();
  for (const auto& item : items) json.text(item);
  json.end_array();
}

std::string body_of(const AlertState& state) {
  JsonWriter json;
  json.begin_object().field("criteria", state.subject.criteria).field("group", state.subject.group);
  json.field("pillar", state.subject.pillar);
  json.field("about_source", state.subject.source).field("about_delivery", state.subject.delivery);
  json.key("facts").begin_object();
  for (const auto& [key, text] : kTexts) json.field(key, state.facts.*text);
  for (const auto& [key, number] : kNumbers) {
    json.key(key);
    state.facts.*number ? json.number(*(state.facts.*number)) : json.null();
  }
  texts(json, "deciding", state.facts.deciding);
  json.end_object();
  json.field("began", micros(state.began)).field("armed", state.armed).field("told", state.told);
  json.field("silenced", state.silenced).field("events", state.events);
  texts(json, "seen", state.seen);
  json.key("fires").begin_array();
  for (const auto at : state.fires) json.number(micros(at));
  json.end_array().key("calm");
  state.calm ? json.number(micros(*state.calm)) : json.null();
  json.end_object();
  return std::move(json).take();
}

/// Reads members of one object; a missing or wrong one is remembered.
class Reader {
 public:
  explicit Reader(const JsonValue& object) : object_(object) {}

  std::string text(std::string_view key) {
    const auto* value = get(key, JsonValue::Kind::string);
    return value == nullptr ? std::string{} : value->text;
  }
  bool boolean(std::string_view key) {
    const auto* value = get(key, JsonValue::Kind::boolean);
    return value != nullptr && value->text == "true";
  }
  std::optional<std::int64_t> maybe_number(std::string_view key) {
    const auto* value = object_.find(key);
    if (value != nullptr && value->is(JsonValue::Kind::null)) return std::nullopt;
    return number_of(value, key);
  }
  std::int64_t number(std::string_view key) { return number_of(object_.find(key), key); }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    if (const auto* list = get(key, JsonValue::Kind::array)) {
      for (const auto& item : list->items) out.push_back(item.text);
    }
    return out;
  }
  std::vector<base::Instant> instants(std::string_view key) {
    std::vector<base::Instant> out;
    if (const auto* list = get(key, JsonValue::Kind::array)) {
      for (const auto& item : list->items) out.push_back(instant(number_of(&item, key)));
    }
    return out;
  }
  const JsonValue* object(std::string_view key) { return get(key, JsonValue::Kind::object); }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  const JsonValue* get(std::string_view key, JsonValue::Kind kind) {
    const auto* value = object_.find(key);
    if (value != nullptr && value->is(kind)) return value;
    fault_ = key;
    return nullptr;
  }
  std::int64_t number_of(const JsonValue* value, std::string_view key) {
    std::int64_t out = 0;
    if (value == nullptr || !value->is(JsonValue::Kind::number) ||
        std::from_chars(value->text.data(), value->text.data() + value->text.size(), out).ptr !=
            value->text.data() + value->text.size()) {
      fault_ = key;
    }
    return out;
  }

  const JsonValue& object_;
  std::string fault_;
};

std::unexpected<base::Error> damaged(const store::AlertRow& row, std::string_view fact) {
  return base::fail(
      base::Fault::bad_data,
      fmt::format("alert {}: its row is damaged ({}), expected what ntmd wrote; restore a backup", row.key, fact));
}

}  // namespace

store::AlertRow row_of(const AlertState& state) {
  store::AlertRow row;
  row.key = key_of(state.subject);
  row.name = to_string(state.subject.name);
  row.state = to_string(state.phase);
  row.unit = state.subject.unit;
  row.indicator = state.subject.indicator;
  row.source = state.subject.source.empty() ? state.facts.source : state.subject.source;
  row.delivery = state.subject.delivery.empty() ? state.facts.delivery : state.subject.delivery;
  row.since = state.since;
  row.notified = state.notified;
  row.observations = state.observations;
  row.last_observation = state.last_observation;
  row.body = body_of(state);
  return row;
}

base::Result<AlertState> state_of(const store::AlertRow& row) {
  AlertState state;
  const auto name = rules::parse_alert_name(row.name);
  const auto phase = rules::parse_alert_phase(row.state);
  if (!name || !phase) return damaged(row, "its name or state");
  const auto json = connectors::parse_json(row.body);
  if (!json) return damaged(row, json.error().what);
  Reader body(*json);
  state.subject = {*name,
                   body.text("criteria"),
                   row.unit,
                   body.text("group"),
                   body.text("pillar"),
                   row.indicator,
                   body.text("about_source"),
                   body.text("about_delivery")};
  if (const auto* object = body.object("facts")) {
    Reader facts(*object);
    for (const auto& [key, text] : kTexts) state.facts.*text = facts.text(key);
    for (const auto& [key, number] : kNumbers) state.facts.*number = facts.maybe_number(key);
    state.facts.deciding = facts.texts("deciding");
    if (!facts.fault().empty()) return damaged(row, facts.fault());
  }
  state.phase = *phase;
  state.since = row.since;
  state.began = instant(body.number("began"));
  state.armed = body.boolean("armed");
  state.observations = row.observations;
  state.seen = body.texts("seen");
  state.last_observation = row.last_observation;
  state.notified = row.notified;
  state.told = body.boolean("told");
  state.silenced = body.boolean("silenced");
  state.events = static_cast<std::uint64_t>(body.number("events"));
  state.fires = body.instants("fires");
  if (const auto calm = body.maybe_number("calm")) state.calm = instant(*calm);
  if (!body.fault().empty()) return damaged(row, body.fault());
  if (key_of(state.subject) != row.key) return damaged(row, "its key");
  return state;
}

base::Result<std::vector<AlertState>> load_alerts(store::Store& store) {
  const auto rows = store.alerts();
  if (!rows) return std::unexpected(rows.error());
  std::vector<AlertState> states;
  states.reserve(rows->size());
  for (const auto& row : *rows) {
    auto state = state_of(row);
    if (!state) return std::unexpected(state.error());
    states.push_back(std::move(*state));
  }
  return states;
}

base::Result<std::vector<publish::AlertSummary>> alert_summaries(store::Store& store, publish::Language language) {
  const auto rows = store.active_alerts();
  if (!rows) return std::unexpected(rows.error());
  std::vector<publish::AlertSummary> out;
  for (const auto& row : *rows) {
    const auto state = state_of(row);
    if (!state) return std::unexpected(state.error());
    publish::AlertSummary summary;
    summary.name = row.name;
    summary.state = row.state;
    summary.criteria = state->subject.criteria;
    summary.unit = row.unit;
    summary.group = state->subject.group;
    summary.pillar = state->subject.pillar;
    summary.indicator = row.indicator;
    summary.source = row.source;
    summary.delivery = row.delivery;
    summary.since = row.since;
    summary.reason = state->facts.reason;
    summary.value = state->facts.value;
    summary.threshold = state->facts.threshold;
    summary.gap = state->facts.gap;
    summary.observations = row.observations;
    summary.silenced = state->silenced;
    summary.notified = row.notified;
    auto text = publish::alert_text(state->subject, state->facts, state->phase);
    summary.text = text.in(language);
    summary.text_vi = std::move(text.vi);
    summary.text_en = std::move(text.en);
    out.push_back(std::move(summary));
  }
  return out;
}

}  // namespace ntmd::engine
