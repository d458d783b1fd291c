#pragma once
// Mapped batches to the rows that a delivery commits.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/map/mapper.h"
#include "connectors/map/record_plan.h"
#include "connectors/map/working_age.h"
#include "daemon/store/delivery.h"
#include "daemon/units/register.h"

namespace ntmd::engine {

/// A row that fits its fields but not its load: refused by column and rule.
struct LoadFault {
  std::size_t row = 0;
  std::string column;
  std::string rule;
  std::string message;
};

struct StageContext {
  const connectors::RecordPlan& plan;
  const units::UnitRegister& units;
  const model::ElementTable& elements;
  model::SourceId source = 0;
  std::uint32_t key_id = 0;
  std::optional<model::Day> dated;
  base::Instant received{};
  model::Day today;
};

/// Collects one delivery's rows. One thread at a time.
class Stage {
 public:
  explicit Stage(const StageContext& context);

  /// Takes the good rows of a batch. Those that give no figure are counted as filtered.
  void take(const connectors::RecordBatch& batch, std::vector<LoadFault>& faults);
  /// Moves everything into `delivery` (figures, evidence or runs).
  void finish(store::StagedDelivery& delivery);

  [[nodiscard]] std::uint64_t loaded() const { return loaded_; }
  [[nodiscard]] std::uint64_t filtered() const { return filtered_; }
  [[nodiscard]] std::uint64_t later_rows() const { return later_rows_; }
  [[nodiscard]] std::uint64_t first_later_line() const { return first_later_line_; }

 private:
  void take_figures(const connectors::FiguresLoad& load, const connectors::RecordBatch& batch,
                    std::vector<LoadFault>& faults);
  void take_evidence(const connectors::EvidenceLoad& load, const connectors::RecordBatch& batch);
  void take_snapshot(const connectors::SnapshotLoad& load, const connectors::RecordBatch& batch);
  void note_date(model::Day day, std::uint64_t line);

  StageContext context_;
  std::optional<connectors::WorkingAge> working_age_;
  std::vector<model::Figure> figures_;
  std::vector<model::Evidence> evidence_;
  /// [derived element][register row] → keys; a unit that was seen has an entry.
  std::vector<std::vector<std::vector<std::uint64_t>>> keys_;
  std::vector<std::uint8_t> seen_;
  std::uint64_t loaded_ = 0;
  std::uint64_t filtered_ = 0;
  std::uint32_t row_ = 0;
  std::uint64_t later_rows_ = 0;
  std::uint64_t first_later_line_ = 0;
};

}  // namespace ntmd::engine
