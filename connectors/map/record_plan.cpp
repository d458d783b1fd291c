#include "connectors/map/record_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/settings/reader.h"

namespace ntmd::connectors {
namespace {

using settings::MapReader;
using settings::Node;

class Compiler {
 public:
  Compiler(const model::ElementTable& elements, settings::Problems& problems)
      : elements_(elements), problems_(problems) {}

  std::shared_ptr<const RecordPlan> compile(const RecordNodes& nodes) {
    const auto before = problems_.size();
    plan_->personal = nodes.personal;
    read_decode(nodes.decode);
    read_map(nodes.map);
    if (nodes.check != nullptr) read_check(*nodes.check);
    read_load(nodes.load);
    if (problems_.size() != before) return nullptr;
    return plan_;
  }

 private:
  void read_decode(const Node* node) {
    if (node == nullptr) return;
    MapReader decode(*node, "decode", problems_);
    const auto* csv = decode.required("csv");
    if (csv == nullptr) return;
    MapReader fields(*csv, "decode.csv", problems_);
    fields.choice("encoding", {"utf-8"}, "utf-8");
    fields.choice("header", {"by_name"}, "by_name");
  }

  void read_map(const Node* node) {
    if (node == nullptr) return;
    if (!node->is_map()) {
      problems_.add(node->place, "map: is no map, expected field names with their columns");
      return;
    }
    // Units are resolved on dates of the same row: dates come first.
    for (const bool units : {false, true}) {
      for (const auto& entry : node->entries) {
        const auto* type = entry.value.find("type");
        if ((type != nullptr && type->text == "unit") == units) read_field(entry.key, entry.value);
      }
    }
  }

  void read_field(const std::string& name, const Node& node) {
    MapReader reader(node, fmt::format("field \"{}\"", name), problems_);
    Field field;
    field.name = name;
    field.column = reader.required_text("column");
    field.optional = reader.boolean("optional", false);
    if (const auto* choices = reader.optional("enum")) {
      field.type = FieldType::choice;
      for (const auto& entry : choices->entries) field.choices.emplace_back(entry.key, entry.value.text);
      if (field.choices.empty())
        problems_.add(choices->place,
                      fmt::format("field \"{}\": enum is empty, expected values and their meaning", name));
    }
    const auto type =
        reader.choice("type", {"unit", "date", "integer", "element", "text", "citizen_number", "enum"}, "enum");
    if (type == "unit") field.type = FieldType::unit;
    if (type == "date") field.type = FieldType::date;
    if (type == "integer") field.type = FieldType::integer;
    if (type == "element") field.type = FieldType::element;
    if (type == "text") field.type = FieldType::text;
    if (type == "citizen_number") field.type = FieldType::citizen_number;
    if (type == "enum" && field.choices.empty())
      problems_.add(node.place, fmt::format("field \"{}\": has no type, expected one", name));
    if (field.type == FieldType::date)
      field.day_first = reader.choice("format", {"yyyy-MM-dd", "dd/MM/yyyy"}, "yyyy-MM-dd") == "dd/MM/yyyy";
    if (field.type == FieldType::citizen_number) reader.choice("keep", {"pseudonym"}, "pseudonym");
    if (field.type == FieldType::unit) {
      for (const auto& on : reader.text_list("on")) {
        if (on == "any") {
          field.on_any_day = true;
        } else if (on == "$date") {
          field.on_delivery_date = true;
        } else if (const auto date = find(on, FieldType::date, reader.place_of("on"))) {
          field.on_fields.push_back(*date);
        }
      }
      if (!field.on_any_day && !field.on_delivery_date && field.on_fields.empty()) {
        problems_.add(
            node.place,
            fmt::format(
                "field \"{}\": does not say on which day the unit is meant, expected on: $date, any or date fields",
                name));
      }
    }
    reader.finish();
    const auto known = std::ranges::find(plan_->inputs, field.column);
    field.input = static_cast<std::size_t>(known - plan_->inputs.begin());
    if (known == plan_->inputs.end()) plan_->inputs.push_back(field.column);
    plan_->fields.push_back(std::move(field));
  }

  std::optional<std::size_t> find(std::string_view name, std::optional<FieldType> type, const settings::Place& place) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan_->fields.size(); ++i) {
      const auto& field = plan_->fields[i];
      names.push_back(field.name);
      if (field.name != name) continue;
      if (type && field.type != *type)
        problems_.add(place, fmt::format("field \"{}\": has another type than is needed here", name));
      return i;
    }
    problems_.add(place, fmt::format("there is no field \"{}\"{}", name, settings::suggestion(name, names)));
    return std::nullopt;
  }

  void read_check(const Node& node) {
    MapReader check(node, "check", problems_);
    const auto* filter = check.optional("filter");
    if (filter == nullptr) return;
    for (const auto& entry : filter->entries) {
      const auto field = find(entry.key, FieldType::choice, entry.key_place);
      if (!field) continue;
      const auto& choices = plan_->fields[*field].choices;
      const auto wanted = std::ranges::find(choices, entry.value.text, &std::pair<std::string, std::string>::second);
      if (wanted == choices.end()) {
        problems_.add(entry.value.place,
                      fmt::format("filter: field \"{}\" never means \"{}\"", entry.key, entry.value.text));
        continue;
      }
      plan_->filters.push_back({*field, static_cast<std::size_t>(wanted - choices.begin())});
    }
  }

  std::size_t needed(MapReader& reader, std::string_view key, std::optional<FieldType> type) {
    const auto name = reader.required_text(key);
    if (name.empty()) return 0;
    return find(name, type, reader.place_of(key)).value_or(0);
  }

  FieldRef maybe(MapReader& reader, std::string_view key, std::optional<FieldType> type) {
    if (reader.optional(key) == nullptr) return std::nullopt;
    return find(reader.text(key, ""), type, reader.place_of(key));
  }

  void read_load(const Node* node) {
    if (node == nullptr) return;
    MapReader load(*node, "load", problems_);
    const auto* figures = load.optional("figures");
    const auto* evidence = load.optional("evidence");
    const auto* snapshot = load.optional("snapshot");
    if ((figures != nullptr) + (evidence != nullptr) + (snapshot != nullptr) != 1) {
      problems_.add(node->place, "load: expected exactly one of figures, evidence, snapshot");
      return;
    }
    if (figures != nullptr) read_figures(*figures);
    if (evidence != nullptr) read_evidence(*evidence);
    const auto* derive = snapshot != nullptr ? load.required("derive") : load.optional("derive");
    if (snapshot != nullptr && derive != nullptr) read_snapshot(*snapshot, *derive);
    if (snapshot == nullptr && derive != nullptr) problems_.add(derive->place, "derive: goes with a snapshot only");
  }

  void read_figures(const Node& node) {
    MapReader reader(node, "load.figures", problems_);
    FiguresLoad load;
    load.unit = needed(reader, "unit", FieldType::unit);
    load.element = needed(reader, "element", FieldType::element);
    load.value = needed(reader, "value", FieldType::integer);
    load.as_of = maybe(reader, "as_of", FieldType::date);
    load.period_first = maybe(reader, "period_first", FieldType::date);
    load.period_last = maybe(reader, "period_last", FieldType::date);
    plan_->load = load;
  }

  void read_evidence(const Node& node) {
    MapReader reader(node, "load.evidence", problems_);
    EvidenceLoad load;
    load.unit = needed(reader, "unit", FieldType::unit);
    load.indicator = needed(reader, "indicator", FieldType::text);
    load.kind = needed(reader, "kind", FieldType::choice);
    load.issued_on = needed(reader, "issued_on", FieldType::date);
    load.state = needed(reader, "state", FieldType::choice);
    load.number = maybe(reader, "number", FieldType::text);
    load.issuer = maybe(reader, "issuer", FieldType::text);
    load.valid_to = maybe(reader, "valid_to", FieldType::date);
    load.confirmed_value = maybe(reader, "confirmed_value", FieldType::integer);
    load.sha256 = maybe(reader, "sha256", FieldType::text);
    check_choices(load.kind, node,
                  [](const std::string& text) { return model::parse_evidence_kind(text).has_value(); });
    check_choices(load.state, node,
                  [](const std::string& text) { return model::parse_evidence_state(text).has_value(); });
    plan_->load = load;
  }

  template <class Known>
  void check_choices(std::size_t field, const Node& node, Known known) {
    if (field >= plan_->fields.size()) return;
    for (const auto& [cell, meaning] : plan_->fields[field].choices) {
      if (!known(meaning))
        problems_.add(node.place, fmt::format("field \"{}\": \"{}\" is not known", plan_->fields[field].name, meaning));
    }
  }

  void read_snapshot(const Node& node, const Node& derive) {
    MapReader reader(node, "load.snapshot", problems_);
    SnapshotLoad load;
    const auto partition = reader.text_list("partition");
    if (partition.size() != 2 || partition.back() != "$date") {
      problems_.add(reader.place_of("partition"), "partition: expected [name, $date]");
    } else {
      load.partition = partition.front();
    }
    reader.choice("parts", {"union"}, "union");
    reader.choice("older", {"ignore"}, "ignore");
    for (const auto& entry : derive.entries) read_derived(entry, load);
    plan_->load = std::move(load);
  }

  void read_derived(const Node::Entry& entry, SnapshotLoad& load) {
    MapReader reader(entry.value, fmt::format("derive \"{}\"", entry.key), problems_);
    CountDistinct count;
    if (const auto* element = elements_.find(entry.key)) {
      count.element = element->id;
    } else {
      problems_.add(entry.key_place, fmt::format("unknown element \"{}\"", entry.key));
    }
    auto key = reader.required_text("count");
    constexpr std::string_view kDistinct = "distinct ";
    if (!key.starts_with(kDistinct)) {
      problems_.add(reader.place_of("count"), "count: expected \"distinct\" and a field");
    } else if (const auto field =
                   find(key.substr(kDistinct.size()), FieldType::citizen_number, reader.place_of("count"))) {
      count.key = *field;
    }
    load.unit = needed(reader, "by", FieldType::unit);
    reader.choice("across", {"all_sources"}, "all_sources");
    reader.choice("covered_by", {"any_valid_row"}, "any_valid_row");
    if (const auto* where = reader.optional("where")) {
      for (const auto& condition : where->entries) {
        MapReader age(condition.value, "where", problems_);
        count.born_in_working_age = find(condition.key, FieldType::date, condition.key_place);
        age.choice("age_in", {"working_age"}, "working_age");
        age.required_text("sex_of");
        age.required_text("on");
      }
    }
    load.derive.push_back(count);
  }

  const model::ElementTable& elements_;
  settings::Problems& problems_;
  std::shared_ptr<RecordPlan> plan_ = std::make_shared<RecordPlan>();
};

}  // namespace

std::shared_ptr<const RecordPlan> compile_records(const RecordNodes& nodes, const model::ElementTable& elements,
                                                  settings::Problems& problems) {
  return Compiler(elements, problems).compile(nodes);
}

}  // namespace ntmd::connectors
