#include <algorithm>
#include <map>

#include "daemon/engine/stage.h"

namespace ntmd::engine {
namespace {

using connectors::BirthRange;
using connectors::Condition;
using connectors::RecordBatch;
using connectors::RowState;

/// The keys of one unit. Kept sorted and distinct only as often as that saves memory: people with many accounts do not
/// add up.
class KeyPile {
 public:
  void add(std::uint64_t key) {
    if (keys_.size() == keys_.capacity() && keys_.size() >= kCompactFrom) make_room();
    keys_.push_back(key);
  }
  std::vector<std::uint64_t> take() {
    compact();
    keys_.shrink_to_fit();
    return std::move(keys_);
  }

 private:
  static constexpr std::size_t kCompactFrom = std::size_t{1} << 16U;
  void compact() {
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  }
  void make_room() {
    compact();
    if (keys_.size() > keys_.capacity() / 2) keys_.reserve(keys_.capacity() * 2);
  }
  std::vector<std::uint64_t> keys_;
};

/// One element counted from the rows.
struct Counted {
  const connectors::Derive* rule = nullptr;
  std::vector<KeyPile> piles;                           // by UnitRow
  std::vector<std::uint8_t> covered;                    // by UnitRow: it has a valid row
  std::vector<std::pair<BirthRange, BirthRange>> ages;  // by condition: men, women
};

/// Distinct people or things per unit, as sorted runs.
class SnapshotStage final : public Stage {
 public:
  SnapshotStage(const StageContext& context, const connectors::SnapshotLoad& load) : context_(context), load_(load) {
    for (const auto& rule : load_.derive) {
      auto& counted = counted_.emplace_back();
      counted.rule = &rule;
      counted.piles.resize(context_.units.all().size());
      counted.covered.resize(context_.units.all().size());
      for (const auto& condition : rule.where) {
        auto& ages = counted.ages.emplace_back();
        if (!condition.age) continue;
        const auto day = context_.variables.day(condition.on).value_or(context_.variables.date());
        ages = {condition.age->on(day, true), condition.age->on(day, false)};
      }
    }
    counts_.resize(connectors::RawBatch::kRows);
  }

  void add(const RecordBatch& batch, connectors::Quarantine&) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      loaded += batch.state[row] == RowState::good ? 1U : 0U;
      filtered += batch.state[row] == RowState::filtered || batch.state[row] == RowState::skipped ? 1U : 0U;
    }
    for (auto& counted : counted_) add(counted, batch);
  }

  void finish(store::StagedDelivery& delivery) override {
    delivery.head.kind = store::LoadKind::snapshot;
    delivery.head.dated = context_.variables.date();
    if (context_.variables.date() > context_.variables.today) later = {loaded, 0};
    for (const auto& part : load_.partition) {
      if (!delivery.head.partition.empty()) delivery.head.partition += '/';
      delivery.head.partition += part == "$date"     ? context_.variables.date().iso()
                                 : part == "$today"  ? context_.variables.today.iso()
                                 : part == "$source" ? context_.variables.source
                                                     : part;
    }
    for (auto& counted : counted_) finish(counted, delivery);
  }

 private:
  void add(Counted& counted, const RecordBatch& batch) {
    const auto& rule = *counted.rule;
    const auto* const unit = batch.fields[rule.unit].unit.data();
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const bool good = batch.state[row] == RowState::good;
      counts_[row] = good ? 1 : 0;
      if (good || batch.state[row] == RowState::filtered) counted.covered[unit[row]] = 1;
    }
    for (std::size_t i = 0; i < rule.where.size(); ++i) narrow(rule.where[i], counted.ages[i], batch);
    const auto& keys = batch.fields[rule.key];
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (counts_[row] != 0 && keys.present[row] != 0) counted.piles[unit[row]].add(keys.key[row]);
    }
  }

  /// Takes out the rows that do not fulfil `condition`.
  void narrow(const Condition& condition, const std::pair<BirthRange, BirthRange>& ages, const RecordBatch& batch) {
    const auto& column = batch.fields[condition.field];
    if (!condition.age) {
      for (std::size_t row = 0; row < batch.rows; ++row) {
        if (counts_[row] != 0 && !connectors::holds(condition, column, row)) counts_[row] = 0;
      }
      return;
    }
    const auto& sex = batch.fields[condition.sex_of];
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (counts_[row] == 0) continue;
      const bool male = sex.code[row] % 2 == 0;
      const bool known = column.present[row] != 0 && sex.present[row] != 0;
      counts_[row] = known && (male ? ages.first : ages.second).holds(column.day[row]) ? 1 : 0;
    }
  }

  void finish(Counted& counted, store::StagedDelivery& delivery) {
    // By code: rows of one code that follow each other in time are one unit here.
    std::map<model::UnitCode, std::vector<std::uint64_t>> runs;
    for (units::UnitRow row = 0; row < counted.piles.size(); ++row) {
      if (counted.covered[row] == 0) continue;
      auto keys = counted.piles[row].take();
      auto& run = runs[context_.units.at(row).code];
      if (run.empty()) {
        run = std::move(keys);
      } else {
        run.insert(run.end(), keys.begin(), keys.end());
        std::sort(run.begin(), run.end());
        run.erase(std::unique(run.begin(), run.end()), run.end());
      }
    }
    for (auto& [unit, keys] : runs) {
      delivery.runs.push_back(
          {counted.rule->element, unit, counted.rule->secret ? context_.key_id : 0, std::move(keys)});
    }
  }

  const StageContext context_;
  const connectors::SnapshotLoad& load_;
  std::vector<Counted> counted_;
  std::vector<std::uint8_t> counts_;  // of the batch, by row
};

}  // namespace

std::unique_ptr<Stage> make_snapshot_stage(const StageContext& context, const connectors::SnapshotLoad& load) {
  return std::make_unique<SnapshotStage>(context, load);
}

std::unique_ptr<Stage> make_stage(const StageContext& context) {
  if (const auto* figures = std::get_if<connectors::FiguresLoad>(&context.plan.load))
    return make_figures_stage(context, *figures);
  if (const auto* evidence = std::get_if<connectors::EvidenceLoad>(&context.plan.load))
    return make_evidence_stage(context, *evidence);
  return make_snapshot_stage(context, std::get<connectors::SnapshotLoad>(context.plan.load));
}

}  // namespace ntmd::engine
