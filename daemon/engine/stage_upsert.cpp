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

static_assert(RecordLayout::kMostDays == 8 && RecordLayout::kMostCounters == 32, "what compiling load: upsert allows");

/// What could not be put in order says so when the commit asks for it.
class NoBlocks final : public store::BlockReader {
 public:
  explicit NoBlocks(base::Error why) : why_(std::move(why)) {}
  base::Result<const store::PackedBlock*> next() override { return std::unexpected(why_); }

 private:
  base::Error why_;
};

/// What all parts of a delivery know.
struct Counting {
  Counting(const StageContext& context, const connectors::UpsertLoad& load_in)
      : load(load_in), today(context.variables.today) {
    for (const auto& unit : context.units.all()) codes.push_back(unit.code);
    std::ranges::sort(codes);
    codes.erase(std::ranges::unique(codes).begin(), codes.end());
    for (const auto& unit : context.units.all())
      code_of.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(codes, unit.code) - codes.begin()));
    for (const auto& counter : load.counters) {
      auto& conditions = wanted.emplace_back();
      for (const auto& condition : counter.where) {
        auto& codes_wanted = conditions.emplace_back();
        for (const auto code : condition.codes) codes_wanted[code] = 1;
      }
    }
  }

  const connectors::UpsertLoad& load;
  model::Day today;
  std::vector<model::UnitCode> codes;                              // ascending
  std::vector<std::uint32_t> code_of;                              // by UnitRow, into codes
  std::vector<std::vector<std::array<std::uint8_t, 256>>> wanted;  // by counter, condition and code
};

class UpsertPart final : public StagePart {
 public:
  explicit UpsertPart(const Counting& counting)
      : rows(counting.load.days.size(), counting.load.version.has_value()),
        used(counting.codes.size()),
        counting_(counting),
        load_(counting.load),
        counts_(connectors::RawBatch::kRows),
        holds_(connectors::RawBatch::kRows) {}

  base::Status add(const RecordBatch& batch) override {
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
        waits = waits || days[i] > counting_.today.since_epoch();
      }
      if (waits) later.add(batch.raw->line[row]);
      const auto unit = counting_.code_of[units[row]];
      used[unit] = 1;
      rows.add(keys[row], version(batch, row), unit, counts_[row], std::span(days).first(load_.days.size()));
    }
    return {};
  }
  void clear() override {
    rows.clear();
    loaded = filtered = 0;
    later = {};
    std::ranges::fill(used, std::uint8_t{0});
  }

  RecordRows rows;  // their units: into Counting::codes
  std::uint64_t loaded = 0;
  std::uint64_t filtered = 0;
  LaterRows later;
  std::vector<std::uint8_t> used;  // by code

 private:
  void count(std::size_t counter, const RecordBatch& batch) {
    const auto& where = load_.counters[counter].where;
    std::fill_n(holds_.begin(), batch.rows, 1);
    std::size_t at = 0;
    for (const auto& condition : where) {
      ++at;
      const auto& column = batch.fields[condition.field];
      if (condition.codes.empty()) {
        for (std::size_t row = 0; row < batch.rows; ++row) {
          const bool good = holds_[row] != 0 && batch.state[row] == RowState::good;
          holds_[row] = good && connectors::holds(condition, column, row) ? 1 : 0;
        }
        continue;
      }
      const auto& wanted = counting_.wanted[counter][at - 1];
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

  const Counting& counting_;
  const connectors::UpsertLoad& load_;
  std::vector<std::uint32_t> counts_;  // of the batch, by row
  std::vector<std::uint8_t> holds_;
};

/// Keyed records: one row per key.
class UpsertStage final : public Stage {
 public:
  UpsertStage(const StageContext& context, const connectors::UpsertLoad& load)
      : context_(context),
        load_(load),
        counting_(context_, load),
        used_(counting_.codes.size()),
        piles_(load.days.size(), load.version.has_value(), context.open_scratch),
        row_by_row_(counting_) {}

  base::Status add(const RecordBatch& batch, connectors::Quarantine&) override {
    row_by_row_.clear();
    if (auto added = row_by_row_.add(batch); !added) return added;
    return take(row_by_row_, 0);
  }
  std::unique_ptr<StagePart> part() override { return std::make_unique<UpsertPart>(counting_); }
  base::Status take(StagePart& given, std::uint64_t line) override {
    const auto& part = static_cast<UpsertPart&>(given);
    loaded += part.loaded;
    filtered += part.filtered;
    later.add(part.later, line);
    for (std::size_t code = 0; code < used_.size(); ++code) used_[code] |= part.used[code];
    return piles_.add(part.rows);
  }

  void finish(store::StagedDelivery& delivery) override {
    delivery.head.kind = store::LoadKind::records;
    delivery.head.partition = delivery.head.part;
    auto& records = delivery.records.emplace();
    std::vector<std::uint32_t> numbers(counting_.codes.size());
    for (std::size_t code = 0; code < counting_.codes.size(); ++code) {
      if (used_[code] == 0) continue;
      numbers[code] = static_cast<std::uint32_t>(records.layout.units.size());
      records.layout.units.push_back(counting_.codes[code]);
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
  const StageContext context_;
  const connectors::UpsertLoad& load_;
  const Counting counting_;
  std::vector<std::uint8_t> used_;  // by code
  RecordPiles piles_;
  UpsertPart row_by_row_;
};

}  // namespace

std::unique_ptr<Stage> make_upsert_stage(const StageContext& context, const connectors::UpsertLoad& load) {
  return std::make_unique<UpsertStage>(context, load);
}

}  // namespace ntmd::engine
