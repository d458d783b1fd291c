#include "daemon/engine/alerting.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/engine/alert_messages.h"
#include "daemon/engine/alert_rows.h"
#include "daemon/engine/chain_check.h"
#include "daemon/publish/alert_text.h"

namespace ntmd::engine {

namespace {

/// Meta: "ID MICROSECONDS" a line.
constexpr std::string_view kConfiguredSince = "sources_configured_since";

}  // namespace

using rules::AlertPhase;
using rules::AlertSignal;

Alerting::Alerting(const Setup& setup, store::Store& store, SourceMemory& sources, const World& world)
    : setup_(setup), store_(store), memory_(sources), world_(world), policy_(setup.alerts.settings) {}

base::Result<std::unique_ptr<Alerting>> Alerting::open(const Setup& setup, store::Store& store, SourceMemory& sources,
                                                       const World& world) {
  std::unique_ptr<Alerting> alerting(new Alerting(setup, store, sources, world));
  auto states = load_alerts(store);
  if (!states) return base::fail_within("loading alerts", states);
  alerting->policy_.load(std::move(*states));
  if (auto loaded = alerting->load_sources(); !loaded) return base::fail_within("loading alerts", loaded);
  auto fault = chain_fault(store, world.files, setup.config.publish_dir);
  if (!fault) return base::fail_within("decision chain", fault);
  alerting->chain_fault_ = std::move(*fault);
  if (alerting->chain_fault_)
    base::log::error("chain.broken", {}, *alerting->chain_fault_ + ", expected an unbroken chain; run ntmd verify");
  return alerting;
}

base::Status Alerting::judge(const Pass& pass, store::AssessmentCommit& commit, base::Instant now) {
  judged_.reset();
  see_sources(now);
  WatchContext context{setup_,  store_,           memory_, policy_,          pass, world_.clock.now(), first_,
                       nullptr, scheduled_since_, now,     configured_since_};
  Signals signals;
  watch_chain(signals);
  auto sources = watch_sources(context, signals);
  if (!sources) return base::fail_within("alerts", sources);
  // What a unit's alerts wait for may have ended with no change of the unit.
  if (!first_ && sources->stale == sources_.stale) context.before = verdicts_.get();
  if (auto watched = watch_verdicts(context, sources->stale, signals); !watched)
    return base::fail_within("alerts", watched);
  auto step = policy_.step(now, signals);
  for (const auto& state : step.changed) commit.alerts.push_back(row_of(state));
  for (const auto& state : set_back_) {
    const auto same = [&](const rules::AlertState& changed) { return changed.subject == state.subject; };
    if (std::ranges::none_of(step.changed, same)) commit.alerts.push_back(row_of(state));
  }
  commit.alerts_over = step.over;
  commit.outbox = messages_of(step.events, setup_.alerts.settings.routes, setup_.config.language, world_.clock.now());
  judged_ = Judged{std::move(step), now, std::move(*sources), pass.verdicts};
  return {};
}

void Alerting::committed() {
  if (!judged_) return;
  for (const auto& state : judged_->step.changed) log(state);
  for (const auto& event : judged_->step.events) {
    if (event.kind != rules::AlertEvent::Kind::reminder) continue;
    base::log::warn(
        "alert.reminded",
        {{"alert", to_string(event.state.subject.name)}, {"key", key_of(event.state.subject)}, {"id", event.id}});
  }
  policy_.accept(judged_->step);
  keep_sources();
  last_pass_ = judged_->at;
  sources_ = std::move(judged_->sources);
  verdicts_ = std::move(judged_->verdicts);
  set_back_.clear();
  judged_.reset();
  first_ = false;
}

base::Status Alerting::load_sources() {
  const auto text = store_.get_meta(kConfiguredSince);
  if (!text) return std::unexpected(text.error());
  std::istringstream lines(text->value_or(""));
  std::string id;
  std::int64_t micros = 0;
  while (lines >> id >> micros) configured_since_[id] = base::Instant(std::chrono::microseconds(micros));
  return {};
}

void Alerting::set_back(base::Instant now) {
  set_back_ = policy_.set_back(now);
  last_pass_ = now;
  for (auto& [id, since] : configured_since_) {
    configured_changed_ = configured_changed_ || since > now;
    since = std::min(since, now);
  }
}

/// A source that was taken out of the configuration begins anew when it comes back.
void Alerting::see_sources(base::Instant now) {
  const auto configured = [&](const std::string& id) {
    return std::ranges::any_of(setup_.plans, [&](const auto& plan) { return plan->id == id; });
  };
  const auto gone = std::erase_if(configured_since_, [&](const auto& each) { return !configured(each.first); });
  configured_changed_ = configured_changed_ || gone > 0;
  for (const auto& plan : setup_.plans)
    configured_changed_ = configured_since_.try_emplace(plan->id, now).second || configured_changed_;
}

void Alerting::keep_sources() {
  if (!configured_changed_) return;
  std::string text;
  for (const auto& [id, since] : configured_since_)
    text += fmt::format("{} {}\n", id, since.time_since_epoch().count());
  auto kept = store_.put_meta(kConfiguredSince, text);
  configured_changed_ = !kept;
  if (!kept) base::log::error("alerts.not_kept", {}, kept.error().what);
}

std::optional<base::Instant> Alerting::next_pass() const {
  const auto next = policy_.next(last_pass_);
  if (!next || !sources_.next) return next ? next : sources_.next;
  return std::min(*next, *sources_.next);
}

/// One line where its phase has changed.
void Alerting::log(const rules::AlertState& state) const {
  const auto* before = policy_.find(key_of(state.subject));
  const auto was = before == nullptr ? AlertPhase::resolved : before->phase;
  // Fired anew within one pass it has the same phase and another moment.
  if (was == state.phase && (before == nullptr || before->since == state.since)) return;
  const auto [level, event] = state.phase == AlertPhase::firing    ? std::pair(base::log::Level::warn, "alert.fired")
                              : state.phase == AlertPhase::pending ? std::pair(base::log::Level::info, "alert.pending")
                              : was == AlertPhase::firing          ? std::pair(base::log::Level::info, "alert.resolved")
                                                                   : std::pair(base::log::Level::info, "alert.dropped");
  const auto& subject = state.subject;
  base::log::write(level, event,
                   {{"alert", to_string(subject.name)},
                    {"unit", subject.unit},
                    {"group", subject.group},
                    {"indicator", subject.indicator},
                    {"pillar", subject.pillar},
                    {"source", subject.source.empty() ? state.facts.source : subject.source},
                    {"delivery", subject.delivery.empty() ? state.facts.delivery : subject.delivery},
                    {"reason", state.facts.reason},
                    {"observations", state.observations},
                    {"silenced", state.silenced}},
                   publish::alert_text(subject, state.facts, state.phase).en);
}

void Alerting::watch_chain(Signals& signals) const {
  AlertSignal signal;
  signal.subject.name = rules::AlertName::chain_broken;
  signal.sight = chain_fault_ ? AlertSignal::Sight::wrong : AlertSignal::Sight::fine;
  signal.at_once = true;
  signal.facts.reason = chain_fault_ ? "broken" : "met";
  signal.facts.detail = chain_fault_.value_or("");
  signals.push_back(std::move(signal));
}

}  // namespace ntmd::engine
