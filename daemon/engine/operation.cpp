#include "daemon/engine/operation.h"

#include <algorithm>
#include <future>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include "daemon/base/log.h"

namespace ntmd::engine {
namespace {

using namespace std::chrono_literals;

/// The agenda looks at the wall clock at least so often: it may be set.
constexpr auto kLongestNap = 20s;
constexpr std::uint64_t kRunsLookedAt = 20;
const std::string kAssess = "\nassess";      // no source id
const std::string kMidnight = "\nmidnight";  // freshness and expiry are counted in days
const std::string kAlerts = "\nalerts";      // a wait limit, a reminder, the end of a silence
/// Alerts that a pass should have told of and could not are tried again after this.
constexpr auto kAlertsAgain = 1min;

// What readiness is told of.
const std::string kPollOf = "poll of ";

bool is_source(const std::string& id) { return !id.starts_with('\n'); }

}  // namespace

Operation::Operation(const World& world, boost::asio::io_context& main, Readiness& readiness, Events events)
    : world_(world),
      main_(main),
      readiness_(readiness),
      events_(std::move(events)),
      agenda_timer_(main),
      cycle_timer_(main),
      request_timer_(main) {}

Operation::~Operation() {
  if (courier_) courier_->stop();
  stop_.request_stop();
  workers_.join();
  writer_.join();
}

base::Result<std::unique_ptr<Operation>> Operation::open(Engine::Left from, First first, const World& world,
                                                         boost::asio::io_context& main, Readiness& readiness,
                                                         Events events) {
  std::unique_ptr<Operation> operation(new Operation(world, main, readiness, std::move(events)));
  auto opened = Engine::open(std::move(from), world);
  if (!opened) return std::unexpected(opened.error());
  operation->engine_ = std::move(*opened);
  readiness.keep_only(kCycle);
  // What a process that was killed had decided and not published is published before anything else is asked.
  const auto& engine = *operation->engine_;
  if (auto done = operation->cycle(true); !done) {
    const bool early = engine.today() < engine.assessor().last_assessed();
    if (operation->engine_->store().dead() || (first == First::must_publish && !early))
      return std::unexpected(done.error());
  }
  operation->open_courier();
  operation->engine_->set_help([operation = operation.get()](std::function<void()> task) {
    boost::asio::post(operation->workers_, std::move(task));
  });
  return operation;
}

Engine::Left Operation::close(std::unique_ptr<Operation> operation) {
  operation->courier_.reset();  // its sender goes with the engine
  operation->workers_.join();
  operation->writer_.join();
  if (!operation->engine_->store().dead()) {
    (void)operation->cycle(false);  // says itself what goes wrong
  }
  return Engine::close(std::move(operation->engine_));
}

void Operation::on_main(std::function<void()> task) { boost::asio::post(main_, std::move(task)); }

void Operation::guard(const std::function<void()>& task, std::string_view where) {
  try {
    task();
  } catch (const std::exception& bug) {
    base::Error error{base::Fault::bug, fmt::format("{}: internal failure: {}; report it", where, bug.what())};
    on_main([broken = events_.broken, error = std::move(error)] { broken(error); });
  }
}

void Operation::on_writer(std::function<void()> task) {
  boost::asio::post(writer_, [this, task = std::move(task)] {
    writer_since_ = world_.clock.steady().time_since_epoch().count();
    guard(task, "writer");
    writer_since_ = 0;
  });
}

void Operation::on_worker(std::function<void()> task) {
  boost::asio::post(workers_, [this, task = std::move(task)] { guard(task, "worker"); });
}

std::optional<base::Steady> Operation::writer_busy_since() const {
  const auto since = writer_since_.load();
  if (since == 0) return std::nullopt;
  return base::Steady(base::Steady::duration(since));
}

std::string Operation::under_way() const {
  std::string out;
  for (const auto& id : polling_) out += fmt::format("{}{}", out.empty() ? "" : ", ", id);
  return out;
}

void Operation::fill_agenda() {
  const auto now = world_.clock.now();
  const auto& setup = engine_->setup();
  for (const auto& plan : setup.plans) {
    const auto runs = engine_->store().run_rows(plan->id, kRunsLookedAt);
    if (!runs) base::log::error("agenda.unknown_last_run", {{"source", plan->id}}, runs.error().what);
    // One that was interrupted has not been: it is due again.
    std::optional<base::Instant> last;
    for (const auto& run : runs.value_or(std::vector<store::RunRow>{})) {
      if (run.outcome == store::Outcome::interrupted) continue;
      last = run.started;
      break;
    }
    agenda_.add({plan->id, plan->schedule.cron, plan->schedule.zone, plan->schedule.jitter,
                 plan->schedule.missed == MissedRuns::last},
                last, now);
  }
  agenda_.add({kAssess, setup.config.assess_cron, setup.config.assess_zone, 0ms, false}, now, now);
  agenda_.add({kMidnight, settings::Cron::parse("0 0 * * *").value(), setup.config.zone, 0ms, true}, now, now);
}

void Operation::start() {
  // The store has one owner: here for the last time this thread, from the courier's first question on the writer.
  engine_->alerting().watch_schedules();
  fill_agenda();
  agenda_.at(kAlerts, engine_->alerting().next_pass());
  courier_->start();
  tick();
  look_for_requests();
}

void Operation::tick() {
  if (draining_) return;
  const auto now = world_.clock.now();
  for (const auto& id : agenda_.take_due(now)) begin(id);
  auto nap = std::chrono::duration_cast<std::chrono::microseconds>(kLongestNap);
  if (const auto next = agenda_.next()) nap = std::clamp<std::chrono::microseconds>(*next - now, 1ms, nap);
  agenda_timer_.expires_after(nap);
  agenda_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) tick();
  });
}

void Operation::begin(const std::string& id) {
  if (is_source(id)) return poll(id);
  agenda_.done(id, world_.clock.now());
  if (id == kMidnight) {
    on_writer([this] {
      if (auto cleaned = engine_->clean_spool(); !cleaned)
        base::log::error("spool.not_purged", {}, cleaned.error().what);
    });
  }
  want_cycle(id != kAlerts);
}

void Operation::wait_for_alerts(std::optional<base::Instant> next, bool judged) {
  if (next && !judged) next = std::max(*next, world_.clock.now() + kAlertsAgain);
  agenda_.at(kAlerts, next);
  if (!draining_) tick();
}

void Operation::poll(const std::string& id) {
  polling_.insert(id);
  on_writer([this, id] {
    const auto& plans = engine_->setup().plans;
    const auto plan = *std::ranges::find(plans, id, [](const auto& each) -> const std::string& { return each->id; });
    auto opened = engine_->open_run(plan, engine_->today());
    if (!opened) {
      auto error = opened.error();
      return on_main([this, id, error = std::move(error)] { finished(id, std::unexpected(error), std::nullopt, {}); });
    }
    auto run = std::make_shared<Engine::OpenRun>(std::move(*opened));
    run->order.stop = stop_.get_token();
    auto lost = std::make_shared<std::string>();
    run->order.sink = [this, lost](store::StagedDelivery staged) {
      auto loaded = load(std::move(staged));
      if (!loaded) *lost = loaded.error().what;
      return loaded;
    };
    base::log::debug("source.polling", {{"source", id}, {"run", run->row.id}});
    auto done = [this, id, run, lost](PollReport report) {
      auto shared = std::make_shared<PollReport>(std::move(report));
      on_writer([this, id, run, shared, lost] {
        const auto not_before = shared->not_before;
        auto row =
            std::make_shared<base::Result<store::RunRow>>(engine_->close_run(std::move(*run), std::move(*shared)));
        on_main([this, id, row, not_before, lost] { finished(id, *row, not_before, *lost); });
      });
    };
    if (plan->folder) {
      on_worker([this, run, done] { done(engine_->poller().poll(run->order)); });
    } else {
      const auto executor = [this](std::function<void()> task) { on_worker(std::move(task)); };
      engine_->poller().start(run->order, executor, done);
    }
  });
}

/// Posts `task` to the writer and waits for what it gives. From another thread than the writer's.
template <class Task>
auto Operation::ask(Task task) -> decltype(task()) {
  using Given = decltype(task());
  auto promise = std::make_shared<std::promise<Given>>();
  auto result = promise->get_future();
  on_writer([promise, task = std::move(task)]() mutable {
    try {
      promise->set_value(task());
    } catch (...) {
      promise->set_value(base::fail(base::Fault::bug, "writer: internal failure; see the log"));
      throw;
    }
  });
  return result.get();
}

base::Result<store::Outcome> Operation::load(store::StagedDelivery staged) {
  auto shared = std::make_shared<store::StagedDelivery>(std::move(staged));
  return ask([this, shared] { return engine_->load(std::move(*shared)); });
}

void Operation::open_courier() {
  OutboxAccess access;
  access.waiting = [this] { return ask([this] { return engine_->store().outbox(); }); };
  access.delivered = [this](std::uint64_t seq) {
    return ask([this, seq] { return engine_->store().outbox_delivered(seq); });
  };
  access.dropped = [this](std::uint64_t seq) {
    return ask([this, seq] { return engine_->store().outbox_dropped(seq); });
  };
  access.failed = [this](std::uint64_t seq, std::uint32_t attempts, base::Instant next_try, const std::string& error) {
    if (attempts == kUndelivered) {  // what is published says so
      on_main([this, over = over_] {
        if (!*over) want_cycle(false);
      });
    }
    return ask([this, seq, attempts, next_try, error] {
      return engine_->store().outbox_failed(seq, attempts, next_try, error);
    });
  };
  courier_ = std::make_unique<Courier>(engine_->sender(), world_.clock, std::move(access));
}

void Operation::finished(const std::string& id, const base::Result<store::RunRow>& run,
                         std::optional<base::Instant> not_before, const std::string& lost) {
  polling_.erase(id);
  agenda_.done(id, world_.clock.now());
  if (not_before) agenda_.hold_off(id, *not_before);
  std::string text;
  if (run) {
    const auto outcome = run->outcome;
    text = fmt::format("{} {}: {}: {} loaded, {} filtered, {} quarantined{}{}", store::needs_attention(outcome) ? 3 : 0,
                       id, store::to_string(outcome), run->counts.loaded, run->counts.filtered, run->counts.quarantined,
                       run->message.empty() ? "" : ": ", run->message);
  } else {
    base::log::error("source.not_recorded", {{"source", id}}, run.error().what);
    text = "1 " + run.error().what;
  }
  if (const auto& why = run ? lost : run.error().what; why.empty()) {
    readiness_.good(kPollOf + id);
  } else {
    readiness_.bad(kPollOf + id, "degraded: " + why);
  }
  const auto [first, last] = waiting_.equal_range(id);
  for (auto each = first; each != last; ++each) each->second(text);
  waiting_.erase(first, last);
  if (poll_again_.erase(id) > 0 && !draining_ && agenda_.begin(id)) poll(id);
  want_cycle(false);
  if (!draining_) tick();
  settle();
}

void Operation::ask_for_next(const Setup& next, std::function<void(base::Result<Key>)> told) {
  on_writer(
      [this, &next, told = std::move(told)] { on_main([told, answer = engine_->may_follow(next)] { told(answer); }); });
}

void Operation::drain() {
  draining_ = true;
  stop_.request_stop();
  agenda_timer_.cancel();
  cycle_timer_.cancel();
  request_timer_.cancel();
  settle();
}

void Operation::settle() {
  if (!draining_ || drained_ || !polling_.empty() || cycling_ || answering_) return;
  drained_ = true;
  *over_ = true;
  on_main([this] { events_.drained(); });
}

}  // namespace ntmd::engine
