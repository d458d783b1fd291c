#include "daemon/publish/unit_json.h"

#include <fmt/format.h>

#include <stdexcept>

#include "daemon/publish/health_json.h"
#include "daemon/publish/json_parts.h"
#include "daemon/publish/status_json.h"
#include "daemon/publish/words.h"

namespace ntmd::publish {
namespace {

using base::JsonWriter;

void name_field(JsonWriter& json, std::string_view key, std::string_view vi, std::string_view en) {
  json.key(key).begin_object().field("vi", vi).field("en", en).end_object();
}

template <class Codes>
void words_field(JsonWriter& json, std::string_view key, const Codes& codes) {
  json.key(key).begin_object();
  for (const auto language : {Language::vi, Language::en}) {
    json.key(language == Language::vi ? "vi" : "en").begin_array();
    for (const auto code : codes) json.text(word(code).in(language));
    json.end_array();
  }
  json.end_object();
}

void write_record(JsonWriter& json, const Printing& printing, model::EvidenceKind kind, const rules::Record& record) {
  json.begin_object().field("kind", model::to_string(kind));
  text_or_null(json, "state", record ? model::to_string(record->state) : std::string_view());
  text_or_null(json, "number", record ? std::string_view(record->number) : std::string_view());
  text_or_null(json, "issued_on", record ? record->issued_on.iso() : std::string());
  text_or_null(json, "issuer", record ? std::string_view(record->issuer) : std::string_view());
  text_or_null(json, "valid_to", record && record->valid_to ? record->valid_to->iso() : std::string());
  number_or_null(json, "confirmed_value", record ? record->confirmed_value : std::nullopt);
  text_or_null(json, "sha256", record ? std::string_view(record->sha256) : std::string_view());
  text_or_null(json, "delivery", record ? printing.delivery(record->revision) : std::string());
  json.end_object();
}

void write_whole_indicator(JsonWriter& json, const Printing& printing, std::uint32_t criteria,
                           const rules::IndicatorVerdict& verdict) {
  const auto& rule = printing.layout(criteria).criteria->indicators.at(verdict.rule);
  json.begin_object();
  write_indicator(json, printing, criteria, verdict, [&](const rules::Operand& operand) {
    json.field("decides", decides(rule, operand));
    text_or_null(json, "period_start", operand.period && operand.flow ? operand.period->first.iso() : std::string());
    number_or_null(json, "age_days", operand.age_days);
    json.field("stale", operand.stale).field("disputed", operand.disputed);
    text_or_null(json, "missing", operand.missing ? rules::to_string(*operand.missing) : std::string_view());
    json.key("deliveries").begin_array();
    for (const auto& id : printing.deliveries(operand)) json.text(id);
    json.end_array();
    json.key("added_from").begin_array();
    for (const auto& unit : operand.added_from) json.text(unit.view());
    json.end_array();
  });
  name_field(json, "name", rule.name_vi, rule.name_en);
  texts_field(json, "legal", rule.legal);
  words_field(json, "reasons_text", verdict.reasons);
  words_field(json, "flags_text", verdict.flags);
  json.key("evidence").begin_array();
  for (const auto& finding : verdict.evidence) write_record(json, printing, finding.kind, finding.record);
  json.end_array().key("exemption");
  if (verdict.exemption) {
    write_record(json, printing, model::EvidenceKind::exemption, verdict.exemption);
  } else {
    json.null();
  }
  json.end_object();
}

/// The fields of one assessment, into an open object.
void write_assessment(JsonWriter& json, const Printing& printing, const rules::UnitVerdict& verdict) {
  const auto& criteria = *printing.layout(verdict.criteria).criteria;
  write_unit(json, printing, verdict);
  json.key("pillars").begin_array();
  for (const auto* pillar : printing.pillars(verdict)) {
    const auto& rule = criteria.pillars.at(pillar->rule);
    json.begin_object();
    write_pillar(json, printing, verdict.criteria, *pillar);
    name_field(json, "name", rule.name_vi, rule.name_en);
    json.end_object();
  }
  json.end_array().key("indicators").begin_array();
  for (const auto* indicator : printing.indicators(verdict.criteria, verdict.indicators)) {
    write_whole_indicator(json, printing, verdict.criteria, *indicator);
  }
  json.end_array();
  name_field(json, "criteria_name", criteria.name_vi, criteria.name_en);
  json.field("criteria_version", criteria.version).field("criteria_sha256", criteria.sha256);
}

}  // namespace

Stamped unit_json(const Printing& printing, const model::UnitCode& code) {
  const auto assessments = printing.assessments(code);
  if (assessments.empty()) throw std::logic_error("unit_json: a unit that is not assessed");
  const auto& verdicts = printing.verdicts();
  const auto& unit = printing.unit(*assessments.front());
  JsonWriter json(3);
  json.begin_object();
  write_assessment(json, printing, *assessments.front());
  json.field("kind", units::to_string(unit.kind)).field("as_of", verdicts.as_of.iso());
  json.field("boundaries", verdicts.boundaries.iso());
  json.key("others").begin_array();
  for (std::size_t other = 1; other < assessments.size(); ++other) {
    json.begin_object();
    write_assessment(json, printing, *assessments[other]);
    json.end_object();
  }
  json.end_array().end_object();
  return {"{\n  \"schema\": 1,\n  ", json_stamp(printing.snapshot()), "," + std::move(json).take().substr(1) + "\n"};
}

std::optional<std::string> indicator_json(const Printing& printing, const model::UnitCode& code,
                                          std::string_view indicator) {
  for (const auto* assessment : printing.assessments(code)) {
    const auto& criteria = *printing.layout(assessment->criteria).criteria;
    for (const auto& verdict : assessment->indicators) {
      if (criteria.indicators.at(verdict.rule).id != indicator) continue;
      const auto& unit = printing.unit(*assessment);
      JsonWriter json(2);
      json.begin_object().field("unit", unit.code.view()).field("unit_name", unit.name).field("criteria", criteria.id);
      json.field("as_of", printing.verdicts().as_of.iso()).key("indicator");
      write_whole_indicator(json, printing, assessment->criteria, verdict);
      json.end_object();
      return std::move(json).take() + "\n";
    }
  }
  return std::nullopt;
}

}  // namespace ntmd::publish
