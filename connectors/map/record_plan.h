#pragma once
// A connector's map, check and load, compiled once per source into operations on columns.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/model/element.h"
#include "daemon/model/evidence.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::connectors {

enum class FieldType : std::uint8_t { unit, date, integer, choice, element, text, citizen_number };

/// One named field of a record and the input column it comes from.
struct Field {
  std::string name;
  FieldType type = FieldType::text;
  std::string column;
  std::size_t input = 0;                                     ///< into RecordPlan::inputs
  bool optional = false;                                     ///< an empty cell is no fault
  bool day_first = false;                                    ///< date: dd/MM/yyyy instead of yyyy-MM-dd
  std::vector<std::pair<std::string, std::string>> choices;  ///< choice: cell text, meaning
  bool on_any_day = false;                                   ///< unit: known on some day is enough
  bool on_delivery_date = false;                             ///< unit: valid on the delivery's date
  std::vector<std::size_t> on_fields;                        ///< unit: valid on the first of these dates that is there
};

/// Rows whose field means another thing are counted as filtered.
struct Filter {
  std::size_t field = 0;
  std::size_t choice = 0;
};

using FieldRef = std::optional<std::size_t>;

/// Numbers as given, one per row.
struct FiguresLoad {
  std::size_t unit = 0, element = 0, value = 0;
  FieldRef as_of, period_first, period_last;
};

struct EvidenceLoad {
  std::size_t unit = 0, indicator = 0, kind = 0, issued_on = 0, state = 0;
  FieldRef number, issuer, valid_to, confirmed_value, sha256;
};

/// Distinct values of a field per unit.
struct CountDistinct {
  model::ElementId element = 0;
  std::size_t key = 0;
  FieldRef born_in_working_age;  ///< only people whose date of birth makes them of working age on the delivery's date
};

/// The delivery is the whole truth of its partition.
struct SnapshotLoad {
  std::size_t unit = 0;
  std::string partition;  ///< "vcb"; the date is added
  std::vector<CountDistinct> derive;
};

/// Immutable; shared by threads.
struct RecordPlan {
  bool personal = false;            ///< no value of a row may be kept or shown
  std::vector<std::string> inputs;  ///< column names, each once
  std::vector<Field> fields;        ///< dates before units
  std::vector<Filter> filters;
  std::variant<FiguresLoad, EvidenceLoad, SnapshotLoad> load;
};

/// The parts of a connector file with its parameters already put in.
struct RecordNodes {
  const settings::Node* decode = nullptr;
  const settings::Node* map = nullptr;
  const settings::Node* check = nullptr;  ///< may be absent
  const settings::Node* load = nullptr;
  bool personal = false;
};

/// nullptr when there are faults; each is in `problems` with its place.
std::shared_ptr<const RecordPlan> compile_records(const RecordNodes& nodes, const model::ElementTable& elements,
                                                  settings::Problems& problems);

}  // namespace ntmd::connectors
