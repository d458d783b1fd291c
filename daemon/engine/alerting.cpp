#include "daemon/engine/alerting.h"

#include <algorithm>

#include "daemon/base/log.h"
#include "daemon/engine/alert_messages.h"
#include "daemon/engine/alert_rows.h"
#include "daemon/engine/chain_check.h"
#include "daemon/publish/alert_text.h"

namespace ntmd::engine {

using rules::AlertPhase;
using rules::AlertSignal;

Alerting::Alerting(const Setup& setup, store::Store& store, const World& world)
    : setup_(setup), store_(store), world_(world), policy_(setup.alerts.settings) {}

base::Result<std::unique_ptr<Alerting>> Alerting::open(const Setup& setup, store::Store& store, const World& world) {
  std::unique_ptr<Alerting> alerting(new Alerting(setup, store, world));
  auto states = load_alerts(store);
  if (!states) return base::fail_within("loading alerts", states);
  alerting->policy_.load(std::move(*states));
  auto fault = chain_fault(store, world.files, setup.config.publish_dir);
  if (!fault) return base::fail_within("decision chain", fault);
  alerting->chain_fault_ = std::move(*fault);
  if (alerting->chain_fault_)
    base::log::error("chain.broken", {}, *alerting->chain_fault_ + ", expected an unbroken chain; run ntmd verify");
  return alerting;
}

base::Status Alerting::judge(const Pass& pass, store::AssessmentCommit& commit, base::Instant now) {
  judged_.reset();
  const WatchContext context{setup_, store_, policy_, pass, world_.clock.now(), first_, scheduled_since_};
  Signals signals;
  watch_chain(signals);
  const auto stale_sources = watch_sources(context, signals);
  if (!stale_sources) return base::fail_within("alerts", stale_sources);
  if (auto watched = watch_verdicts(context, *stale_sources, signals); !watched)
    return base::fail_within("alerts", watched);
  auto step = policy_.step(now, signals);
  for (const auto& state : step.changed) commit.alerts.push_back(row_of(state));
  for (const auto& state : set_back_) {
    const auto same = [&](const rules::AlertState& changed) { return changed.subject == state.subject; };
    if (std::ranges::none_of(step.changed, same)) commit.alerts.push_back(row_of(state));
  }
  commit.alerts_over = step.over;
  commit.outbox = messages_of(step.events, setup_.alerts.settings.routes, setup_.config.language, world_.clock.now());
  judged_ = std::move(step);
  return {};
}

void Alerting::committed() {
  if (!judged_) return;
  for (const auto& state : judged_->changed) log(state);
  for (const auto& event : judged_->events) {
    if (event.kind != rules::AlertEvent::Kind::reminder) continue;
    base::log::warn(
        "alert.reminded",
        {{"alert", to_string(event.state.subject.name)}, {"key", key_of(event.state.subject)}, {"id", event.id}});
  }
  policy_.accept(*judged_);
  set_back_.clear();
  judged_.reset();
  first_ = false;
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
