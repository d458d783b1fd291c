#include <algorithm>
#include <array>

#include "daemon/engine/record_piles.h"
#include "daemon/engine/stage.h"

namespace ntmd::engine {
namespace {

using connectors::RecordBatch;
using connectors::RowState;
using store::RecordBlock;
using store::RecordLayout;

/// What could not be put in order says so when the commit asks for it.
class NoBlocks final : public store::BlockReader {
 public:
  explicit NoBlocks(base::Error why) : why_(std::move(why)) {}
  base::Result<const store::PackedBlock*> next() override { return std::unexpected(why_); }

 private:
  base::Error why_;
};

/// Keyed records: one row per key.
class UpsertStage final : public Stage {
 public:
  UpsertStage(const StageContext& context, const connectors::UpsertLoad& load)
      : context_(context), load_(load), piles_(load.days.size(), load.version.has_value(), context.open_scratch) {
    for (const auto& unit : context.units.all()) codes_.push_back(unit.code);
    std::ranges::sort(codes_);
    codes_.erase(std::ranges::unique(codes_).begin(), codes_.end());
    for (const auto& unit : context.units.all())
      code_of_.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(codes_, unit.code) - codes_.begin()));
    used_.resize(codes_.size());
    counts_.resize(connectors::RawBatch::kRows);
    holds_.resize(connectors::RawBatch::kRows);
  }

  base::Status add(const RecordBatch& batch, connectors::Quarantine&) override {
    if (auto room = piles_.make_room(batch.rows); !room) return room;
    std::fill_n(counts_.begin(), batch.rows, 0);
    for (std::size_t i = 0; i < load_.counters.size(); ++i) count(i, batch);
    const auto* const keys = batch.fields[load_.key].key.data();
    const auto* const units = batch.fields[load_.unit].unit.data();
    std::array<std::int32_t, RecordLayout::kMostDays> days{};
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (batch.state[row] == RowState::filtered || batch.state[row] == RowState::skipped) ++filtered;
      if (batch.state[row] != RowState::good) continue;
      ++loaded;
      bool waits = false;
      for (std::size_t i = 0; i < load_.days.size(); ++i) {
        days[i] = day(load_.days[i], batch, row);
        waits = waits || days[i] > context_.variables.today.since_epoch();
      }
      if (waits) later.add(batch.raw->line[row]);
      const auto unit = code_of_[units[row]];
      used_[unit] = 1;
      piles_.add(keys[row], version(batch, row), unit, counts_[row], std::span(days).first(load_.days.size()));
    }
    return {};
  }

  void finish(store::StagedDelivery& delivery) override {
    delivery.head.kind = store::LoadKind::records;
    delivery.head.partition = delivery.head.part;
    auto& records = delivery.records.emplace();
    std::vector<std::uint32_t> numbers(codes_.size());
    for (std::size_t code = 0; code < codes_.size(); ++code) {
      if (used_[code] == 0) continue;
      numbers[code] = static_cast<std::uint32_t>(records.layout.units.size());
      records.layout.units.push_back(codes_[code]);
    }
    for (const auto& day : load_.days) records.layout.days.push_back(day.name);
    for (const auto& counter : load_.counters)
      records.layout.counters.push_back({counter.element, static_cast<std::uint32_t>(counter.day)});
    const auto ymd = context_.variables.today.ymd();
    records.daily_from = model::Day(ymd.year() / ymd.month() / 1);
    auto ordered = piles_.finish(numbers);
    if (!ordered) {
      records.blocks = std::make_unique<NoBlocks>(ordered.error());
      return;
    }
    records.bits = ordered->bits;
    records.rows = ordered->rows;
    records.blocks = std::move(ordered->blocks);
  }

 private:
  void count(std::size_t counter, const RecordBatch& batch) {
    const auto& where = load_.counters[counter].where;
    std::fill_n(holds_.begin(), batch.rows, 1);
    for (const auto& condition : where) {
      const auto& column = batch.fields[condition.field];
      if (condition.codes.empty()) {
        for (std::size_t row = 0; row < batch.rows; ++row) {
          const bool good = holds_[row] != 0 && batch.state[row] == RowState::good;
          holds_[row] = good && connectors::holds(condition, column, row) ? 1 : 0;
        }
        continue;
      }
      std::array<std::uint8_t, 256> wanted{};
      for (const auto code : condition.codes) wanted[code] = 1;
      for (std::size_t row = 0; row < batch.rows; ++row)
        holds_[row] &= static_cast<std::uint8_t>(column.present[row] & wanted[column.code[row]]);
    }
    for (std::size_t row = 0; row < batch.rows; ++row) counts_[row] |= std::uint32_t{holds_[row]} << counter;
  }
  static std::int32_t day(const connectors::UpsertLoad::Days& days, const RecordBatch& batch, std::size_t row) {
    for (const auto field : days.fields) {
      const auto& column = batch.fields[field];
      if (column.present[row] != 0) return column.day[row].since_epoch();
    }
    return RecordBlock::kNoDay;
  }
  [[nodiscard]] std::int64_t version(const RecordBatch& batch, std::size_t row) const {
    if (!load_.version) return 0;
    const auto& column = batch.fields[*load_.version];
    return column.present[row] != 0 ? column.number[row] : std::numeric_limits<std::int64_t>::min();
  }

  const StageContext context_;
  const connectors::UpsertLoad& load_;
  std::vector<model::UnitCode> codes_;  // ascending
  std::vector<std::uint32_t> code_of_;  // by UnitRow, into codes_
  std::vector<std::uint8_t> used_;      // by code
  RecordPiles piles_;
  std::vector<std::uint32_t> counts_;  // of the batch, by row
  std::vector<std::uint8_t> holds_;
};

}  // namespace

std::unique_ptr<Stage> make_upsert_stage(const StageContext& context, const connectors::UpsertLoad& load) {
  return std::make_unique<UpsertStage>(context, load);
}

}  // namespace ntmd::engine
