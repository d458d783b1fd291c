#pragma once
// Raw batches to typed columns, one operation per field, and the rows that do not fit.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/codec/raw_batch.h"
#include "connectors/map/pseudonym.h"
#include "connectors/map/record_plan.h"
#include "daemon/model/day.h"
#include "daemon/units/register.h"

namespace ntmd::connectors {

/// A typed column: only the vector of its type is filled, up to the batch's rows.
struct Column {
  std::vector<std::int64_t> number;  ///< integer; date: days since the epoch; choice, element: its place or id
  std::vector<std::uint64_t> key;    ///< citizen_number: keyed hash
  std::vector<std::uint8_t> male;    ///< citizen_number
  std::vector<Cell> text;            ///< text: the cell itself
  std::vector<units::UnitRow> unit;
  std::vector<std::uint8_t> present;  ///< 0: an empty cell of an optional field
};

enum class RowState : std::uint8_t { good, filtered, refused };

/// Valid until the next batch.
struct RecordBatch {
  std::size_t rows = 0;
  const RawBatch* raw = nullptr;
  std::vector<Column> columns;  ///< by field
  std::vector<RowState> state;
};

/// A field that refused a row. `value` is empty when the plan is personal.
struct FieldFault {
  std::size_t row = 0;
  const Field* field = nullptr;
  std::string rule;
  std::string message;
  std::optional<std::string> value;
};
using FaultSink = std::function<void(const FieldFault&)>;

/// Reused from batch to batch: no allocation per row but for refused ones. One thread at a time.
class Mapper {
 public:
  Mapper(const RecordPlan& plan, const units::UnitRegister& units, const model::ElementTable& elements,
         const Pseudonyms& pseudonyms, std::optional<model::Day> delivery_date, model::Day today);

  /// Each row is refused by its first bad field in the plan's order.
  const RecordBatch& map(const RawBatch& raw, const FaultSink& refuse);

 private:
  void map_field(std::size_t index, const RawBatch& raw, const FaultSink& refuse);
  void refuse_row(std::size_t row, const Field& field, std::string_view rule, std::string message,
                  const FaultSink& refuse);
  void map_unit(const Field& field, Column& column, std::size_t row, Cell cell, const FaultSink& refuse);

  const RecordPlan& plan_;
  const units::UnitRegister& units_;
  const model::ElementTable& elements_;
  const Pseudonyms& pseudonyms_;
  std::optional<model::Day> delivery_date_;
  model::Day today_;
  RecordBatch batch_;
};

}  // namespace ntmd::connectors
