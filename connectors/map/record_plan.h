#pragma once
// A connector's decode, map, check and load, compiled once per source: numbers instead of names, ready to run column by
// column.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "connectors/map/age_table.h"
#include "connectors/map/date_format.h"
#include "daemon/model/element.h"
#include "daemon/model/evidence.h"

namespace ntmd::connectors {

/// A field's number: its place in RecordPlan::fields.
using FieldId = std::size_t;

enum class FieldType : std::uint8_t { text, unit, date, integer, boolean, choice, citizen_number };

/// A day that a row or its delivery tells.
struct DayRef {
  enum class From : std::uint8_t { delivery, today, window_first, window_last, field };
  From from = From::delivery;  ///< `$date`: of the file name, else the window's last, else today
  FieldId field = 0;           ///< of a date field
};

struct FieldPlan {
  std::string name;
  FieldType type = FieldType::text;
  std::optional<std::size_t> input;  ///< a column of RecordPlan::columns …
  std::string value;                 ///< … or a constant, or a `$variable` of the delivery
  bool variable = false;
  bool optional = false;                                      ///< may be empty; it then has no value
  bool keyed = false;                                         ///< of a text: goes on as a hash only
  std::string scheme;                                         ///< of a unit
  std::vector<DayRef> on;                                     ///< of a unit: the first that has a value
  bool on_any_day = false;                                    ///< of a unit: else its last row of any day
  bool groups = false;                                        ///< of a unit: a group's code stands for the group
  std::optional<DateFormat> format;                           ///< of a date
  std::optional<DayRef> not_after;                            ///< of a date
  bool to_the_second = false;                                 ///< of a date: also a number, seconds since 1970-01-01
  std::vector<std::pair<std::string, std::uint8_t>> choices;  ///< as written, number of its meaning
  std::vector<std::string> meanings;
  /// What a fault calls it: the column's name, or the field's.
  std::string column;
};

/// Holds when the field has one of these values, or an age of the table.
struct Condition {
  FieldId field = 0;
  std::vector<std::uint8_t> codes;  ///< of a choice or boolean
  std::vector<std::string> texts;   ///< of a text
  std::shared_ptr<const AgeTable> age;
  FieldId sex_of = 0;  ///< a citizen number
  DayRef on;
};

/// A raw cell that takes a row out before anything else is looked at.
struct Skip {
  FieldId field = 0;
  std::vector<std::string> values;  ///< may be `$variables`
};

struct ElementRef {
  model::ElementId id = 0;
  model::ElementKind kind = model::ElementKind::stock;
};

/// A row's figure of a named element: a field's number, or without a field 1 when the row fulfils `where`, else 0.
struct FigureValue {
  std::string element;
  std::optional<FieldId> field;
  std::vector<Condition> where;
};

struct FiguresLoad {
  FieldId unit = 0;
  std::optional<FieldId> element;  ///< with `value`
  FieldId value = 0;
  std::vector<FigureValue> values;
  std::optional<DayRef> as_of;
  std::optional<std::pair<DayRef, DayRef>> period;
  bool sum = false;  ///< rows of one cell are added
};

struct EvidenceLoad {
  FieldId unit = 0, indicator = 0, kind = 0, issued_on = 0, issuer = 0, state = 0;
  std::optional<FieldId> number, valid_to, confirmed_value, sha256;
  std::vector<model::EvidenceKind> kinds;  ///< by the choice's number
  std::vector<model::EvidenceState> states;
};

/// One element counted as distinct keys per unit.
struct Derive {
  model::ElementId element = 0;
  FieldId key = 0;
  FieldId unit = 0;
  bool secret = false;  ///< made with the person key
  std::vector<Condition> where;
};

struct SnapshotLoad {
  std::vector<std::string> partition;  ///< constants and `$variables`
  std::vector<Derive> derive;
};

/// An element that counts records on one of their days.
struct RecordCount {
  model::ElementId element = 0;
  std::size_t day = 0;  ///< into UpsertLoad::days
  std::vector<Condition> where;
};

/// Keyed records that change: the last told of a key counts.
struct UpsertLoad {
  /// A day of a record: the first of these fields that has a value.
  struct Days {
    std::string name;
    std::vector<FieldId> fields;
  };
  FieldId key = 0;  ///< a text that goes on as a hash
  FieldId unit = 0;
  std::optional<FieldId> version;  ///< a date (with its time of day) or a number: of a key the greatest counts
  std::vector<Days> days;
  std::vector<RecordCount> counters;
};

struct RecordPlan {
  enum class Format : std::uint8_t { csv, json, ndjson };
  Format format = Format::csv;
  std::string records;               ///< json: pointer to the records
  std::vector<std::string> columns;  ///< header names or pointers, each once
  std::vector<FieldPlan> fields;
  std::vector<FieldId> order;  ///< in which fields are evaluated: dates before the units that need them
  std::vector<Skip> skip;
  std::vector<Condition> filter;
  std::variant<FiguresLoad, EvidenceLoad, SnapshotLoad, UpsertLoad> load;
  std::map<std::string, ElementRef, std::less<>> elements;  ///< all that are known
  bool personal = false;                                    ///< no value of a cell is ever kept or told
};

}  // namespace ntmd::connectors
