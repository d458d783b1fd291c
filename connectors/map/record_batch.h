#pragma once
// Typed rows as columns: what mapping gives and loading takes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/codec/raw_batch.h"
#include "daemon/model/day.h"
#include "daemon/units/register.h"

namespace ntmd::connectors {

/// Values of one field; only the vectors of its type are filled, each as long as a batch may be.
struct FieldColumn {
  std::vector<std::uint8_t> present;
  std::vector<std::uint8_t> code;  ///< choice: its meaning; boolean: 0, 1; citizen number: its fourth digit
  std::vector<units::UnitRow> unit;
  std::vector<model::Day> day;
  std::vector<std::int64_t> number;    ///< of a date to the second: since 1970-01-01
  std::vector<std::uint64_t> key;      ///< citizen number, keyed text
  std::vector<std::uint64_t> key_too;  ///< citizen number under the key that comes; empty while none does
  std::vector<Cell> text;              ///< view into the raw batch
};

/// good: to be loaded · filtered: valid, but not wanted · bad: in quarantine · skipped: not wanted and not looked at.
enum class RowState : std::uint8_t { good, filtered, bad, skipped };

/// Valid until the next batch is mapped and as long as the raw batch is. Only good rows are to be loaded.
struct RecordBatch {
  std::size_t rows = 0;
  std::vector<RowState> state;
  std::vector<FieldColumn> fields;  ///< by FieldId
  const RawBatch* raw = nullptr;    ///< for places
};

}  // namespace ntmd::connectors
