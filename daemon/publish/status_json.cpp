#include "daemon/publish/status_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/publish/health_json.h"
#include "daemon/publish/json_parts.h"

namespace ntmd::publish {
namespace {

using base::JsonWriter;

template <class Codes>
void codes_field(JsonWriter& json, std::string_view key, const Codes& codes) {
  json.key(key).begin_array();
  for (const auto code : codes) json.text(rules::to_string(code));
  json.end_array();
}

void write_tally(JsonWriter& json, const rules::Tally& tally) {
  json.field("met", tally.met).field("possible", tally.possible).field("of", tally.of);
}

void write_standing(JsonWriter& json, rules::State state, model::Truth measured, model::Truth official) {
  json.field("status", rules::to_string(state));
  truth_field(json, "measured", measured);
  truth_field(json, "official", official);
}

void write_input(JsonWriter& json, const Printing& printing, const rules::Operand& operand) {
  json.field("element", operand.element_name.str());
  number_or_null(json, "value", operand.value);
  text_or_null(json, "source", operand.source);
  text_or_null(json, "as_of", operand.period ? operand.period->last.iso() : std::string());
  text_or_null(json, "delivery",
               operand.deliveries.empty() ? std::string() : printing.delivery(operand.deliveries.back()));
}

std::string group_entry(const Printing& printing, const rules::GroupVerdict& group) {
  const auto& criteria = *printing.layout(group.criteria).criteria;
  JsonWriter json;
  json.begin_object().field("code", group.group).field("criteria", criteria.id).key("indicators").begin_array();
  for (const auto* verdict : printing.indicators(group.criteria, group.indicators)) {
    json.begin_object().field("id", criteria.indicators.at(verdict->rule).id);
    write_standing(json, verdict->state, verdict->measured, verdict->official);
    codes_field(json, "reasons", verdict->reasons);
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

/// "name": [ one entry a line ].
std::string list_of(std::string_view name, const std::vector<std::string>& entries) {
  if (entries.empty()) return fmt::format("  \"{}\": []", name);
  return fmt::format("  \"{}\": [\n    {}\n  ]", name, fmt::join(entries, kEntrySeparator));
}

}  // namespace

void write_criteria(JsonWriter& json, const rules::Criteria& criteria) {
  json.begin_object().field("id", criteria.id).field("version", criteria.version).field("sha256", criteria.sha256);
  json.end_object();
}

void write_indicator(JsonWriter& json, const Printing& printing, std::uint32_t criteria,
                     const rules::IndicatorVerdict& verdict, const std::function<void(const rules::Operand&)>& more) {
  const auto& layout = printing.layout(criteria);
  const auto pillar = layout.pillar_of.at(verdict.rule);
  json.field("id", layout.criteria->indicators.at(verdict.rule).id);
  text_or_null(json, "pillar", pillar ? std::string_view(layout.criteria->pillars[*pillar].id) : std::string_view());
  write_standing(json, verdict.state, verdict.measured, verdict.official);
  number_or_null(json, "numerator", verdict.numerator);
  number_or_null(json, "denominator", verdict.denominator);
  text_or_null(json, "percent", verdict.percent.value_or(""));
  text_or_null(json, "threshold", verdict.threshold.value_or(""));
  number_or_null(json, "gap", verdict.gap);
  number_or_null(json, "slack", verdict.slack);
  if (verdict.last_truth) {
    truth_field(json, "last_truth", *verdict.last_truth);
  } else {
    json.key("last_truth").null();
  }
  codes_field(json, "reasons", verdict.reasons);
  codes_field(json, "flags", verdict.flags);
  json.key("inputs").begin_array();
  for (const auto& operand : verdict.operands) {
    json.begin_object();
    write_input(json, printing, operand);
    if (more) more(operand);
    json.end_object();
  }
  json.end_array();
  number_or_null(json, "decision",
                 verdict.decision == 0 ? std::nullopt : std::optional(static_cast<std::int64_t>(verdict.decision)));
}

void write_pillar(JsonWriter& json, const Printing& printing, std::uint32_t criteria,
                  const rules::PillarVerdict& verdict) {
  json.field("id", printing.layout(criteria).criteria->pillars.at(verdict.rule).id);
  write_standing(json, verdict.state, verdict.measured, verdict.official);
  write_tally(json, verdict.tally);
  texts_field(json, "deciding", printing.ids(criteria, verdict.deciding));
}

void write_unit(JsonWriter& json, const Printing& printing, const rules::UnitVerdict& verdict) {
  const auto& unit = printing.unit(verdict);
  json.field("code", unit.code.view()).field("name", unit.name);
  text_or_null(json, "group", unit.group);
  json.field("criteria", printing.layout(verdict.criteria).criteria->id);
  write_standing(json, verdict.state, verdict.measured, verdict.official);
  write_tally(json, verdict.tally);
  texts_field(json, "deciding", printing.ids(verdict.criteria, verdict.deciding));
}

std::string status_entry(const Printing& printing, const rules::UnitVerdict& verdict) {
  JsonWriter json;
  json.begin_object();
  write_unit(json, printing, verdict);
  json.key("pillars").begin_array();
  for (const auto* pillar : printing.pillars(verdict)) {
    json.begin_object();
    write_pillar(json, printing, verdict.criteria, *pillar);
    json.end_object();
  }
  json.end_array().key("indicators").begin_array();
  for (const auto* indicator : printing.indicators(verdict.criteria, verdict.indicators)) {
    json.begin_object();
    write_indicator(json, printing, verdict.criteria, *indicator);
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

std::string status_head(const Printing& printing) {
  const auto& verdicts = printing.verdicts();
  std::vector<std::string> criteria;
  for (const auto& one : verdicts.criteria) {
    JsonWriter json;
    write_criteria(json, *one);
    criteria.push_back(std::move(json).take());
  }
  return fmt::format(
      "{{\n  \"schema\": 1,\n  \"as_of\": \"{}\",\n  \"generated_at\": \"{}\",\n  \"boundaries\": \"{}\",\n{},\n"
      "  \"units\": [{}",
      verdicts.as_of.iso(), base::to_rfc3339(printing.snapshot().generated_at), verdicts.boundaries.iso(),
      list_of("criteria", criteria), verdicts.by_unit.empty() ? "" : "\n    ");
}

std::string status_tail(const Printing& printing) {
  const auto& verdicts = printing.verdicts();
  std::vector<std::string> groups;
  groups.reserve(verdicts.by_group.size());
  for (const auto& group : verdicts.by_group) groups.push_back(group_entry(printing, group));
  std::vector<std::string> sources;
  for (const auto* source : sources_by_id(printing.snapshot())) {
    JsonWriter json;
    json.begin_object();
    write_source(json, *source);
    json.end_object();
    sources.push_back(std::move(json).take());
  }
  const auto counts = count_alerts(printing.snapshot());
  return fmt::format(
      "{}],\n{},\n{},\n  \"alerts\": {{\"firing\":{},\"pending\":{}}},\n  \"waiting\": {{\"deliveries\":{}}},\n"
      "  \"generation\": {}\n}}\n",
      verdicts.by_unit.empty() ? "" : "\n  ", list_of("groups", groups), list_of("sources", sources), counts.firing,
      counts.pending, printing.snapshot().waiting, verdicts.generation);
}

std::string status_json(const Snapshot& snapshot) {
  const Printing printing(snapshot);
  std::string out = status_head(printing);
  bool first = true;
  for (const auto& verdict : printing.verdicts().by_unit) {
    if (!first) out += kEntrySeparator;
    first = false;
    out += status_entry(printing, verdict);
  }
  return out += status_tail(printing);
}

}  // namespace ntmd::publish
