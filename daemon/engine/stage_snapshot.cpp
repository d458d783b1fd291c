#include <algorithm>
#include <optional>

#include "daemon/base/made_ahead.h"
#include "daemon/engine/stage.h"

namespace ntmd::engine {
namespace {

using connectors::BirthRange;
using connectors::Condition;
using connectors::RecordBatch;
using connectors::RowState;

/// One element counted from the rows, as all parts see it.
struct Counted {
  const connectors::Derive* rule = nullptr;
  std::uint32_t first_group = 0;                        // of the piles: one per unit code
  std::vector<std::pair<BirthRange, BirthRange>> ages;  // by condition: men, women
};

/// What is known of the delivery before its rows. Immutable.
struct Counting {
  Counting(const StageContext& context, const connectors::SnapshotLoad& load) : codes(codes_of(context.units)) {
    for (units::UnitRow row = 0; row < context.units.all().size(); ++row) {
      const auto found = std::ranges::lower_bound(codes, context.units.at(row).code);
      code_of.push_back(static_cast<std::uint32_t>(found - codes.begin()));
    }
    for (const auto& rule : load.derive) {
      auto& counted = elements.emplace_back();
      counted.rule = &rule;
      counted.first_group = static_cast<std::uint32_t>((elements.size() - 1) * codes.size());
      for (const auto& condition : rule.where) {
        auto& ages = counted.ages.emplace_back();
        if (!condition.age) continue;
        const auto day = context.variables.day(condition.on).value_or(context.variables.date());
        ages = {condition.age->on(day, true), condition.age->on(day, false)};
      }
    }
  }
  [[nodiscard]] std::uint32_t groups() const { return static_cast<std::uint32_t>(codes.size() * elements.size()); }

  std::vector<model::UnitCode> codes;  // ascending
  std::vector<std::uint32_t> code_of;  // by UnitRow, into codes
  std::vector<Counted> elements;

 private:
  /// Rows of one code that follow each other in time are one unit here.
  static std::vector<model::UnitCode> codes_of(const units::UnitRegister& units) {
    std::vector<model::UnitCode> codes;
    for (const auto& unit : units.all()) codes.push_back(unit.code);
    std::ranges::sort(codes);
    codes.erase(std::ranges::unique(codes).begin(), codes.end());
    return codes;
  }
};

/// Keys of those that count, in the order of the rows.
class SnapshotPart final : public StagePart {
 public:
  explicit SnapshotPart(const Counting& counting)
      : covered(counting.groups()), counting_(counting), counts_(connectors::RawBatch::kRows) {}

  base::Status add(const RecordBatch& batch) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      loaded += batch.state[row] == RowState::good ? 1U : 0U;
      filtered += batch.state[row] == RowState::filtered || batch.state[row] == RowState::skipped ? 1U : 0U;
    }
    for (const auto& counted : counting_.elements) add(counted, batch);
    return {};
  }
  void clear() override {
    loaded = filtered = 0;
    groups.clear();
    keys.clear();
    groups_too.clear();
    keys_too.clear();
    std::ranges::fill(covered, std::uint8_t{0});
  }

  std::uint64_t loaded = 0;
  std::uint64_t filtered = 0;
  std::vector<std::uint32_t> groups;  // with `keys`
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> groups_too;  // with `keys_too`: the same people under the key that comes
  std::vector<std::uint64_t> keys_too;
  std::vector<std::uint8_t> covered;  // by group: it has a valid row

 private:
  void add(const Counted& counted, const RecordBatch& batch) {
    const auto& rule = *counted.rule;
    const auto* const unit = batch.fields[rule.unit].unit.data();
    const auto* const code_of = counting_.code_of.data();
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const bool good = batch.state[row] == RowState::good;
      counts_[row] = good ? 1 : 0;
      if (good || batch.state[row] == RowState::filtered) covered[counted.first_group + code_of[unit[row]]] = 1;
    }
    for (std::size_t i = 0; i < rule.where.size(); ++i) narrow(rule.where[i], counted.ages[i], batch);
    const auto& field = batch.fields[rule.key];
    // Written always, kept only when it counts: no branch that a row's luck decides.
    auto at = keys.size();
    keys.resize(at + batch.rows);
    groups.resize(at + batch.rows);
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const bool counts = counts_[row] != 0 && field.present[row] != 0;
      keys[at] = field.key[row];
      groups[at] = counted.first_group + (counts ? code_of[unit[row]] : 0);
      at += counts ? 1 : 0;
    }
    keys.resize(at);
    groups.resize(at);
    if (rule.secret && !field.key_too.empty()) add_too(counted, batch);
  }

  /// The rows that count once more, under the key that comes.
  void add_too(const Counted& counted, const RecordBatch& batch) {
    const auto* const unit = batch.fields[counted.rule->unit].unit.data();
    const auto& field = batch.fields[counted.rule->key];
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (counts_[row] == 0 || field.present[row] == 0) continue;
      keys_too.push_back(field.key_too[row]);
      groups_too.push_back(counted.first_group + counting_.code_of[unit[row]]);
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

  const Counting& counting_;
  std::vector<std::uint8_t> counts_;  // of the batch, by row
};

/// A run per element, unit that has valid rows and key, as the commit asks for them. The next ones are got ready by
/// whoever has time while those before are written.
class SnapshotRuns final : public store::RunReader {
 public:
  struct Place {
    std::uint32_t group;
    model::ElementId element;
    model::UnitCode unit;
    std::uint32_t key_id;
    bool too = false;  ///< of the piles under the key that comes
  };
  SnapshotRuns(KeyPiles piles, std::optional<KeyPiles> piles_too, std::vector<Place> places, base::ShareWork share)
      : piles_(std::move(piles)),
        piles_too_(std::move(piles_too)),
        places_(std::move(places)),
        ahead_(std::move(share), [this](Batch& batch) { fill(batch); }) {}

  base::Result<const store::Run*> next() override {
    if (batch_ == nullptr || given_ == batch_->runs.size()) {
      batch_ = &ahead_.next();
      given_ = 0;
      if (!batch_->status) return std::unexpected(batch_->status.error());
      if (batch_->runs.empty()) return nullptr;
    }
    return &batch_->runs[given_++];
  }

 private:
  static constexpr std::size_t kTogether = std::size_t{1} << 15U;  // keys
  struct Batch {
    std::vector<store::Run> runs;
    base::Status status;
    void clear() {
      runs.clear();
      status = {};
    }
  };

  /// The next runs; none: they were all, and all came back as they were.
  void fill(Batch& batch) {
    for (std::size_t keys = 0; keys < kTogether && at_ < places_.size(); ++at_) {
      const auto& place = places_[at_];
      auto& run = batch.runs.emplace_back();
      run.element = place.element;
      run.unit = place.unit;
      run.key_id = place.key_id;
      batch.status = (place.too ? *piles_too_ : piles_).take(place.group, run.keys);
      if (!batch.status) return;
      keys += run.keys.size();
    }
    if (!batch.runs.empty()) return;
    batch.status = piles_.end();
    if (batch.status && piles_too_) batch.status = piles_too_->end();
  }

  KeyPiles piles_;
  std::optional<KeyPiles> piles_too_;
  std::vector<Place> places_;  // by group
  std::size_t at_ = 0;
  Batch* batch_ = nullptr;
  std::size_t given_ = 0;
  base::MadeAhead<Batch> ahead_;  // last: over before what it uses goes
};

/// Distinct people or things per unit, as sorted runs.
class SnapshotStage final : public Stage {
 public:
  SnapshotStage(const StageContext& context, const connectors::SnapshotLoad& load)
      : context_(context),
        load_(load),
        counting_(context_, load),
        covered_(counting_.groups()),
        piles_(counting_.groups(), context.open_scratch),
        row_by_row_(counting_) {
    if (context.incoming_id) piles_too_.emplace(counting_.groups(), context.open_scratch);
  }

  base::Status add(const RecordBatch& batch, connectors::Quarantine&) override {
    row_by_row_.clear();
    if (auto added = row_by_row_.add(batch); !added) return added;
    return take(row_by_row_, 0);
  }

  std::unique_ptr<StagePart> part() override { return std::make_unique<SnapshotPart>(counting_); }

  base::Status take(StagePart& given, std::uint64_t) override {
    auto& part = static_cast<SnapshotPart&>(given);
    loaded += part.loaded;
    filtered += part.filtered;
    for (std::size_t group = 0; group < covered_.size(); ++group) covered_[group] |= part.covered[group];
    if (piles_too_) {
      if (auto added = piles_too_->add(part.groups_too, part.keys_too); !added) return added;
    }
    return piles_.add(part.groups, part.keys);
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
    piles_.finish(context_.share);
    if (piles_too_) piles_too_->finish(context_.share);
    std::vector<SnapshotRuns::Place> places;
    for (const auto& counted : counting_.elements) {
      const auto key_id = counted.rule->secret ? context_.key_id : 0;
      for (std::uint32_t code = 0; code < counting_.codes.size(); ++code) {
        const auto group = counted.first_group + code;
        if (covered_[group] == 0) continue;
        places.push_back({group, counted.rule->element, counting_.codes[code], key_id});
        if (counted.rule->secret && context_.incoming_id)
          places.push_back({group, counted.rule->element, counting_.codes[code], *context_.incoming_id, true});
      }
    }
    delivery.runs =
        std::make_unique<SnapshotRuns>(std::move(piles_), std::move(piles_too_), std::move(places), context_.share);
  }

 private:
  const StageContext context_;
  const connectors::SnapshotLoad& load_;
  const Counting counting_;
  std::vector<std::uint8_t> covered_;  // by group
  KeyPiles piles_;                     // group: the element's first one + the unit's code
  std::optional<KeyPiles> piles_too_;  // the same people under the key that comes
  SnapshotPart row_by_row_;
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
  if (const auto* upsert = std::get_if<connectors::UpsertLoad>(&context.plan.load))
    return make_upsert_stage(context, *upsert);
  return make_snapshot_stage(context, std::get<connectors::SnapshotLoad>(context.plan.load));
}

}  // namespace ntmd::engine
