#pragma once
// Cells to typed fields, column by column, with the checks of the plan.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/map/pseudonym.h"
#include "connectors/map/quarantine.h"
#include "connectors/map/record_batch.h"
#include "connectors/map/record_plan.h"
#include "connectors/map/unit_memo.h"

namespace ntmd::connectors {

/// What `$…` stands for.
struct Variables {
  std::string source;
  std::optional<model::Day> dated;  ///< of the file name or window
  model::Day today;
  std::optional<model::Period> window;

  [[nodiscard]] model::Day date() const { return dated ? *dated : window ? window->last : today; }
  /// nullopt for a field's day, or without a window.
  [[nodiscard]] std::optional<model::Day> day(const DayRef& ref) const;
};

/// Runs a plan over batches. All memory is kept from batch to batch: nothing is allocated per row, except for rows that
/// are refused. One thread at a time; what it is made with must outlive it.
class RecordMapper {
 public:
  RecordMapper(const RecordPlan& plan, const units::UnitRegister& units, const Pseudonyms& pseudonyms,
               Variables variables);
  ~RecordMapper();
  RecordMapper(const RecordMapper&) = delete;
  RecordMapper& operator=(const RecordMapper&) = delete;

  /// Sets `$item.<key>` for the rows that follow. bad_data when the plan needs a key that is not there.
  base::Status begin_document(std::span<const std::pair<std::string, std::string>> items);
  /// Types and checks every row. Refused rows go to `quarantine`, filtered ones are marked. Valid until the next call.
  const RecordBatch& map(const RawBatch& raw, Quarantine& quarantine);
  [[nodiscard]] const Variables& variables() const { return variables_; }

 private:
  struct Ops;
  friend struct Ops;

  void skip(const RawBatch& raw);
  void filter();
  void refuse(FieldId field, std::size_t row, std::string_view rule, std::string_view what);
  [[nodiscard]] const Cell* cells(FieldId field, const RawBatch& raw) const;

  const RecordPlan& plan_;
  const units::UnitRegister& units_;
  const Pseudonyms& pseudonyms_;
  Variables variables_;
  RecordBatch batch_;
  Quarantine* quarantine_ = nullptr;               // of the call
  std::vector<std::string> constants_;             // by field: the text of those that are no column
  std::vector<std::vector<Cell>> constant_cells_;  // by field
  std::vector<std::vector<std::string>> skip_values_;
  std::vector<std::unique_ptr<UnitMemo>> memos_;  // by field
};

/// Whether a row fulfils conditions on choices, booleans and texts.
bool holds(const Condition& condition, const FieldColumn& column, std::size_t row);

}  // namespace ntmd::connectors
