#include "daemon/rules/decision.h"

#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/json_writer.h"

namespace ntmd::rules {
namespace {

using base::JsonWriter;

void put(JsonWriter& json, std::string_view name, const std::optional<std::int64_t>& value) {
  json.key(name);
  value ? json.number(*value) : json.null();
}

void put(JsonWriter& json, std::string_view name, const std::optional<model::Day>& day) {
  json.key(name);
  day ? json.text(day->iso()) : json.null();
}

void put(JsonWriter& json, std::string_view name, model::Truth truth) {
  const char letter = model::letter(truth);
  json.field(name, std::string_view(&letter, 1));
}

void put(JsonWriter& json, std::string_view name, const std::optional<Standing>& standing) {
  json.key(name);
  if (!standing) {
    json.null();
    return;
  }
  json.begin_object().field("status", to_string(standing->state));
  put(json, "measured", standing->measured);
  put(json, "official", standing->official);
  json.key("reasons").begin_array();
  for (const auto reason : standing->reasons) json.text(to_string(reason));
  json.end_array().end_object();
}

void put(JsonWriter& json, const Operand& operand) {
  json.begin_object().field("element", operand.element_name.str());
  put(json, "value", operand.value);
  json.key("missing");
  operand.missing ? json.text(to_string(*operand.missing)) : json.null();
  json.field("source", operand.source.str());
  put(json, "first", operand.period ? std::optional(operand.period->first) : std::nullopt);
  put(json, "last", operand.period ? std::optional(operand.period->last) : std::nullopt);
  json.field("flow", operand.flow);
  put(json, "age_days", operand.age_days ? std::optional<std::int64_t>(*operand.age_days) : std::nullopt);
  json.field("error_after_ms", operand.error_after_ms);
  json.field("stale", operand.stale);
  json.field("disputed", operand.disputed);
  json.field("jumped", operand.jumped);
  json.field("previous_window", operand.previous_window);
  json.key("deliveries").begin_array();
  for (const auto revision : operand.deliveries) json.number(static_cast<std::int64_t>(revision));
  json.end_array();
  if (!operand.added_from.empty()) {  // records of before know no such field
    json.key("added_from").begin_array();
    for (const auto& unit : operand.added_from) json.text(unit.view());
    json.end_array();
  }
  json.end_object();
}

void put(JsonWriter& json, const EvidenceFinding& finding) {
  json.begin_object().field("kind", model::to_string(finding.kind));
  json.key("record");
  if (!finding.record) {
    json.null().end_object();
    return;
  }
  const auto& record = *finding.record;
  json.begin_object();
  json.field("unit", record.unit.view());
  json.field("indicator", record.indicator);
  json.field("number", record.number);
  json.field("issued_on", record.issued_on.iso());
  json.field("issuer", record.issuer);
  put(json, "valid_to", record.valid_to);
  json.field("state", model::to_string(record.state));
  put(json, "confirmed_value", record.confirmed_value);
  json.field("sha256", record.sha256);
  json.field("delivery", record.revision);
  json.field("row", std::int64_t{record.row});
  json.field("recorded", base::to_rfc3339_micros(record.recorded));
  json.end_object().end_object();
}

void put(JsonWriter& json, const GroupFinding& finding) {
  json.begin_object().field("met", finding.met).field("open", finding.open).field("of", finding.of);
  json.field("word", to_string(finding.word)).end_object();
}

template <class Item>
void put_all(JsonWriter& json, std::string_view name, const std::vector<Item>& items) {
  json.key(name).begin_array();
  for (const auto& item : items) put(json, item);
  json.end_array();
}

void put(JsonWriter& json, const IndicatorInputs& inputs) {
  json.begin_object();
  json.field("day", inputs.day.iso());
  json.field("commune_group", inputs.commune_group);
  json.field("out_of_force", inputs.out_of_force);
  put_all(json, "operands", inputs.operands);
  put_all(json, "evidence", inputs.evidence);
  json.key("exemption");
  put(json, inputs.exemption);
  put_all(json, "group", inputs.group);
  json.end_object();
}

}  // namespace

std::string_view to_string(CauseKind kind) {
  switch (kind) {
    case CauseKind::first:
      return "first";
    case CauseKind::delivery:
      return "delivery";
    case CauseKind::evidence:
      return "evidence";
    case CauseKind::rule:
      return "rule";
    case CauseKind::boundary:
      return "boundary";
    case CauseKind::clock:
      return "clock";
    case CauseKind::retract:
      return "retract";
    case CauseKind::accept:
      return "accept";
    case CauseKind::config:
      return "config";
  }
  return "unknown";
}

Standing standing_of(const IndicatorVerdict& verdict) {
  return {verdict.state, verdict.measured, verdict.official, verdict.reasons};
}

std::string canonical_json(const Decision& decision) {
  JsonWriter json;
  json.begin_object();
  json.field("day", decision.day.iso());
  json.field("boundaries", decision.boundaries.iso());
  json.field("unit", decision.unit.view());
  json.field("group", decision.group);
  json.field("indicator", decision.indicator);
  json.field("criteria", decision.criteria);
  json.field("criteria_sha256", decision.criteria_sha256);
  put(json, "before", decision.before);
  put(json, "after", std::optional(decision.after));
  json.key("inputs");
  put(json, decision.inputs);
  put(json, "numerator", decision.numerator);
  put(json, "denominator", decision.denominator);
  put(json, "gap", decision.gap);
  put(json, "slack", decision.slack);
  json.field("cause", to_string(decision.cause));
  json.key("cause_ids").begin_array();
  for (const auto& id : decision.cause_ids) json.text(id);
  json.end_array().end_object();
  return std::move(json).take();
}

std::string canonical_json(const IndicatorInputs& inputs) {
  JsonWriter json;
  put(json, inputs);
  return std::move(json).take();
}

}  // namespace ntmd::rules
