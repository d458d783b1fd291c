#include "daemon/engine/pipeline.h"

#include <fmt/format.h>

#include "connectors/codec/csv.h"
#include "connectors/map/mapper.h"
#include "daemon/base/digest.h"
#include "daemon/engine/stage.h"

namespace ntmd::engine {
namespace {

constexpr std::size_t kMaxQuarantine = 10000;

store::LoadKind kind_of(const connectors::RecordPlan& plan) {
  if (std::holds_alternative<connectors::FiguresLoad>(plan.load)) return store::LoadKind::figures;
  if (std::holds_alternative<connectors::EvidenceLoad>(plan.load)) return store::LoadKind::evidence;
  return store::LoadKind::snapshot;
}

}  // namespace

struct Pipeline::State {
  State(std::shared_ptr<const SourcePlan> source_plan, const units::UnitRegister& units,
        const model::ElementTable& elements, model::NameTable& sources, const connectors::Pseudonyms& pseudonyms,
        Arrival come)
      : plan(std::move(source_plan)),
        arrival(std::move(come)),
        mapper(*plan->records, units, elements, pseudonyms, arrival.dated, arrival.today),
        stage({*plan->records, units, elements, sources.intern(plan->id), pseudonyms.key_id(), arrival.dated,
               arrival.received, arrival.today}),
        reader(connectors::make_csv_reader({plan->records->inputs},
                                           [this](const connectors::RawBatch& raw) { return take(raw); })) {}

  base::Status take(const connectors::RawBatch& raw) {
    fetched += raw.rows + raw.faults.size();
    for (const auto& fault : raw.faults)
      refuse({fault.line, fault.byte, fault.column, fault.rule, fault.message, std::nullopt});
    const auto& batch = mapper.map(raw, [&](const connectors::FieldFault& fault) {
      refuse({raw.line[fault.row], raw.byte[fault.row], fault.field->column, fault.rule, fault.message, fault.value});
    });
    load_faults.clear();
    stage.take(batch, load_faults);
    for (auto& fault : load_faults) {
      refuse({raw.line[fault.row], raw.byte[fault.row], std::move(fault.column), std::move(fault.rule),
              std::move(fault.message), std::nullopt});
    }
    return {};
  }

  void refuse(store::QuarantineRow row) {
    if (refused++ < kMaxQuarantine) quarantine.push_back(std::move(row));
  }

  [[nodiscard]] std::string partition() const {
    if (const auto* snapshot = std::get_if<connectors::SnapshotLoad>(&plan->records->load)) {
      return fmt::format("{}/{}", snapshot->partition, arrival.dated ? arrival.dated->iso() : std::string{});
    }
    return std::holds_alternative<connectors::EvidenceLoad>(plan->records->load) ? plan->id : arrival.part;
  }

  /// Why the delivery must wait for somebody; empty: nothing.
  [[nodiscard]] std::string held_for(const store::Counts& counts) const {
    const auto& expect = plan->expect;
    if (counts.quarantined * 100 > static_cast<std::uint64_t>(expect.quarantine_max_pct) * counts.fetched) {
      const auto& first = quarantine.front();
      return fmt::format("{}: {} of {} rows are refused, expected at most {} %; the first: line {}: {}", arrival.part,
                         counts.quarantined, counts.fetched, expect.quarantine_max_pct, first.line, first.message);
    }
    const auto loaded = static_cast<std::int64_t>(counts.loaded);
    if (expect.rows_min && loaded < *expect.rows_min) {
      return fmt::format("{}: {} rows are loaded, expected at least {}", arrival.part, loaded, *expect.rows_min);
    }
    if (expect.rows_max && loaded > *expect.rows_max) {
      return fmt::format("{}: {} rows are loaded, expected at most {}", arrival.part, loaded, *expect.rows_max);
    }
    return {};
  }

  std::shared_ptr<const SourcePlan> plan;
  Arrival arrival;
  connectors::Mapper mapper;
  Stage stage;
  std::unique_ptr<connectors::Decoder> reader;
  base::Sha256Stream digest;
  std::uint64_t fetched = 0;
  std::uint64_t refused = 0;
  std::vector<store::QuarantineRow> quarantine;
  std::vector<LoadFault> load_faults;
  std::vector<std::string> notes;
};

Pipeline::Pipeline(std::shared_ptr<const SourcePlan> plan, const units::UnitRegister& units,
                   const model::ElementTable& elements, model::NameTable& sources,
                   const connectors::Pseudonyms& pseudonyms, Arrival arrival)
    : state_(std::make_unique<State>(std::move(plan), units, elements, sources, pseudonyms, std::move(arrival))) {}
Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;

base::Status Pipeline::feed(std::string_view bytes) {
  state_->digest.add(bytes);
  auto fed = state_->reader->feed(bytes);
  if (!fed)
    return std::unexpected(
        base::Error{fed.error().fault, fmt::format("{}:{}", state_->arrival.part, fed.error().what)});
  return {};
}

base::Result<store::StagedDelivery> Pipeline::finish() {
  auto& state = *state_;
  if (auto done = state.reader->finish(); !done) {
    return std::unexpected(
        base::Error{done.error().fault, fmt::format("{}:{}", state.arrival.part, done.error().what)});
  }
  store::StagedDelivery staged;
  auto& head = staged.head;
  head.source = state.plan->id;
  head.connector = state.plan->connector;
  head.kind = kind_of(*state.plan->records);
  head.partition = state.partition();
  head.part = state.arrival.part;
  head.dated = state.arrival.dated;
  head.received = state.arrival.received;
  head.content_sha256 = base::to_hex(state.digest.finish());
  head.id = base::sha256_hex(head.source + '\n' + head.partition + '\n' + head.part + '\n' + head.content_sha256)
                .substr(0, 32);
  head.counts = {state.fetched, state.stage.loaded(), state.stage.filtered(), state.refused};
  head.quarantine_left_out = state.refused - state.quarantine.size();
  const bool snapshot = head.kind != store::LoadKind::figures;
  if (const auto reason = state.held_for(head.counts); !reason.empty()) {
    head.standing = store::Standing::held;
    head.outcome = store::Outcome::held;
    head.reason = reason;
  }
  if (snapshot && head.counts.loaded + head.counts.filtered == 0) {
    head.standing = store::Standing::recorded;
    head.outcome = store::Outcome::empty_suspect;
    head.reason = fmt::format("{}: holds no valid row, expected some; an empty delivery changes nothing", head.part);
  }
  state.stage.finish(staged);
  staged.quarantine = std::move(state.quarantine);
  if (state.stage.later_rows() > 0) {
    state.notes.push_back(fmt::format("{}:{}: {} rows are dated after {}; they are kept and wait for their day",
                                      head.part, state.stage.first_later_line(), state.stage.later_rows(),
                                      state.arrival.today.iso()));
  } else if (head.dated && *head.dated > state.arrival.today) {
    state.notes.push_back(
        fmt::format("{}: is dated after {}; it is kept and waits for its day", head.part, state.arrival.today.iso()));
  }
  return staged;
}

std::span<const std::string> Pipeline::notes() const { return state_->notes; }

}  // namespace ntmd::engine
