#include "daemon/engine/engine.h"

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/engine/counted.h"
#include "daemon/engine/delivery_name.h"
#include "daemon/engine/health.h"
#include "daemon/engine/local_day.h"
#include "daemon/engine/outbox.h"
#include "daemon/engine/person_key.h"
#include "daemon/engine/published_head.h"
#include "daemon/engine/view.h"

namespace ntmd::engine {
namespace {

constexpr std::uint32_t kPrivateFolder = 0700;
constexpr std::uint32_t kPublicFolder = 0755;
constexpr auto kDeliveryLimit = std::chrono::minutes(1);

base::Status make_folders(base::Files& files, const Config& config) {
  if (auto made = files.make_folders(config.data_dir, kPrivateFolder); !made)
    return base::fail_within("data_dir", made);
  if (auto made = files.make_folders(config.publish_dir, kPublicFolder); !made)
    return base::fail_within("publish_dir", made);
  return {};
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

/// By part: the id of its last delivery where that was retracted.
std::map<std::string, std::string> retracted_parts(const std::vector<store::DeliveryHead>& deliveries) {
  std::map<std::string, const store::DeliveryHead*> last;
  for (const auto& head : deliveries) {
    auto& known = last[head.part];
    if (known == nullptr || store::later_of_part(head, *known)) known = &head;
  }
  std::map<std::string, std::string> retracted;
  for (const auto& [part, head] : last) {
    if (head->standing == store::Standing::retracted) retracted.emplace(part, head->id);
  }
  return retracted;
}

void log_held(const std::vector<HeldBack>& held) {
  for (const auto& back : held) {
    for (const auto& id : back.deliveries) base::log::warn("delivery.held", {{"delivery", id}}, back.reason);
  }
}

}  // namespace

Engine::Engine(Setup setup, const World& world) : setup_(std::move(setup)), world_(world) {}
Engine::~Engine() = default;

Engine::Left Engine::close(std::unique_ptr<Engine> engine) {
  engine->publisher_.reset();
  engine->sender_.reset();
  engine->alerting_.reset();
  engine->sources_.reset();
  engine->assessor_.reset();
  engine->poller_.reset();
  engine->http_.reset();
  engine->store_.reset();
  return {std::move(engine->setup_), std::move(engine->lock_), *engine->pseudonyms_};
}

base::Result<std::optional<connectors::Pseudonyms>> Engine::may_follow(const Setup& next) {
  if (auto made = make_folders(world_.files, next.config); !made) return std::unexpected(made.error());
  return find_person_key(world_.files, next.config, *store_);
}

base::Result<std::unique_ptr<Engine>> Engine::open(Setup setup, const World& world) {
  return open({std::move(setup), nullptr, std::nullopt}, world);
}

base::Result<std::unique_ptr<Engine>> Engine::open(Left from, const World& world) {
  std::unique_ptr<Engine> engine(new Engine(std::move(from.setup), world));
  const auto& config = engine->setup_.config;
  if (auto made = make_folders(world.files, config); !made) return std::unexpected(made.error());
  engine->lock_ = std::move(from.lock);
  if (engine->lock_ == nullptr) {
    auto lock = store::lock_store(config.data_dir);
    if (!lock) return base::fail_within("store", lock);
    engine->lock_ = std::move(*lock);
  }
  auto opened = store::open_sqlite(config.data_dir, store::Access::owner, world.clock, engine->setup_.elements->names(),
                                   *engine->setup_.sources, engine->lock_);
  if (!opened) return base::fail_within("store", opened);
  engine->store_ = std::move(*opened);
  if (from.key) {
    auto fitting = fit_person_key(*from.key, *engine->store_);
    if (!fitting) return std::unexpected(fitting.error());
    from.key = std::move(*fitting);
  }
  if (!from.key) {
    auto key = open_person_key(world.files, config, *engine->store_);
    if (!key) return std::unexpected(key.error());
    from.key = *key;
  }
  engine->pseudonyms_ = std::make_shared<const connectors::Pseudonyms>(*from.key);
  engine->spool_ = std::make_unique<Spool>(world.files, config.data_dir / "spool");
  if (auto cleaned = engine->clean_spool(); !cleaned) return std::unexpected(cleaned.error());
  engine->http_ = std::make_unique<connectors::HttpDriver>(world.clock);
  engine->poller_ = std::make_unique<Poller>(engine->setup_, world, *engine->http_, *engine->spool_);
  engine->assessor_ = std::make_unique<Assessor>(engine->setup_, *engine->store_);
  if (auto loaded = engine->assessor_->load(); !loaded) return std::unexpected(loaded.error());
  if (auto alerts = engine->open_alerts(); !alerts) return std::unexpected(alerts.error());
  engine->publisher_ = std::make_unique<publish::Publisher>(world.files, config.publish_dir);
  return engine;
}

base::Status Engine::open_alerts() {
  const auto& folder = setup_.config.secrets_dir;
  const base::SecretFolder secrets(world_.files, folder);
  settings::Problems problems;
  auto channels = notify::open_channels(setup_.alerts.channels, folder.empty() ? nullptr : &secrets, problems);
  if (!problems.empty()) return std::unexpected(problems.error());
  sender_ = std::make_unique<notify::Sender>(std::move(channels), world_.clock);
  if (auto dropped = drop_orphans(*store_, sender_->channels()); !dropped) return dropped;
  sources_ = std::make_unique<SourceMemory>(setup_, *store_);
  auto alerting = Alerting::open(setup_, *store_, *sources_, world_);
  if (!alerting) return std::unexpected(alerting.error());
  alerting_ = std::move(*alerting);
  return {};
}

model::Day Engine::today() const { return local_day(world_.clock.now(), setup_.config.zone); }

void Engine::set_help(const base::ShareWork& share) {
  poller_->set_help(share);
  assessor_->set_help(share);
  publisher_->set_help(share);
}

base::Result<Engine::OpenRun> Engine::open_run(const std::shared_ptr<const SourcePlan>& plan, model::Day today) {
  OpenRun run;
  run.row.id = new_run_id();
  run.row.source = plan->id;
  run.row.started = world_.clock.now();
  auto ledger = store_->ledger(plan->id);
  if (!ledger) return base::fail_within(plan->id, ledger);
  auto cursor = store_->cursor(plan->id);
  if (!cursor) return base::fail_within(plan->id, cursor);
  run.order.plan = plan;
  auto held = store_->held_deliveries();
  if (!held) return base::fail_within(plan->id, held);
  auto again = to_hash_again(plan->id);
  if (!again) return base::fail_within(plan->id, again);
  run.order.known = {std::move(*ledger), std::move(*cursor), {}, {}, std::move(*again)};
  run.order.pseudonyms = pseudonyms_;
  for (auto& delivery : *held) {
    if (delivery.source == plan->id) run.order.known.waiting.insert(std::move(delivery.part));
  }
  const auto deliveries = store_->deliveries(plan->id);
  if (!deliveries) return base::fail_within(plan->id, deliveries);
  run.order.known.retracted = retracted_parts(*deliveries);
  auto lost = snapshots_without_runs(*plan, *store_, *deliveries, today);
  if (!lost) return base::fail_within(plan->id, lost);
  run.order.known.read_again.merge(*lost);
  run.order.today = today;
  run.order.run = run.row.id;
  run.order.deadline = world_.clock.steady() + plan->schedule.deadline;
  under_way_.insert_or_assign(run.row.id, plan->id);
  begun_[plan->id] = {run.row.id, run.row.started};
  return run;
}

base::Result<store::RunRow> Engine::close_run(OpenRun run, PollReport report) {
  const auto& source = run.row.source;
  sources_->forget(source);
  under_way_.erase(run.row.id);
  begun_.erase(source);
  for (const auto& entry : report.refused) {
    if (auto kept = store_->remember(entry); !kept) return base::fail_within(source, kept);
  }
  auto& row = run.row;
  row.ended = world_.clock.now();
  row.outcome = report.outcome;
  row.counts = report.counts;
  row.deliveries = report.deliveries;
  row.message = std::move(report.message);
  if (auto otherwise = reads_otherwise_.extract(source))
    row.message += fmt::format("{}{}", row.message.empty() ? "" : "; ", otherwise.mapped());
  const auto held = assessor_->guard_snapshots(*run.order.plan, run.order.today);
  if (!held) return base::fail_within(source, held);
  log_held(*held);
  if (auto waiting = report_held(source, row); !waiting) return std::unexpected(waiting.error());
  if (auto recorded = store_->record_run(row); !recorded) return base::fail_within(source, recorded);
  log_run(row);
  return std::move(row);
}

base::Result<store::RunRow> Engine::sync(const std::shared_ptr<const SourcePlan>& plan, model::Day today) {
  auto run = open_run(plan, today);
  if (!run) return std::unexpected(run.error());
  run->order.sink = [this, today](store::StagedDelivery staged) { return load(std::move(staged), today); };
  auto report = poller_->poll(run->order);
  return close_run(std::move(*run), std::move(report));
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

base::Result<store::Outcome> Engine::load(store::StagedDelivery staged, std::optional<model::Day> day) {
  const auto& source = staged.head.source;
  sources_->forget(source);
  if (auto named = name_return(*store_, staged); !named) return base::fail_within(source, named);
  const auto review = assessor_->guard(staged.head, day.value_or(today()));
  if (!review) return base::fail_within(source, review);
  const auto begun = begun_.find(source);
  if (begun != begun_.end() && begun->second.run == staged.head.run) staged.run_began = begun->second.at;
  const auto committed = store_->commit(staged, *review);
  if (!committed) return base::fail_within(source, committed);
  if (!committed->fresh) {
    tell_hashed_again(staged, *committed);
    return store::Outcome::unchanged;
  }
  const auto& head = staged.head;
  const bool held = head.standing == store::Standing::held || committed->held;
  const bool counts = head.standing == store::Standing::in_force;
  base::log::write(held || !counts ? base::log::Level::warn : base::log::Level::info,
                   held     ? "delivery.held"
                   : counts ? "delivery.loaded"
                            : "delivery.recorded",
                   {{"source", head.source},
                    {"run", head.run},
                    {"delivery", head.id},
                    {"part", head.part},
                    {"fetched", head.counts.fetched},
                    {"loaded", head.counts.loaded},
                    {"filtered", head.counts.filtered},
                    {"quarantined", head.counts.quarantined}},
                   committed->held.value_or(head.reason));
  return held ? store::Outcome::held : head.outcome;
}

base::Result<Pass> Engine::assess(model::Day day, bool full) { return judge(day, full, {}); }

std::string Engine::stuck() const {
  const auto last = assessor_->last_assessed();
  if (!last || !(today() < *last)) return {};
  return fmt::format(
      "assessing: the last assessed day is {}, expected none after today, {}; nothing is decided or "
      "published until then: set the clock right, or go back with ntmd assess --restart-from {} "
      "--reason WHY",
      last->iso(), today().iso(), today().iso());
}

base::Result<Pass> Engine::judge(model::Day day, bool full, const std::string& restart) {
  // Alerts live on the day assessed as it is at this time of the day.
  const auto now = world_.clock.now() + std::chrono::days(day - today());
  std::set<std::string> polled;
  for (const auto& [run, source] : under_way_) polled.insert(source);
  auto pass = assessor_->assess(
      day, full,
      [&](const Pass& judged, store::AssessmentCommit& commit) {
        if (!judged.held.empty()) sources_->forget();
        return alerting_->judge(judged, commit, now);
      },
      polled, restart);
  if (!pass) {
    sources_->forget();  // how far it came is not told
    return pass;
  }
  log_held(pass->held);
  if (pass->recorded) {
    alerting_->committed();
    try_to_end_rotation(day);
  }
  for (const auto& change : pass->changes) {
    base::log::info("status.changed", {{"subject", change.subject},
                                       {"indicator", change.criteria->indicators[change.verdict->rule].id},
                                       {"before", change.before ? rules::to_string(*change.before) : "none"},
                                       {"after", rules::to_string(change.verdict->state)},
                                       {"decision", change.verdict->decision}});
  }
  return pass;
}

base::Status Engine::clean_spool() {
  const auto deliveries = store_->deliveries();
  if (!deliveries) return std::unexpected(deliveries.error());
  std::vector<SpoolName> known;
  for (const auto& head : *deliveries) known.push_back({head.run, head.part});
  std::set<std::string> runs;
  for (const auto& [run, source] : under_way_) runs.insert(run);
  const auto dropped = spool_->purge(known, world_.clock.now() - setup_.config.spool_keep, runs);
  if (!dropped) return std::unexpected(dropped.error());
  if (*dropped > 0) base::log::info("spool.purged", {{"copies", *dropped}});
  return {};
}

base::Result<publish::Snapshot> Engine::snapshot(const Pass& pass) {
  auto snapshot = snapshot_of(setup_, *store_, *sources_, world_.clock, pass.verdicts);
  if (!snapshot) return snapshot;
  if (pass.touched) snapshot->touched = publish::Touched{pass.since, *pass.touched};
  for (auto& source : snapshot->sources) {
    if (const auto begun = begun_.find(source.id); begun != begun_.end()) {
      // A run under way has said nothing yet: what the one before left is shown.
      const auto runs = store_->run_rows(source.id, 2);
      if (!runs) return std::unexpected(runs.error());
      if (!runs->empty() && runs->front().id == begun->second.run)
        show_run(source, runs->size() > 1 ? &runs->back() : nullptr);
    }
    if (const auto next = next_runs_.find(source.id); next != next_runs_.end()) source.next_run = next->second;
  }
  return snapshot;
}

base::Status Engine::publish(const Pass& pass) {
  if (!pass.recorded) return {};
  auto now = snapshot(pass);
  if (!now) return base::fail_within("publishing", now);
  // The head first: what is published last says that all of it is there.
  if (auto done = publish_head(world_.files, setup_.config.publish_dir, assessor_->head()); !done)
    return base::fail_within("publishing", done);
  if (auto done = publisher_->publish(*now); !done) return base::fail_within("publishing", done);
  return {};
}

base::Status Engine::deliver() {
  const auto report = deliver_once(*store_, *sender_, world_.clock, world_.clock.steady() + kDeliveryLimit);
  if (!report) return base::fail_within("delivering alerts", report);
  if (report->sent + report->failed + report->waiting > 0) {
    base::log::info("outbox.tried", {{"sent", report->sent}, {"failed", report->failed}, {"waiting", report->waiting}});
  }
  return {};
}

}  // namespace ntmd::engine
