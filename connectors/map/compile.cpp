#include "connectors/map/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/codec/json_value.h"
#include "connectors/map/compiler.h"

namespace ntmd::connectors {

using settings::MapReader;
using settings::Node;

std::string_view to_string(FieldType type) {
  switch (type) {
    case FieldType::text:
      return "text";
    case FieldType::unit:
      return "unit";
    case FieldType::date:
      return "date";
    case FieldType::integer:
      return "integer";
    case FieldType::boolean:
      return "boolean";
    case FieldType::choice:
      return "enum";
    case FieldType::citizen_number:
      return "citizen_number";
  }
  return {};
}

void PlanCompiler::decode() {
  MapReader reader(*sections_.decode, "decode", problems_);
  const auto* csv = reader.optional("csv");
  const auto* json = reader.optional("json");
  const auto* ndjson = reader.optional("ndjson");
  if (static_cast<int>(csv != nullptr) + static_cast<int>(json != nullptr) + static_cast<int>(ndjson != nullptr) != 1) {
    if (sections_.decode->is_map()) fault(sections_.decode->place, "decode: expected one of csv, json, ndjson");
    return;
  }
  if (ndjson != nullptr) {
    plan_.format = RecordPlan::Format::ndjson;
    MapReader inner(*ndjson, "decode.ndjson", problems_);
    inner.choice("encoding", {"utf-8"}, "utf-8");
    return;
  }
  if (csv != nullptr) {
    MapReader inner(*csv, "decode.csv", problems_);
    inner.choice("encoding", {"utf-8"}, "utf-8");
    inner.choice("header", {"by_name"}, "by_name");
    return;
  }
  plan_.format = RecordPlan::Format::json;
  MapReader inner(*json, "decode.json", problems_);
  plan_.records = inner.text("records", "");
  if (const auto tokens = split_pointer(plan_.records); !tokens) fault(inner.place_of("records"), tokens.error().what);
}

void PlanCompiler::map() {
  plan_.personal = sections_.personal;
  for (const auto& element : elements_.all())
    plan_.elements.emplace(element.name, ElementRef{element.id, element.kind});
  if (!sections_.map->is_map() || sections_.map->entries.empty()) {
    fault(sections_.map->place, "map: expected one entry per field, e.g. unit: {column: unit, type: unit}");
    return;
  }
  for (const auto& entry : sections_.map->entries) names_.push_back(entry.key);
  for (const auto& entry : sections_.map->entries) field(entry);
  units_on();
  order();
}

void PlanCompiler::field(const Node::Entry& entry) {
  const auto subject = fmt::format("map.{}", entry.key);
  MapReader reader(entry.value, subject, problems_);
  FieldPlan field;
  field.name = entry.key;
  origin(reader, field);
  const auto* meanings = reader.optional("enum");
  const auto type = reader.choice("type", {"text", "unit", "date", "integer", "boolean", "citizen_number"}, "text");
  for (const auto known : {FieldType::text, FieldType::unit, FieldType::date, FieldType::integer, FieldType::boolean,
                           FieldType::citizen_number}) {
    if (to_string(known) == type) field.type = known;
  }
  if (meanings != nullptr) {
    if (entry.value.find("type") != nullptr)
      fault(reader.place_of("type"), fmt::format("{}: type and enum, expected one of them", subject));
    field.type = FieldType::choice;
    choices(*meanings, field);
  }
  field.optional = reader.boolean("optional", false);
  const Node* on = nullptr;
  const Node* not_after = nullptr;
  if (field.type == FieldType::unit) {
    field.scheme = reader.text("scheme", "gso");
    field.groups = reader.boolean("groups", false);
    on = reader.optional("on");
  }
  if (field.type == FieldType::date) {
    auto format = DateFormat::parse(reader.text("format", "yyyy-MM-dd"));
    if (format) {
      field.format = std::move(*format);
    } else {
      fault(reader.place_of("format"), fmt::format("{}: format {}", subject, format.error().what));
    }
    not_after = reader.optional("not_after");
  }
  if (field.type == FieldType::citizen_number) {
    if (reader.choice("keep", {"pseudonym"}, "").empty() && entry.value.find("keep") == nullptr &&
        entry.value.is_map()) {
      fault(entry.value.place,
            fmt::format("{}: keep is missing, expected keep: pseudonym (the number itself is never kept)", subject));
    }
  }
  if (field.type == FieldType::text) field.keyed = reader.choice("keep", {"text", "hash"}, "text") == "hash";
  plan_.fields.push_back(std::move(field));
  on_.push_back(on);
  not_after_.push_back(not_after);
}

void PlanCompiler::origin(MapReader& reader, FieldPlan& field) {
  const bool csv = plan_.format == RecordPlan::Format::csv;
  const auto* column = reader.optional("column");
  const auto* path = reader.optional("path");
  const auto* value = reader.optional("value");
  const auto given =
      static_cast<int>(column != nullptr) + static_cast<int>(path != nullptr) + static_cast<int>(value != nullptr);
  const auto wanted = csv ? "column" : "path";
  field.column = field.name;
  if (given != 1 || (csv ? path : column) != nullptr) {
    if (reader.node().is_map()) {
      fault(reader.node().place, fmt::format("{}: expected one of {}, value", reader.subject(), wanted));
    }
    return;
  }
  if (value != nullptr) {
    field.value = settings::as_text(*value, reader.subject() + ".value", problems_).value_or("");
    field.variable = !value->quoted && field.value.starts_with('$');
    return;
  }
  const auto& node = csv ? *column : *path;
  const auto name = settings::as_text(node, fmt::format("{}.{}", reader.subject(), wanted), problems_);
  if (!name) return;
  field.column = *name;
  if (!csv) {
    if (const auto tokens = split_pointer(*name); !tokens) fault(node.place, tokens.error().what);
  } else if (name->empty()) {
    fault(node.place, fmt::format("{}: column is empty, expected a header name", reader.subject()));
  }
  const auto known = std::find(plan_.columns.begin(), plan_.columns.end(), *name);
  field.input = static_cast<std::size_t>(known - plan_.columns.begin());
  if (known == plan_.columns.end()) plan_.columns.push_back(*name);
}

void PlanCompiler::choices(const Node& node, FieldPlan& field) {
  const auto subject = fmt::format("map.{}.enum", field.name);
  const auto add = [&](const std::string& written, const std::string& meaning, const settings::Place& place) {
    const auto known = std::find(field.meanings.begin(), field.meanings.end(), meaning);
    const auto code = static_cast<std::size_t>(known - field.meanings.begin());
    if (known == field.meanings.end()) field.meanings.push_back(meaning);
    if (code >= 250) return fault(place, fmt::format("{}: over 250 meanings", subject));
    field.choices.emplace_back(written, static_cast<std::uint8_t>(code));
  };
  if (node.is_map()) {
    for (const auto& entry : node.entries) {
      if (const auto meaning = settings::as_text(entry.value, subject, problems_))
        add(entry.key, *meaning, entry.key_place);
    }
  } else if (const auto list = settings::as_text_list(node, subject, problems_)) {
    for (const auto& text : *list) add(text, text, node.place);
  }
  if (field.choices.empty()) fault(node.place, fmt::format("{}: expected at least one value", subject));
}

void PlanCompiler::units_on() {
  for (FieldId id = 0; id < plan_.fields.size(); ++id) {
    auto& field = plan_.fields[id];
    const auto subject = fmt::format("map.{}", field.name);
    if (not_after_[id] != nullptr) {
      field.not_after = day_ref(*not_after_[id], subject + ".not_after");
      if (field.not_after && field.not_after->from == DayRef::From::field) {
        fault(not_after_[id]->place,
              fmt::format("{}.not_after: is a field, expected $date, $today or $window.last", subject));
      }
    }
    if (field.type != FieldType::unit) continue;
    if (on_[id] == nullptr) {
      field.on = {DayRef{}};
    } else if (on_[id]->is_list()) {
      for (const auto& item : on_[id]->items) {
        if (item.is_scalar() && item.text == "any") {
          field.on_any_day = true;
        } else if (const auto day = day_ref(item, subject + ".on")) {
          field.on.push_back(*day);
        }
      }
      if (field.on.empty()) fault(on_[id]->place, fmt::format("{}.on: names no day, expected at least one", subject));
    } else if (const auto day = day_ref(*on_[id], subject + ".on")) {
      field.on = {*day};
    }
  }
}

/// As written, but units that need a date of their row last.
void PlanCompiler::order() {
  const auto waits = [](const FieldPlan& field) {
    return std::any_of(field.on.begin(), field.on.end(),
                       [](const DayRef& day) { return day.from == DayRef::From::field; });
  };
  for (const bool late : {false, true}) {
    for (FieldId id = 0; id < plan_.fields.size(); ++id) {
      if (waits(plan_.fields[id]) == late) plan_.order.push_back(id);
    }
  }
}

void PlanCompiler::check() {
  if (sections_.check == nullptr) return;
  MapReader reader(*sections_.check, "check", problems_);
  if (const auto* filter = reader.optional("filter")) {
    if (!filter->is_map()) return fault(filter->place, "check.filter: expected field: value");
    for (const auto& entry : filter->entries) {
      if (auto made = condition(entry, "check.filter", false)) plan_.filter.push_back(std::move(*made));
    }
  }
  if (const auto* skip = reader.optional("skip")) {
    if (!skip->is_map()) return fault(skip->place, "check.skip: expected field: value");
    for (const auto& entry : skip->entries) {
      Skip rule;
      const auto named = std::find(names_.begin(), names_.end(), entry.key);
      if (named == names_.end()) {
        fault(entry.key_place, fmt::format("check.skip: field \"{}\" is not in map{}", entry.key,
                                           settings::suggestion(entry.key, names_)));
        continue;
      }
      rule.field = static_cast<FieldId>(named - names_.begin());
      const auto values = settings::as_text_list(entry.value, "check.skip." + entry.key, problems_);
      if (!values) continue;
      rule.values = *values;
      plan_.skip.push_back(std::move(rule));
    }
  }
}

std::shared_ptr<const RecordPlan> compile_records(const RecordSections& sections, const model::ElementTable& elements,
                                                  const AgeTables& tables, settings::Problems& problems) {
  const auto before = problems.size();
  PlanCompiler compiler(sections, elements, tables, problems);
  compiler.decode();
  compiler.map();
  // Further sections name fields; with the fields at fault they would only repeat it.
  if (problems.size() == before) {
    compiler.check();
    compiler.load();
  }
  return problems.size() == before ? std::make_shared<const RecordPlan>(compiler.take()) : nullptr;
}

}  // namespace ntmd::connectors
