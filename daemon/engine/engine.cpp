#include "daemon/engine/engine.h"

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/base/log.h"
#include "daemon/engine/local_day.h"
#include "daemon/engine/person_key.h"
#include "daemon/engine/published_head.h"
#include "daemon/engine/view.h"

namespace ntmd::engine {
namespace {

constexpr std::uint32_t kPrivateFolder = 0700;
constexpr std::uint32_t kPublicFolder = 0755;

std::string new_run_id() {
  const auto bytes = base::random_bytes(8);
  return base::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

void log_run(const store::RunRow& run) {
  const bool fine = run.outcome == store::Outcome::ok || run.outcome == store::Outcome::unchanged ||
                    run.outcome == store::Outcome::skipped;
  base::log::write(fine ? base::log::Level::info : base::log::Level::warn, "source.polled",
                   {{"source", run.source},
                    {"run", run.id},
                    {"outcome", store::to_string(run.outcome)},
                    {"deliveries", std::uint64_t{run.deliveries}},
                    {"fetched", run.counts.fetched},
                    {"loaded", run.counts.loaded},
                    {"filtered", run.counts.filtered},
                    {"quarantined", run.counts.quarantined}},
                   run.message);
}

}  // namespace

Engine::Engine(Setup setup, const World& world) : setup_(std::move(setup)), world_(world) {}
Engine::~Engine() = default;

base::Result<std::unique_ptr<Engine>> Engine::open(Setup setup, const World& world) {
  std::unique_ptr<Engine> engine(new Engine(std::move(setup), world));
  const auto& config = engine->setup_.config;
  if (auto made = world.files.make_folders(config.data_dir, kPrivateFolder); !made)
    return base::fail_within("data_dir", made);
  if (auto made = world.files.make_folders(config.publish_dir, kPublicFolder); !made)
    return base::fail_within("publish_dir", made);
  auto opened = store::open_sqlite(config.data_dir, store::Access::owner, world.clock, engine->setup_.elements->names(),
                                   *engine->setup_.sources);
  if (!opened) return base::fail_within("store", opened);
  engine->store_ = std::move(*opened);
  auto key = open_person_key(world.files, config, *engine->store_);
  if (!key) return std::unexpected(key.error());
  engine->pseudonyms_.emplace(*key);
  engine->poller_ = std::make_unique<Poller>(engine->setup_, world, *engine->pseudonyms_);
  engine->assessor_ = std::make_unique<Assessor>(engine->setup_, *engine->store_);
  if (auto loaded = engine->assessor_->load(); !loaded) return std::unexpected(loaded.error());
  engine->publisher_ = std::make_unique<publish::Publisher>(world.files, config.publish_dir);
  return engine;
}

model::Day Engine::today() const { return local_day(world_.clock.now(), setup_.config.zone); }

base::Result<store::RunRow> Engine::sync(const std::shared_ptr<const SourcePlan>& plan, model::Day today) {
  store::RunRow run;
  run.id = new_run_id();
  run.source = plan->id;
  run.started = world_.clock.now();
  Known known;
  auto ledger = store_->ledger(plan->id);
  if (!ledger) return base::fail_within(plan->id, ledger);
  known.ledger = std::move(*ledger);
  auto cursor = store_->cursor(plan->id);
  if (!cursor) return base::fail_within(plan->id, cursor);
  known.cursor = std::move(*cursor);

  auto report = poller_->poll(plan, known, today, run.id,
                              [&](store::StagedDelivery staged) { return load(*plan, std::move(staged)); });
  for (const auto& entry : report.refused) {
    if (auto kept = store_->remember(entry); !kept) return base::fail_within(plan->id, kept);
  }
  run.ended = world_.clock.now();
  run.outcome = report.outcome;
  run.counts = report.counts;
  run.deliveries = report.deliveries;
  run.message = std::move(report.message);
  if (auto waiting = report_held(plan->id, run); !waiting) return std::unexpected(waiting.error());
  if (auto recorded = store_->record_run(run); !recorded) return base::fail_within(plan->id, recorded);
  log_run(run);
  return run;
}

base::Result<store::RunRow> Engine::look(const std::shared_ptr<const SourcePlan>& plan, model::Day today) {
  store::RunRow run;
  run.source = plan->id;
  run.started = world_.clock.now();
  const auto report = poller_->poll(
      plan, Known{}, today, {},
      [](const store::StagedDelivery& staged) -> base::Result<store::Outcome> { return staged.head.outcome; });
  run.ended = world_.clock.now();
  run.outcome = report.outcome;
  run.counts = report.counts;
  run.deliveries = report.deliveries;
  run.message = report.message;
  return run;
}

base::Status Engine::report_held(const std::string& source, store::RunRow& run) {
  const auto deliveries = store_->deliveries(source);
  if (!deliveries) return base::fail_within(source, deliveries);
  for (const auto& delivery : *deliveries) {
    if (delivery.standing != store::Standing::held) continue;
    run.outcome = graver(run.outcome, store::Outcome::held);
    if (run.message.empty()) {
      run.message = fmt::format("delivery {} ({}) is held: {}; ntmd accept or ntmd retract it", delivery.id,
                                delivery.part, delivery.reason);
    }
  }
  return {};
}

base::Result<store::Outcome> Engine::load(const SourcePlan& plan, store::StagedDelivery staged) {
  const auto committed = store_->commit(staged);
  if (!committed) return base::fail_within(plan.id, committed);
  if (!committed->fresh) return store::Outcome::unchanged;
  const auto& head = staged.head;
  const bool held = head.standing == store::Standing::held;
  base::log::write(held ? base::log::Level::warn : base::log::Level::info, held ? "delivery.held" : "delivery.loaded",
                   {{"source", head.source},
                    {"run", head.run},
                    {"delivery", head.id},
                    {"part", head.part},
                    {"fetched", head.counts.fetched},
                    {"loaded", head.counts.loaded},
                    {"filtered", head.counts.filtered},
                    {"quarantined", head.counts.quarantined}},
                   head.reason);
  return held ? store::Outcome::held : head.outcome;
}

base::Result<Pass> Engine::assess(model::Day day, bool full) {
  auto pass = assessor_->assess(day, full);
  if (!pass) return pass;
  for (const auto& change : pass->changes) {
    base::log::info("status.changed", {{"subject", change.subject},
                                       {"indicator", change.criteria->indicators[change.verdict->rule].id},
                                       {"before", change.before ? rules::to_string(*change.before) : "none"},
                                       {"after", rules::to_string(change.verdict->state)},
                                       {"decision", change.verdict->decision}});
  }
  return pass;
}

base::Result<publish::Snapshot> Engine::snapshot(const Pass& pass) {
  return snapshot_of(setup_, *store_, world_.clock, pass.verdicts);
}

base::Status Engine::publish(const Pass& pass) {
  if (!pass.recorded) return {};
  auto now = snapshot(pass);
  if (!now) return base::fail_within("publishing", now);
  if (auto done = publisher_->publish(*now); !done) return base::fail_within("publishing", done);
  return publish_head(world_.files, setup_.config.publish_dir, assessor_->head());
}

}  // namespace ntmd::engine
