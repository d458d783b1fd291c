#include <algorithm>

#include "daemon/engine/stage.h"

namespace ntmd::engine {
namespace {

using connectors::BirthRange;
using connectors::Condition;
using connectors::RecordBatch;
using connectors::RowState;

/// One element counted from the rows.
struct Counted {
  const connectors::Derive* rule = nullptr;
  std::uint32_t first_group = 0;                        // of the piles: one per unit code
  std::vector<std::uint8_t> covered;                    // by unit code: it has a valid row
  std::vector<std::pair<BirthRange, BirthRange>> ages;  // by condition: men, women
};

/// A run per element and unit that has valid rows, as the commit asks for them.
class SnapshotRuns final : public store::RunReader {
 public:
  struct Place {
    std::uint32_t group;
    model::ElementId element;
    model::UnitCode unit;
    std::uint32_t key_id;
  };
  SnapshotRuns(KeyPiles piles, std::vector<Place> places) : piles_(std::move(piles)), places_(std::move(places)) {}

  base::Result<const store::Run*> next() override {
    if (at_ == places_.size()) {
      if (auto whole = piles_.end(); !whole) return std::unexpected(whole.error());
      return nullptr;
    }
    const auto& place = places_[at_++];
    run_.element = place.element;
    run_.unit = place.unit;
    run_.key_id = place.key_id;
    if (auto taken = piles_.take(place.group, run_.keys); !taken) return std::unexpected(taken.error());
    return &run_;
  }

 private:
  KeyPiles piles_;
  std::vector<Place> places_;  // by group
  std::size_t at_ = 0;
  store::Run run_;
};

/// Distinct people or things per unit, as sorted runs.
class SnapshotStage final : public Stage {
 public:
  SnapshotStage(const StageContext& context, const connectors::SnapshotLoad& load)
      : context_(context), load_(load), codes_(codes_of(context.units)), piles_(groups(), context.open_scratch) {
    for (units::UnitRow row = 0; row < context_.units.all().size(); ++row) {
      const auto found = std::ranges::lower_bound(codes_, context_.units.at(row).code);
      code_of_.push_back(static_cast<std::uint32_t>(found - codes_.begin()));
    }
    for (const auto& rule : load_.derive) {
      auto& counted = counted_.emplace_back();
      counted.rule = &rule;
      counted.first_group = static_cast<std::uint32_t>((counted_.size() - 1) * codes_.size());
      counted.covered.resize(codes_.size());
      for (const auto& condition : rule.where) {
        auto& ages = counted.ages.emplace_back();
        if (!condition.age) continue;
        const auto day = context_.variables.day(condition.on).value_or(context_.variables.date());
        ages = {condition.age->on(day, true), condition.age->on(day, false)};
      }
    }
    counts_.resize(connectors::RawBatch::kRows);
  }

  base::Status add(const RecordBatch& batch, connectors::Quarantine&) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      loaded += batch.state[row] == RowState::good ? 1U : 0U;
      filtered += batch.state[row] == RowState::filtered || batch.state[row] == RowState::skipped ? 1U : 0U;
    }
    for (auto& counted : counted_) {
      if (auto room = piles_.make_room(batch.rows); !room) return room;
      add(counted, batch);
    }
    return {};
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
    piles_.finish();
    std::vector<SnapshotRuns::Place> places;
    for (const auto& counted : counted_) {
      const auto key_id = counted.rule->secret ? context_.key_id : 0;
      for (std::uint32_t code = 0; code < codes_.size(); ++code) {
        if (counted.covered[code] != 0)
          places.push_back({counted.first_group + code, counted.rule->element, codes_[code], key_id});
      }
    }
    delivery.runs = std::make_unique<SnapshotRuns>(std::move(piles_), std::move(places));
  }

 private:
  /// Rows of one code that follow each other in time are one unit here.
  static std::vector<model::UnitCode> codes_of(const units::UnitRegister& units) {
    std::vector<model::UnitCode> codes;
    for (const auto& unit : units.all()) codes.push_back(unit.code);
    std::ranges::sort(codes);
    codes.erase(std::ranges::unique(codes).begin(), codes.end());
    return codes;
  }
  [[nodiscard]] std::uint32_t groups() const { return static_cast<std::uint32_t>(codes_.size() * load_.derive.size()); }

  void add(Counted& counted, const RecordBatch& batch) {
    const auto& rule = *counted.rule;
    const auto* const unit = batch.fields[rule.unit].unit.data();
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const bool good = batch.state[row] == RowState::good;
      counts_[row] = good ? 1 : 0;
      if (good || batch.state[row] == RowState::filtered) counted.covered[code_of_[unit[row]]] = 1;
    }
    for (std::size_t i = 0; i < rule.where.size(); ++i) narrow(rule.where[i], counted.ages[i], batch);
    const auto& keys = batch.fields[rule.key];
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (counts_[row] != 0 && keys.present[row] != 0)
        piles_.add(counted.first_group + code_of_[unit[row]], keys.key[row]);
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

  const StageContext context_;
  const connectors::SnapshotLoad& load_;
  std::vector<model::UnitCode> codes_;  // ascending
  std::vector<std::uint32_t> code_of_;  // by UnitRow, into codes_
  KeyPiles piles_;                      // group: the element's first one + the unit's code
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
