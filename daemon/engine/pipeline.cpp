#include "daemon/engine/pipeline.h"

#include <fmt/format.h>

#include "connectors/codec/csv.h"
#include "connectors/codec/json.h"
#include "connectors/codec/ndjson.h"
#include "connectors/files/folder_scan.h"
#include "daemon/engine/lanes.h"
#include "daemon/engine/stage.h"

namespace ntmd::engine {
namespace {

constexpr std::size_t kIdChars = 32;
constexpr std::size_t kMaxDocuments = 1'000'000;

/// The first refused row in words, for the reason of a held delivery.
std::string first_fault(const std::vector<store::QuarantineRow>& rows) {
  if (rows.empty()) return {};
  const auto& row = rows.front();
  return fmt::format("; first {}{}: {}", row.line == 0 ? std::string() : fmt::format("line {}, ", row.line), row.rule,
                     row.message);
}

}  // namespace

struct Pipeline::State {
  State(std::shared_ptr<const SourcePlan> plan_in, const units::UnitRegister& units, model::NameTable& sources,
        const connectors::Pseudonyms& pseudonyms, Arrival arrival_in, Workshop workshop_in)
      : plan(std::move(plan_in)),
        arrival(date(std::move(arrival_in), *plan)),
        workshop(std::move(workshop_in)),
        make_mapper([this, &units, &pseudonyms] {
          return std::make_unique<connectors::RecordMapper>(
              *plan->records, units, pseudonyms,
              connectors::Variables{plan->id, arrival.dated, arrival.today, arrival.window});
        }),
        own_mapper(make_mapper()),
        mapper(*own_mapper),
        quarantine(plan->records->format != connectors::RecordPlan::Format::json, plan->records->personal),
        stage(make_stage({*plan->records, units, mapper.variables(), source_of(*plan, sources), arrival.received,
                          pseudonyms.key_id(), workshop.open_scratch, workshop.share, incoming_of(pseudonyms)})) {}

  std::shared_ptr<const SourcePlan> plan;
  Arrival arrival;
  Workshop workshop;
  std::function<std::unique_ptr<connectors::RecordMapper>()> make_mapper;
  std::unique_ptr<connectors::RecordMapper> own_mapper;
  connectors::RecordMapper& mapper;
  connectors::Quarantine quarantine;
  std::unique_ptr<Stage> stage;
  std::unique_ptr<connectors::Decoder> decoder;
  std::unique_ptr<Lanes> lanes;
  base::Sha256Stream digest;
  std::size_t documents = 0;
  bool open = false;  // a document was begun and not finished
  std::vector<std::string> notes;

  /// With the date that the file's name holds, where the source dates files so.
  static Arrival date(Arrival arrival, const SourcePlan& plan) {
    if (plan.folder && plan.folder->date_pattern && !arrival.dated)
      arrival.dated = connectors::date_in_name(arrival.part);
    return arrival;
  }
  static std::optional<std::uint32_t> incoming_of(const connectors::Pseudonyms& pseudonyms) {
    return pseudonyms.incoming() ? std::optional(pseudonyms.incoming()->id) : std::nullopt;
  }
  static model::SourceId source_of(const SourcePlan& plan, model::NameTable& sources) {
    const auto known = sources.find(plan.id);
    return known ? *known : sources.intern(plan.id);
  }
  [[nodiscard]] std::unexpected<base::Error> refuse(const base::Error& error) const {
    // What is wrong with the data begins with its place in the part.
    const auto* const gap = error.fault == base::Fault::bad_data ? "" : " ";
    return base::fail(error.fault, fmt::format("{}:{}{}", arrival.part, gap, error.what));
  }

  base::Status begin(std::span<const std::pair<std::string, std::string>> context) {
    if (plan->folder && plan->folder->date_pattern && !arrival.dated) {
      return base::fail(base::Fault::bad_data,
                        fmt::format("{}: its name holds no one real date, expected {} in it; rename it", arrival.part,
                                    *plan->folder->date_pattern));
    }
    if (++documents > kMaxDocuments)
      return base::fail(base::Fault::bad_data, fmt::format("{}: over {} documents", arrival.part, kMaxDocuments));
    if (!decoder) {
      const auto& records = *plan->records;
      auto sink = [this](const connectors::RawBatch& raw) -> base::Status {
        return stage->add(mapper.map(raw, quarantine), quarantine);
      };
      if (records.format == connectors::RecordPlan::Format::csv) {
        decoder = connectors::make_csv_reader({.columns = records.columns}, std::move(sink));
      } else if (records.format == connectors::RecordPlan::Format::ndjson) {
        auto made = connectors::make_ndjson_reader({.columns = records.columns, .caps = {}}, std::move(sink));
        if (!made) return refuse(made.error());
        decoder = std::move(*made);
      } else {
        auto made = connectors::make_json_reader({.records = records.records, .columns = records.columns, .caps = {}},
                                                 std::move(sink));
        if (!made) return refuse(made.error());
        decoder = std::move(*made);
      }
    }
    if (auto begun = mapper.begin_document(context); !begun) return base::fail_within(arrival.part, begun);
    for (const auto& [key, value] : context)
      digest.add(fmt::format("{}:{}={}:{}\n", key.size(), key, value.size(), value));
    quarantine.next_document();
    open = true;
    open_lanes();
    return {};
  }
  /// For a file in one piece whose rows may be read side by side.
  void open_lanes() {
    if (lanes || !plan->folder || decoder->pieces() == nullptr || stage->part() == nullptr) return;
    const Lanes::Way way{*decoder, quarantine, *stage, [this] {
                           auto made = make_mapper();
                           if (auto begun = made->begin_document({}); !begun)
                             throw std::logic_error(begun.error().what);
                           return made;
                         }};
    lanes = std::make_unique<Lanes>(way, workshop.share, workshop.piece == 0 ? Lanes::kPiece : workshop.piece);
  }
  base::Status feed(std::string_view bytes) { return lanes ? lanes->feed(bytes) : decoder->feed(bytes); }
  base::Status end() {
    open = false;
    if (lanes) {
      if (auto read = lanes->finish(); !read) return refuse(read.error());
    }
    auto ended = decoder->finish();
    if (!ended) return refuse(ended.error());
    return {};
  }

  void judge(store::StagedDelivery& delivery);
  void take_notes();
};

/// in_force, held or recorded. Flips are judged by the engine, which knows the verdicts.
void Pipeline::State::judge(store::StagedDelivery& delivery) {
  auto& head = delivery.head;
  const auto& counts = head.counts;
  const auto& expect = plan->expect;
  const auto valid = static_cast<std::int64_t>(counts.fetched - counts.quarantined);
  const auto hold = [&](std::string reason) {
    head.standing = store::Standing::held;
    head.outcome = store::Outcome::held;
    head.reason += fmt::format("{}{}", head.reason.empty() ? "" : "; ", reason);
  };
  if (counts.quarantined * 100 > static_cast<std::uint64_t>(expect.quarantine_max_pct) * counts.fetched) {
    hold(fmt::format("{} of {} rows are in quarantine, expected at most {} %{}", counts.quarantined, counts.fetched,
                     expect.quarantine_max_pct, first_fault(delivery.quarantine)));
  }
  if (head.kind != store::LoadKind::figures && valid == 0 && head.standing != store::Standing::held) {
    head.standing = store::Standing::recorded;
    head.outcome = store::Outcome::empty_suspect;
    head.reason = fmt::format("no valid row of {}, expected some; what was in force before stays{}", counts.fetched,
                              first_fault(delivery.quarantine));
    return;
  }
  if (expect.rows_min && valid < *expect.rows_min)
    hold(fmt::format("{} valid rows, expected at least {}", valid, *expect.rows_min));
  if (expect.rows_max && valid > *expect.rows_max)
    hold(fmt::format("{} valid rows, expected at most {}", valid, *expect.rows_max));
}

void Pipeline::State::take_notes() {
  const bool lines = plan->records->format == connectors::RecordPlan::Format::csv;
  if (const auto& twice = stage->told_twice; twice.count > 0) {
    notes.push_back(
        fmt::format("{}: {} figures are told twice with different values, first in {} {}; the later row "
                    "counts",
                    arrival.part, twice.count, lines ? "line" : "record", twice.first_line));
  }
  const auto& later = stage->later;
  if (later.count == 0) return;
  notes.push_back(fmt::format(
      "{}: {} rows are dated after {}, first {}; they are stored and wait for their day", arrival.part, later.count,
      arrival.today.iso(),
      later.first_line == 0 ? std::string("by the delivery's date") : fmt::format("line {}", later.first_line)));
}

Pipeline::Pipeline(std::shared_ptr<const SourcePlan> plan, const units::UnitRegister& units, model::NameTable& sources,
                   const connectors::Pseudonyms& pseudonyms, Arrival arrival, Workshop workshop)
    : state_(std::make_unique<State>(std::move(plan), units, sources, pseudonyms, std::move(arrival),
                                     std::move(workshop))) {}

Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;

std::span<char> Pipeline::room() { return state_->lanes ? state_->lanes->room() : std::span<char>(); }

base::Status Pipeline::feed(std::string_view bytes) {
  auto& state = *state_;
  if (!state.open) {
    if (auto begun = state.begin({}); !begun) return begun;
  }
  state.digest.add(bytes);
  if (auto fed = state.feed(bytes); !fed) return state.refuse(fed.error());
  return {};
}

base::Status Pipeline::next_document(std::span<const std::pair<std::string, std::string>> context) {
  auto& state = *state_;
  if (state.open) {
    if (auto ended = state.end(); !ended) return ended;
  }
  return state.begin(context);
}

base::Result<store::StagedDelivery> Pipeline::finish() {
  auto& state = *state_;
  // A file is a document even when it has no bytes; a poll may have none.
  if (!state.open && state.documents == 0 && state.plan->folder) {
    if (auto begun = state.begin({}); !begun) return std::unexpected(begun.error());
  }
  if (state.open) {
    if (auto ended = state.end(); !ended) return std::unexpected(ended.error());
  }
  store::StagedDelivery delivery;
  auto& head = delivery.head;
  head.source = state.plan->id;
  head.connector = state.plan->connector;
  head.part = state.arrival.part;
  head.received = state.arrival.received;
  head.content_sha256 = base::to_hex(state.digest.finish());
  state.stage->finish(delivery);
  head.counts.loaded = state.stage->loaded;
  head.counts.filtered = state.stage->filtered;
  head.counts.quarantined = state.quarantine.count();
  head.counts.fetched = head.counts.loaded + head.counts.filtered + head.counts.quarantined;
  // The file's name counts: the same numbers told again under another name, later, are told later.
  head.id = base::sha256_hex(fmt::format("{}\n{}\n{}\n{}", head.source, head.partition, head.part, head.content_sha256))
                .substr(0, kIdChars);
  delivery.quarantine.reserve(state.quarantine.kept());
  state.quarantine.hand_over([&](connectors::RefusedRow row) {
    delivery.quarantine.push_back(
        {row.line, row.byte, std::move(row.column), std::move(row.rule), std::move(row.message), std::move(row.value)});
  });
  head.quarantine_left_out = head.counts.quarantined - delivery.quarantine.size();
  state.judge(delivery);
  // What a changed file no longer says is withdrawn, unless it may be among the rows that were refused. What a poll no
  // longer says is not: an answer that lacks something is no answer about it.
  head.whole = head.kind == store::LoadKind::figures && state.plan->folder && head.counts.quarantined == 0 &&
               head.counts.loaded > 0;
  state.take_notes();
  return delivery;
}

std::span<const std::string> Pipeline::notes() const { return state_->notes; }

}  // namespace ntmd::engine
