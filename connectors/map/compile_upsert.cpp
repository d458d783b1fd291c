#include <fmt/format.h>

#include <algorithm>

#include "connectors/map/compiler.h"

namespace ntmd::connectors {

using settings::MapReader;
using settings::Node;

namespace {

// What a store keeps of a row (daemon/store/records.h).
constexpr std::size_t kMostDays = 8;
constexpr std::size_t kMostCounters = 32;

}  // namespace

void PlanCompiler::upsert(const Node& node) {
  MapReader reader(node, "load.upsert", problems_);
  UpsertLoad load;
  if (const auto key = field_of(reader, "key", {FieldType::text}, true)) {
    load.key = *key;
    if (!plan_.fields[*key].keyed) {
      fault(reader.place_of("key"), fmt::format("load.upsert.key: field \"{}\" is kept as it is, expected keep: hash",
                                                plan_.fields[*key].name));
    }
  }
  if (const auto unit = field_of(reader, "unit", {FieldType::unit}, true)) {
    load.unit = *unit;
    if (plan_.fields[*unit].groups)
      fault(reader.place_of("unit"), "load.upsert.unit: takes groups, expected a unit field without them");
  }
  load.version = field_of(reader, "version", {FieldType::date, FieldType::integer}, false);
  if (load.version && plan_.fields[*load.version].type == FieldType::date)
    plan_.fields[*load.version].to_the_second = true;
  const auto* counters = reader.required("counters");
  if (counters == nullptr) return;
  if (!counters->is_map() || counters->entries.empty())
    return fault(counters->place, "load.upsert.counters: expected element: {on: field, where: {field: value}}");
  for (const auto& entry : counters->entries) record_count(entry, load);
  if (load.days.size() > kMostDays) {
    fault(counters->place, fmt::format("load.upsert.counters: name {} different days, expected at most {}",
                                       load.days.size(), kMostDays));
  }
  if (load.counters.size() > kMostCounters) {
    fault(counters->place,
          fmt::format("load.upsert.counters: are {}, expected at most {}", load.counters.size(), kMostCounters));
  }
  plan_.load = std::move(load);
}

void PlanCompiler::record_count(const Node::Entry& entry, UpsertLoad& load) {
  const auto subject = "load.upsert.counters." + entry.key;
  MapReader reader(entry.value, subject, problems_);
  RecordCount made;
  const auto* element = element_named(entry.key, entry.key_place);
  if (element != nullptr) {
    made.element = element->id;
    if (element->kind != model::ElementKind::flow)
      fault(entry.key_place, fmt::format("{}: is a stock, expected a flow: records are counted by day", subject));
  }
  if (const auto* on = reader.required("on")) {
    if (const auto day = record_day(*on, subject + ".on", load)) made.day = *day;
  }
  if (const auto* where = reader.optional("where")) {
    if (!where->is_map()) fault(where->place, fmt::format("{}.where: expected field: value", subject));
    for (const auto& rule : where->entries) {
      if (auto condition_made = condition(rule, subject + ".where", false))
        made.where.push_back(std::move(*condition_made));
    }
  }
  load.counters.push_back(std::move(made));
}

/// The same fields in the same order are one day, for whichever elements.
std::optional<std::size_t> PlanCompiler::record_day(const Node& node, std::string_view subject, UpsertLoad& load) {
  UpsertLoad::Days days;
  std::vector<Node> single;
  if (!node.is_list()) single.push_back(node);
  const auto& items = node.is_list() ? node.items : single;
  for (const auto& item : items) {
    const auto day = day_ref(item, subject);
    if (!day) return std::nullopt;
    if (day->from != DayRef::From::field) {
      fault(item.place, fmt::format("{}: is a day of the delivery, expected a date field of the record", subject));
      return std::nullopt;
    }
    days.fields.push_back(day->field);
    const auto& name = plan_.fields[day->field].name;
    if (name.find_first_of(",+\n") != std::string::npos)
      fault(item.place, fmt::format("{}: field \"{}\" has a comma or plus in its name, expected none", subject, name));
    days.name += fmt::format("{}{}", days.name.empty() ? "" : "+", name);
  }
  if (days.fields.empty()) {
    fault(node.place, fmt::format("{}: names no date field, expected at least one", subject));
    return std::nullopt;
  }
  const auto known = std::ranges::find(load.days, days.fields, &UpsertLoad::Days::fields);
  const auto place = static_cast<std::size_t>(known - load.days.begin());
  if (known == load.days.end()) load.days.push_back(std::move(days));
  return place;
}

}  // namespace ntmd::connectors
