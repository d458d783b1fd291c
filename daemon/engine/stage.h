#pragma once
// Where mapped rows gather until their delivery is committed, one kind per load. Private to the pipeline.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/map/mapper.h"
#include "daemon/engine/key_piles.h"
#include "daemon/store/delivery.h"

namespace ntmd::engine {

/// What the stages need to know of the delivery. All outlive the stage.
struct StageContext {
  const connectors::RecordPlan& plan;
  const units::UnitRegister& units;
  const connectors::Variables& variables;
  model::SourceId source = 0;
  base::Instant received{};
  std::uint32_t key_id = 0;                       ///< of the key that makes pseudonyms
  OpenScratch open_scratch;                       ///< none: everything stays in memory
  base::ShareWork share = {};                     ///< who helps to put in order what was gathered
  std::optional<std::uint32_t> incoming_id = {};  ///< of the key that comes: pseudonyms are made with it, too
};

/// Rows dated after today: they are stored and wait.
struct LaterRows {
  std::uint64_t count = 0;
  std::uint64_t first_line = 0;
  void add(std::uint64_t line) {
    if (count++ == 0) first_line = line;
  }
  /// Those of a part whose lines count from `line`.
  void add(const LaterRows& part, std::uint64_t line) {
    if (count == 0 && part.count != 0) first_line = line + part.first_line;
    count += part.count;
  }
};

/// Cells that rows of one delivery gave different values: the later row counts.
struct ToldTwice {
  std::uint64_t count = 0;
  std::uint64_t first_line = 0;  ///< of the first row that says something else than one before it
};

/// Rows of one piece of the input, gathered apart from the stage: several parts may be filled side by side.
struct StagePart {
  virtual ~StagePart() = default;
  virtual base::Status add(const connectors::RecordBatch& batch) = 0;
  /// For another piece.
  virtual void clear() = 0;
};

/// One thread at a time.
struct Stage {
  virtual ~Stage() = default;
  /// Takes the good rows; a row that cannot be loaded after all goes to `quarantine`. Counts each row once.
  /// Fails when there is no room for them: the delivery is lost then.
  virtual base::Status add(const connectors::RecordBatch& batch, connectors::Quarantine& quarantine) = 0;
  /// A part that `take` takes; nullptr: its rows are only added one after another.
  virtual std::unique_ptr<StagePart> part() { return nullptr; }
  /// As if the part's rows had been added here now; `line` is what its lines count from. Fails as `add` does.
  virtual base::Status take(StagePart&, std::uint64_t /*line*/) { return {}; }
  /// Moves what was gathered into the delivery: kind, partition, date and rows.
  virtual void finish(store::StagedDelivery& delivery) = 0;

  std::uint64_t loaded = 0;
  std::uint64_t filtered = 0;
  LaterRows later;
  ToldTwice told_twice;  ///< known when it is finished
};

std::unique_ptr<Stage> make_figures_stage(const StageContext& context, const connectors::FiguresLoad& load);
std::unique_ptr<Stage> make_evidence_stage(const StageContext& context, const connectors::EvidenceLoad& load);
std::unique_ptr<Stage> make_snapshot_stage(const StageContext& context, const connectors::SnapshotLoad& load);
std::unique_ptr<Stage> make_upsert_stage(const StageContext& context, const connectors::UpsertLoad& load);
std::unique_ptr<Stage> make_stage(const StageContext& context);

}  // namespace ntmd::engine
