#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/map/compiler.h"

namespace ntmd::connectors {

using settings::MapReader;
using settings::Node;

namespace {

std::optional<DayRef> variable_day(std::string_view text) {
  using From = DayRef::From;
  if (text == "$date") return DayRef{From::delivery, 0};
  if (text == "$today") return DayRef{From::today, 0};
  if (text == "$window.first") return DayRef{From::window_first, 0};
  if (text == "$window.last") return DayRef{From::window_last, 0};
  return std::nullopt;
}

}  // namespace

std::optional<FieldId> PlanCompiler::field_named(const Node& node, std::string_view subject) {
  const auto name = settings::as_text(node, subject, problems_);
  if (!name) return std::nullopt;
  const auto found = std::find(names_.begin(), names_.end(), *name);
  if (found != names_.end()) return static_cast<FieldId>(found - names_.begin());
  fault(node.place,
        fmt::format("{}: field \"{}\" is not in map{}", subject, *name, settings::suggestion(*name, names_)));
  return std::nullopt;
}

std::optional<FieldId> PlanCompiler::field_of(MapReader& reader, std::string_view key,
                                              std::initializer_list<FieldType> types, bool required) {
  const auto* node = required ? reader.required(key) : reader.optional(key);
  if (node == nullptr) return std::nullopt;
  const auto subject = fmt::format("{}.{}", reader.subject(), key);
  const auto id = field_named(*node, subject);
  if (!id) return std::nullopt;
  const auto& field = plan_.fields[*id];
  if (std::find(types.begin(), types.end(), field.type) == types.end()) {
    std::string wanted;
    for (const auto type : types) wanted += fmt::format("{}{}", wanted.empty() ? "" : " or ", to_string(type));
    fault(node->place, fmt::format("{}: field \"{}\" is of type {}, expected {}", subject, field.name,
                                   to_string(field.type), wanted));
    return std::nullopt;
  }
  if (required && field.optional) {
    fault(node->place,
          fmt::format("{}: field \"{}\" is optional, expected one that always has a value", subject, field.name));
  }
  return id;
}

std::optional<DayRef> PlanCompiler::day_ref(const Node& node, std::string_view subject) {
  const auto text = settings::as_text(node, subject, problems_);
  if (!text) return std::nullopt;
  if (!node.quoted && text->starts_with('$')) {
    const auto day = variable_day(*text);
    if (!day)
      fault(node.place,
            fmt::format("{}: \"{}\" is no day, expected $date, $today, $window.first or $window.last", subject, *text));
    return day;
  }
  const auto id = field_named(node, subject);
  if (!id) return std::nullopt;
  if (plan_.fields[*id].type != FieldType::date) {
    fault(node.place, fmt::format("{}: field \"{}\" is of type {}, expected date", subject, *text,
                                  to_string(plan_.fields[*id].type)));
    return std::nullopt;
  }
  return DayRef{DayRef::From::field, *id};
}

std::optional<Condition> PlanCompiler::condition(const Node::Entry& entry, std::string_view subject, bool ages) {
  const auto found = std::find(names_.begin(), names_.end(), entry.key);
  if (found == names_.end()) {
    fault(entry.key_place,
          fmt::format("{}: field \"{}\" is not in map{}", subject, entry.key, settings::suggestion(entry.key, names_)));
    return std::nullopt;
  }
  Condition made;
  made.field = static_cast<FieldId>(found - names_.begin());
  const auto& field = plan_.fields[made.field];
  const auto name = fmt::format("{}.{}", subject, entry.key);
  if (ages && field.type == FieldType::date) {
    MapReader reader(entry.value, name, problems_);
    const auto table = reader.required_text("age_in");
    if (!table.empty()) {
      made.age = tables_(table);
      if (!made.age)
        fault(reader.place_of("age_in"),
              fmt::format("{}: table of ages \"{}\" is unknown, expected e.g. working_age", name, table));
    }
    const auto sex = field_of(reader, "sex_of", {FieldType::citizen_number}, true);
    const auto* on = reader.optional("on");
    const auto day = on == nullptr ? std::optional<DayRef>(DayRef{}) : day_ref(*on, name + ".on");
    if (day && day->from == DayRef::From::field)
      fault(on->place, fmt::format("{}.on: is a field, expected $date or $today", name));
    if (!sex || !day || !made.age) return std::nullopt;
    made.sex_of = *sex;
    made.on = *day;
    return made;
  }
  const auto values = settings::as_text_list(entry.value, name, problems_);
  if (!values) return std::nullopt;
  if (field.type == FieldType::text && !field.keyed) {
    made.texts = *values;
  } else if (field.type == FieldType::choice || field.type == FieldType::boolean) {
    const auto known = field.type == FieldType::choice ? field.meanings : std::vector<std::string>{"false", "true"};
    for (const auto& value : *values) {
      const auto at = std::find(known.begin(), known.end(), value);
      if (at == known.end()) {
        fault(entry.value.place, fmt::format("{}: value \"{}\" cannot occur, expected {}{}", name, value,
                                             fmt::join(known, ", "), settings::suggestion(value, known)));
        continue;
      }
      made.codes.push_back(static_cast<std::uint8_t>(at - known.begin()));
    }
  } else {
    fault(entry.key_place, fmt::format("{}: a field of type {} cannot be compared, expected enum, boolean or text",
                                       name, to_string(field.type)));
    return std::nullopt;
  }
  return made;
}

const model::Element* PlanCompiler::element_named(std::string_view name, const settings::Place& place) {
  const auto* element = elements_.find(name);
  if (element == nullptr) {
    std::vector<std::string> known;
    for (const auto& each : elements_.all()) known.push_back(each.name);
    fault(place, fmt::format("load: element \"{}\" is unknown{}", name, settings::suggestion(name, known)));
  }
  return element;
}

void PlanCompiler::load() {
  const auto& node = *sections_.load;
  MapReader reader(node, "load", problems_);
  const auto* figures_node = reader.optional("figures");
  const auto* evidence_node = reader.optional("evidence");
  const auto* snapshot_node = reader.optional("snapshot");
  const auto* derive_node = snapshot_node != nullptr ? reader.required("derive") : nullptr;
  const auto* upsert_node = reader.optional("upsert");
  const auto given = static_cast<int>(figures_node != nullptr) + static_cast<int>(evidence_node != nullptr) +
                     static_cast<int>(snapshot_node != nullptr) + static_cast<int>(upsert_node != nullptr);
  if (given != 1) {
    if (node.is_map()) fault(node.place, "load: expected one of figures, evidence, snapshot, upsert");
    return;
  }
  if (figures_node != nullptr) figures(*figures_node);
  if (evidence_node != nullptr) evidence(*evidence_node);
  if (snapshot_node != nullptr) snapshot(*snapshot_node, derive_node);
  if (upsert_node != nullptr) upsert(*upsert_node);
}

void PlanCompiler::figures(const Node& node) {
  MapReader reader(node, "load.figures", problems_);
  FiguresLoad load;
  if (const auto unit = field_of(reader, "unit", {FieldType::unit}, true)) load.unit = *unit;
  const auto* values = reader.optional("values");
  if (values != nullptr) {
    if (!values->is_map() || values->entries.empty())
      fault(values->place, "load.figures.values: expected element: field");
    for (const auto& entry : values->entries) {
      if (auto value = figure_value(entry)) load.values.push_back(std::move(*value));
    }
  } else {
    load.element = field_of(reader, "element", {FieldType::text}, true);
    if (const auto value = field_of(reader, "value", {FieldType::integer}, false)) {
      load.value = *value;
    } else if (node.is_map() && node.find("value") == nullptr) {
      fault(node.place, "load.figures: value is missing, expected element and value, or values");
    }
  }
  if (const auto* as_of = reader.optional("as_of")) load.as_of = day_ref(*as_of, "load.figures.as_of");
  if (const auto* period = reader.optional("period")) {
    if (period->is_scalar() && period->text == "$window") {
      load.period = {DayRef{DayRef::From::window_first, 0}, DayRef{DayRef::From::window_last, 0}};
    } else if (period->is_list() && period->items.size() == 2) {
      const auto first = day_ref(period->items[0], "load.figures.period");
      const auto last = day_ref(period->items[1], "load.figures.period");
      if (first && last) load.period = {*first, *last};
    } else {
      fault(period->place, "load.figures.period: expected [first day, last day] or $window");
    }
  }
  load.sum = reader.choice("aggregate", {"none", "sum"}, "none") == "sum";
  for (const auto& [name, field, where] : load.values) {
    if (!field && !load.sum) {
      fault(node.place, fmt::format("load.figures: {} counts rows, expected aggregate: sum", name));
    }
    const bool stock = elements_.find(name)->kind == model::ElementKind::stock;
    if (stock ? !load.as_of.has_value() : !load.period.has_value()) {
      fault(node.place, fmt::format("load.figures: {} is a {}, expected {}", name, stock ? "stock" : "flow",
                                    stock ? "as_of" : "period"));
    }
  }
  // A value that is empty is no figure: the row is filtered, not refused.
  for (const auto& value : load.values) {
    if (value.field) plan_.fields[*value.field].optional = true;
  }
  if (load.element) plan_.fields[load.value].optional = true;
  plan_.load = std::move(load);
}

/// `element: field`, or `element: {count: rows, where: {field: value}}`.
std::optional<FigureValue> PlanCompiler::figure_value(const Node::Entry& entry) {
  const auto subject = "load.figures.values." + entry.key;
  FigureValue made{entry.key, std::nullopt, {}};
  const auto* element = element_named(entry.key, entry.key_place);
  if (entry.value.is_map()) {
    MapReader reader(entry.value, subject, problems_);
    reader.required("count");
    reader.choice("count", {"rows"}, "rows");
    if (const auto* where = reader.optional("where")) {
      if (!where->is_map()) fault(where->place, fmt::format("{}.where: expected field: value", subject));
      for (const auto& rule : where->entries) {
        if (auto made_condition = condition(rule, subject + ".where", false))
          made.where.push_back(std::move(*made_condition));
      }
    }
  } else {
    made.field = field_named(entry.value, subject);
    if (!made.field) return std::nullopt;
    if (plan_.fields[*made.field].type != FieldType::integer) {
      fault(entry.value.place, fmt::format("{}: field \"{}\" is of type {}, expected integer", subject,
                                           plan_.fields[*made.field].name, to_string(plan_.fields[*made.field].type)));
    }
  }
  return element != nullptr ? std::optional(std::move(made)) : std::nullopt;
}

template <class Value, class Parse>
std::vector<Value> PlanCompiler::meanings(FieldId field, std::string_view subject, Parse parse,
                                          const settings::Place& place) {
  std::vector<Value> out;
  for (const auto& meaning : plan_.fields[field].meanings) {
    const auto value = parse(meaning);
    if (!value) {
      fault(place, fmt::format("{}: \"{}\" is no {}", subject, meaning, subject));
      continue;
    }
    out.push_back(*value);
  }
  return out;
}

void PlanCompiler::evidence(const Node& node) {
  MapReader reader(node, "load.evidence", problems_);
  EvidenceLoad load;
  const auto required = [&](std::string_view key, FieldType type, FieldId& into) {
    if (const auto id = field_of(reader, key, {type}, true)) into = *id;
  };
  required("unit", FieldType::unit, load.unit);
  required("indicator", FieldType::text, load.indicator);
  required("kind", FieldType::choice, load.kind);
  required("issued_on", FieldType::date, load.issued_on);
  required("issuer", FieldType::text, load.issuer);
  required("state", FieldType::choice, load.state);
  load.number = field_of(reader, "number", {FieldType::text}, false);
  load.valid_to = field_of(reader, "valid_to", {FieldType::date}, false);
  load.confirmed_value = field_of(reader, "confirmed_value", {FieldType::integer}, false);
  load.sha256 = field_of(reader, "sha256", {FieldType::text}, false);
  load.kinds =
      meanings<model::EvidenceKind>(load.kind, "kind of evidence", model::parse_evidence_kind, reader.place_of("kind"));
  load.states = meanings<model::EvidenceState>(load.state, "state of evidence", model::parse_evidence_state,
                                               reader.place_of("state"));
  plan_.load = std::move(load);
}

void PlanCompiler::snapshot(const Node& node, const Node* derive_node) {
  MapReader reader(node, "load.snapshot", problems_);
  SnapshotLoad load;
  load.partition = reader.text_list("partition");
  if (load.partition.empty() && node.is_map())
    fault(node.place, "load.snapshot: partition is missing, expected e.g. [$bank, $date]");
  for (const auto& part : load.partition) {
    if (part.starts_with('$') && part != "$date" && part != "$today" && part != "$source") {
      fault(reader.place_of("partition"),
            fmt::format("load.snapshot.partition: \"{}\" is unknown, expected $date, $today, $source, a parameter "
                        "or a constant",
                        part));
    }
  }
  reader.choice("parts", {"union"}, "union");
  reader.choice("older", {"ignore"}, "ignore");
  if (derive_node == nullptr) return;
  if (!derive_node->is_map() || derive_node->entries.empty())
    return fault(derive_node->place, "load.derive: expected element: {count: …}");
  for (const auto& entry : derive_node->entries) derive(entry, load);
  plan_.load = std::move(load);
}

void PlanCompiler::derive(const Node::Entry& entry, SnapshotLoad& load) {
  const auto subject = "load.derive." + entry.key;
  MapReader reader(entry.value, subject, problems_);
  Derive made;
  const auto* element = element_named(entry.key, entry.key_place);
  if (element != nullptr) {
    made.element = element->id;
    if (element->kind != model::ElementKind::stock)
      fault(entry.key_place, fmt::format("{}: is a flow, expected a stock: snapshots are counted", subject));
  }
  constexpr std::string_view kDistinct = "distinct ";
  const auto count = reader.required_text("count");
  if (!count.empty()) {
    const auto name = count.starts_with(kDistinct) ? count.substr(kDistinct.size()) : std::string();
    const auto found = std::find(names_.begin(), names_.end(), name);
    const auto id = static_cast<FieldId>(found - names_.begin());
    const bool fits =
        found != names_.end() && (plan_.fields[id].type == FieldType::citizen_number || plan_.fields[id].keyed);
    if (fits) {
      made.key = id;
      made.secret = plan_.fields[id].type == FieldType::citizen_number;
    } else {
      fault(
          reader.place_of("count"),
          fmt::format("{}.count: \"{}\", expected \"distinct FIELD\" with a citizen number or a text with keep: hash{}",
                      subject, count, settings::suggestion(name, names_)));
    }
  }
  if (const auto unit = field_of(reader, "by", {FieldType::unit}, true)) {
    made.unit = *unit;
    if (plan_.fields[*unit].groups)
      fault(reader.place_of("by"), fmt::format("{}.by: takes groups, expected a unit field without them", subject));
  }
  if (const auto* where = reader.optional("where")) {
    if (!where->is_map()) fault(where->place, fmt::format("{}.where: expected field: value", subject));
    for (const auto& rule : where->entries) {
      if (auto condition_made = condition(rule, subject + ".where", true))
        made.where.push_back(std::move(*condition_made));
    }
  }
  reader.choice("across", {"all_sources"}, "all_sources");
  reader.choice("covered_by", {"any_valid_row"}, "any_valid_row");
  load.derive.push_back(std::move(made));
}

}  // namespace ntmd::connectors
