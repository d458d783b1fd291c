#include "daemon/engine/decision_reader.h"

#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "connectors/codec/json_value.h"
#include "daemon/base/json_writer.h"

namespace ntmd::engine {
namespace {

using connectors::JsonValue;

/// Thrown inside this file only: a record of another shape.
struct Mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const JsonValue& get(const JsonValue& object, std::string_view key) {
  const auto* value = object.find(key);
  if (value == nullptr) throw Mismatch(fmt::format("field \"{}\" is missing", key));
  return *value;
}

std::string text(const JsonValue& object, std::string_view key) {
  const auto& value = get(object, key);
  if (!value.is(JsonValue::Kind::string)) throw Mismatch(fmt::format("field \"{}\" is no text", key));
  return value.text;
}

std::int64_t number_of(const JsonValue& value, std::string_view key) {
  std::int64_t out = 0;
  const auto* end = value.text.data() + value.text.size();
  if (!value.is(JsonValue::Kind::number) || std::from_chars(value.text.data(), end, out).ptr != end) {
    throw Mismatch(fmt::format("field \"{}\" is no integer", key));
  }
  return out;
}

std::int64_t number(const JsonValue& object, std::string_view key) { return number_of(get(object, key), key); }

std::optional<std::int64_t> maybe_number(const JsonValue& object, std::string_view key) {
  const auto& value = get(object, key);
  if (value.is(JsonValue::Kind::null)) return std::nullopt;
  return number_of(value, key);
}

bool boolean(const JsonValue& object, std::string_view key) {
  const auto& value = get(object, key);
  if (!value.is(JsonValue::Kind::boolean)) throw Mismatch(fmt::format("field \"{}\" is no boolean", key));
  return value.text == "true";
}

template <class Parse>
auto parsed(const JsonValue& object, std::string_view key, Parse parse) {
  auto value = parse(text(object, key));
  if (!value) throw Mismatch(fmt::format("field \"{}\" holds \"{}\"", key, text(object, key)));
  return *value;
}

std::optional<model::Day> maybe_day(const JsonValue& object, std::string_view key) {
  if (get(object, key).is(JsonValue::Kind::null)) return std::nullopt;
  return parsed(object, key, model::Day::parse);
}

std::optional<model::Truth> parse_truth(std::string_view letter) {
  if (letter == "T") return model::Truth::t;
  if (letter == "F") return model::Truth::f;
  if (letter == "U") return model::Truth::u;
  if (letter == "N") return model::Truth::n;
  return std::nullopt;
}

rules::Standing standing(const JsonValue& object) {
  rules::Standing out;
  out.state = parsed(object, "status", rules::parse_state);
  out.measured = parsed(object, "measured", parse_truth);
  out.official = parsed(object, "official", parse_truth);
  for (const auto& item : get(object, "reasons").items) {
    const auto reason = rules::parse_reason(item.text);
    if (!reason) throw Mismatch(fmt::format("reason \"{}\" is not known", item.text));
    out.reasons.push_back(*reason);
  }
  return out;
}

rules::Operand operand(const JsonValue& object) {
  rules::Operand out;
  out.element_name = text(object, "element");
  out.value = maybe_number(object, "value");
  if (!get(object, "missing").is(JsonValue::Kind::null)) out.missing = parsed(object, "missing", rules::parse_reason);
  out.source = text(object, "source");
  const auto first = maybe_day(object, "first");
  const auto last = maybe_day(object, "last");
  if (first && last) out.period = model::Period{*first, *last};
  out.flow = boolean(object, "flow");
  if (const auto age = maybe_number(object, "age_days")) out.age_days = static_cast<std::int32_t>(*age);
  out.error_after_ms = number(object, "error_after_ms");
  out.stale = boolean(object, "stale");
  out.disputed = boolean(object, "disputed");
  out.jumped = boolean(object, "jumped");
  out.previous_window = boolean(object, "previous_window");
  for (const auto& item : get(object, "deliveries").items) {
    out.deliveries.push_back(static_cast<model::Revision>(number_of(item, "deliveries")));
  }
  if (const auto* parts = object.find("added_from")) {
    for (const auto& item : parts->items) {
      const auto code = model::UnitCode::of(item.text);
      if (!code) throw Mismatch(fmt::format("field \"added_from\" holds \"{}\"", item.text));
      out.added_from.push_back(*code);
    }
  }
  return out;
}

/// "2024-12-20T03:04:05.000123Z"
std::optional<base::Instant> parse_instant(std::string_view text) {
  if (text.size() != 27 || text[10] != 'T' || text[26] != 'Z') return std::nullopt;
  const auto day = model::Day::parse(text.substr(0, 10));
  const auto field = [&](std::size_t at, std::size_t size) {
    std::int64_t value = -1;
    const auto* end = text.data() + at + size;
    return std::from_chars(text.data() + at, end, value).ptr == end ? value : -1;
  };
  const auto hour = field(11, 2);
  const auto minute = field(14, 2);
  const auto second = field(17, 2);
  const auto micros = field(20, 6);
  if (!day || hour < 0 || minute < 0 || second < 0 || micros < 0) return std::nullopt;
  return base::Instant(std::chrono::days(day->since_epoch())) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) + std::chrono::microseconds(micros);
}

rules::EvidenceFinding finding(const JsonValue& object) {
  rules::EvidenceFinding out;
  out.kind = parsed(object, "kind", model::parse_evidence_kind);
  const auto& record = get(object, "record");
  if (record.is(JsonValue::Kind::null)) return out;
  model::Evidence evidence;
  evidence.kind = out.kind;
  if (const auto code = text(record, "unit"); !code.empty())
    evidence.unit = parsed(record, "unit", model::UnitCode::of);
  evidence.indicator = text(record, "indicator");
  evidence.number = text(record, "number");
  evidence.issued_on = parsed(record, "issued_on", model::Day::parse);
  evidence.issuer = text(record, "issuer");
  evidence.valid_to = maybe_day(record, "valid_to");
  evidence.state = parsed(record, "state", model::parse_evidence_state);
  evidence.confirmed_value = maybe_number(record, "confirmed_value");
  evidence.sha256 = text(record, "sha256");
  evidence.revision = static_cast<model::Revision>(number(record, "delivery"));
  evidence.row = static_cast<std::uint32_t>(number(record, "row"));
  evidence.recorded = parsed(record, "recorded", parse_instant);
  out.record = std::move(evidence);
  return out;
}

rules::GroupFinding group_finding(const JsonValue& object) {
  return {number(object, "met"), number(object, "open"), number(object, "of"),
          parsed(object, "word", rules::parse_state)};
}

rules::IndicatorInputs inputs(const JsonValue& object) {
  rules::IndicatorInputs out;
  out.day = parsed(object, "day", model::Day::parse);
  out.commune_group = text(object, "commune_group");
  out.out_of_force = boolean(object, "out_of_force");
  for (const auto& item : get(object, "operands").items) out.operands.push_back(operand(item));
  for (const auto& item : get(object, "evidence").items) out.evidence.push_back(finding(item));
  out.exemption = finding(get(object, "exemption"));
  for (const auto& item : get(object, "group").items) out.group.push_back(group_finding(item));
  return out;
}

rules::CauseKind cause(const std::string& name) {
  for (const auto kind : {rules::CauseKind::first, rules::CauseKind::delivery, rules::CauseKind::evidence,
                          rules::CauseKind::rule, rules::CauseKind::boundary, rules::CauseKind::clock,
                          rules::CauseKind::retract, rules::CauseKind::accept, rules::CauseKind::config}) {
    if (rules::to_string(kind) == name) return kind;
  }
  throw Mismatch(fmt::format("cause \"{}\" is not known", name));
}

rules::Decision decision(const JsonValue& object) {
  rules::Decision out;
  out.day = parsed(object, "day", model::Day::parse);
  out.boundaries = parsed(object, "boundaries", model::Day::parse);
  if (!text(object, "unit").empty()) out.unit = parsed(object, "unit", model::UnitCode::of);
  out.group = text(object, "group");
  out.indicator = text(object, "indicator");
  out.criteria = text(object, "criteria");
  out.criteria_sha256 = text(object, "criteria_sha256");
  if (const auto& before = get(object, "before"); !before.is(JsonValue::Kind::null)) out.before = standing(before);
  out.after = standing(get(object, "after"));
  out.inputs = inputs(get(object, "inputs"));
  out.numerator = maybe_number(object, "numerator");
  out.denominator = maybe_number(object, "denominator");
  out.gap = maybe_number(object, "gap");
  out.slack = maybe_number(object, "slack");
  out.cause = cause(text(object, "cause"));
  for (const auto& item : get(object, "cause_ids").items) out.cause_ids.push_back(item.text);
  return out;
}

KeptVerdict kept(const JsonValue& object) {
  KeptVerdict out;
  out.criteria_sha256 = text(object, "criteria_sha256");
  for (const auto& item : get(object, "indicators").items)
    out.indicators.push_back({text(item, "id"), inputs(get(item, "inputs"))});
  return out;
}

template <class Read>
auto read(std::string_view body, std::string_view subject, Read read) -> base::Result<decltype(read(JsonValue{}))> {
  const auto json = connectors::parse_json(body);
  if (!json) return base::fail_within(subject, json);
  try {
    return read(*json);
  } catch (const Mismatch& mismatch) {
    return base::fail(base::Fault::bad_data,
                      fmt::format("{}: {}, expected a record as ntmd writes it", subject, mismatch.what()));
  }
}

}  // namespace

base::Result<rules::Decision> read_decision(std::string_view body) { return read(body, "decision record", decision); }

std::string kept_text(const rules::Criteria& criteria, const std::vector<rules::IndicatorVerdict>& indicators,
                      model::Day day, std::string_view group) {
  base::JsonWriter json;
  json.begin_object().field("criteria_sha256", criteria.sha256).key("indicators").begin_array();
  for (const auto& verdict : indicators) {
    json.begin_object().field("id", criteria.indicators[verdict.rule].id);
    json.key("inputs").raw(rules::canonical_json(rules::inputs_of(verdict, day, group))).end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

base::Result<KeptVerdict> read_kept(std::string_view body) { return read(body, "kept verdict", kept); }

}  // namespace ntmd::engine
