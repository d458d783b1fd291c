#pragma once
// The state that the parts of compiling share. Private to this room.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/map/compile.h"
#include "daemon/settings/reader.h"

namespace ntmd::connectors {

/// Used once: `decode`, `map`, then `check` and `load`, which refer to the fields of `map`, then `take`. Each goes on
/// after a fault, and a part at fault is left out: the plan counts only where no problem was added. What it is made
/// with must outlive it. One thread.
class PlanCompiler {
 public:
  PlanCompiler(const RecordSections& sections, const model::ElementTable& elements, const AgeTables& tables,
               settings::Problems& problems)
      : sections_(sections), elements_(elements), tables_(tables), problems_(problems) {}

  void decode();
  void map();
  void check();
  void load();
  RecordPlan take() { return std::move(plan_); }

 private:
  // Fields.
  void field(const settings::Node::Entry& entry);
  void origin(settings::MapReader& reader, FieldPlan& field);
  void choices(const settings::Node& node, FieldPlan& field);
  void units_on();
  void order();
  // References from other sections.
  std::optional<FieldId> field_named(const settings::Node& node, std::string_view subject);
  std::optional<FieldId> field_of(settings::MapReader& reader, std::string_view key,
                                  std::initializer_list<FieldType> types, bool required);
  std::optional<DayRef> day_ref(const settings::Node& node, std::string_view subject);
  std::optional<Condition> condition(const settings::Node::Entry& entry, std::string_view subject, bool ages);
  const model::Element* element_named(std::string_view name, const settings::Place& place);
  // Loads.
  void figures(const settings::Node& node);
  std::optional<FigureValue> figure_value(const settings::Node::Entry& entry);
  void evidence(const settings::Node& node);
  void snapshot(const settings::Node& node, const settings::Node* derive);
  void derive(const settings::Node::Entry& entry, SnapshotLoad& load);
  void upsert(const settings::Node& node);
  void record_count(const settings::Node::Entry& entry, UpsertLoad& load);
  std::optional<std::size_t> record_day(const settings::Node& node, std::string_view subject, UpsertLoad& load);
  template <class Value, class Parse>
  std::vector<Value> meanings(FieldId field, std::string_view subject, Parse parse, const settings::Place& place);

  void fault(const settings::Place& place, std::string_view what) { problems_.add(place, what); }

  const RecordSections& sections_;
  const model::ElementTable& elements_;
  const AgeTables& tables_;
  settings::Problems& problems_;
  RecordPlan plan_;
  std::vector<std::string> names_;                // of fields, also of those at fault: no fault follows from another
  std::vector<const settings::Node*> on_;         // by field: its `on:`
  std::vector<const settings::Node*> not_after_;  // by field
};

std::string_view to_string(FieldType type);

}  // namespace ntmd::connectors
