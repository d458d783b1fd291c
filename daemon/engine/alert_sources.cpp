// Alerts about sources and deliveries.

#include <algorithm>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/engine/alert_watch.h"
#include "daemon/engine/health.h"

namespace ntmd::engine {
namespace {

using rules::AlertName;
using rules::AlertSignal;
using Sight = AlertSignal::Sight;

constexpr std::int64_t kHoursADay = 24;
/// A source without `error_after` may be silent for so long before it has told anything: a month and some days.
constexpr std::chrono::milliseconds kFirstWord = std::chrono::days(35);

AlertSignal about_source(AlertName name, const std::string& source) {
  AlertSignal signal;
  signal.subject.name = name;
  signal.subject.source = source;
  signal.facts.source = source;
  return signal;
}

/// Nothing was learned: the daemon stopped, or it was not its turn.
bool says_nothing(store::Outcome outcome) {
  return outcome == store::Outcome::skipped || outcome == store::Outcome::interrupted;
}

bool fails(store::Outcome outcome) {
  return outcome == store::Outcome::failed || outcome == store::Outcome::refused ||
         outcome == store::Outcome::empty_suspect;
}

/// When two polls in a row that the schedule asks for should have ended, counted from `from`.
std::optional<base::Instant> silent_after(const Schedule& schedule, base::Instant from) {
  const auto first = schedule.cron.next(from, schedule.zone);
  const auto second = first ? schedule.cron.next(*first, schedule.zone) : std::nullopt;
  if (!second) return std::nullopt;
  return *second + schedule.jitter + schedule.deadline;
}

/// By when a source that has no data in force should have told something.
std::optional<base::Instant> first_word_by(const WatchContext& context, const SourcePlan& plan) {
  const auto since = context.configured_since.find(plan.id);
  if (since == context.configured_since.end()) return std::nullopt;
  const auto limit = plan.freshness.error_after.count() > 0 ? plan.freshness.error_after : kFirstWord;
  return since->second + std::chrono::duration_cast<std::chrono::microseconds>(limit);
}

/// The same, worked out once.
std::optional<base::Instant> silent_after(const Schedule& schedule, base::Instant from, SourceState& source) {
  if (source.silent_from != from) {
    source.silent_from = from;
    source.silent_after = silent_after(schedule, from);
  }
  return source.silent_after;
}

AlertSignal failing(const WatchContext& context, const SourcePlan& plan, SourceState& source, bool waits,
                    std::optional<base::Instant>& next) {
  const auto& runs = source.runs;
  const bool has_data = source.newest.has_value();
  auto signal = about_source(AlertName::source_failing, plan.id);
  signal.facts.reason = "answered";
  std::vector<const store::RunRow*> telling;
  for (const auto& run : runs) {
    if (!says_nothing(run.outcome)) telling.push_back(&run);
  }
  for (const auto* run : telling) {
    if (!fails(run->outcome)) break;
    signal.observations.push_back(run->id);
  }
  if (!signal.observations.empty()) {
    const auto& last = *telling.front();
    const bool ever = has_data || source.success.has_value() ||
                      std::ranges::any_of(telling, [](const auto* run) { return !fails(run->outcome); });
    signal.sight = Sight::wrong;
    signal.facts.reason = !ever                                           ? "never"
                          : last.outcome == store::Outcome::refused       ? "refused"
                          : last.outcome == store::Outcome::empty_suspect ? "empty"
                                                                          : "failed";
    signal.facts.detail = last.message;
    // What was refused is refused again until someone acts; a failed poll may be the network's mood.
    signal.at_once = !ever || last.outcome == store::Outcome::refused ||
                     signal.observations.size() >= context.policy.settings().policy.source_failures;
    signal.needs = context.policy.settings().policy.source_failures;
    return signal;
  }
  const auto by = !runs.empty() && context.scheduled_since
                      ? silent_after(plan.schedule, std::max(runs.front().ended, *context.scheduled_since), source)
                      : std::nullopt;
  if (by && *by >= context.now && (!next || *by < *next)) next = *by;
  if (by && context.now > *by) {
    signal.sight = Sight::wrong;
    signal.at_once = true;
    signal.facts.reason = "silent";
    signal.facts.detail = "last poll ended " + base::to_rfc3339(runs.front().ended);
    return signal;
  }
  if (const auto word = has_data || waits ? std::nullopt : first_word_by(context, plan)) {
    if (context.moment > *word) {
      signal.sight = Sight::wrong;
      signal.at_once = true;
      signal.facts.reason = "silent";
      signal.facts.detail =
          fmt::format("nothing in force has come since it was configured at {}; look at its dir and match",
                      base::to_rfc3339(context.configured_since.find(plan.id)->second));
      return signal;
    }
    if (!next || *word < *next) next = *word;
  }
  const auto* state = context.policy.find(key_of(signal.subject));
  const bool was_silent = state != nullptr && state->facts.reason == "silent";
  if (telling.empty() || (was_silent && !context.scheduled_since && telling.front()->ended <= state->began))
    return signal;
  signal.sight = Sight::fine;
  return signal;
}

AlertSignal stale(const SourcePlan& plan, publish::Freshness freshness, std::optional<model::Day> newest) {
  auto signal = about_source(AlertName::data_stale, plan.id);
  signal.facts.reason = "fresh";
  if (freshness == publish::Freshness::never) return signal;
  signal.sight = Sight::fine;
  if (freshness != publish::Freshness::stale) return signal;
  signal.sight = Sight::wrong;
  signal.at_once = true;
  signal.facts.reason = "stale";
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(plan.freshness.error_after).count();
  signal.facts.value = newest->iso();
  signal.facts.threshold = hours % kHoursADay == 0 ? fmt::format("{}d", hours / kHoursADay) : fmt::format("{}h", hours);
  return signal;
}

AlertSignal held(const store::DeliveryHead& head) {
  auto signal = about_source(AlertName::delivery_held, head.source);
  signal.subject.delivery = head.id;
  signal.facts.delivery = head.id;
  signal.facts.reason = "held";
  signal.facts.detail = head.reason;
  signal.sight = Sight::wrong;
  signal.at_once = true;
  return signal;
}

base::Result<AlertSignal> settled(store::Store& store, const rules::AlertState& state) {
  AlertSignal signal;
  signal.subject = state.subject;
  signal.facts = state.facts;
  signal.sight = Sight::fine;
  const auto head = store.find_delivery(state.subject.delivery);
  if (!head) return std::unexpected(head.error());
  signal.facts.reason = *head && (*head)->standing == store::Standing::in_force ? "accepted" : "retracted";
  if (*head) signal.facts.detail = (*head)->reason;
  return signal;
}

}  // namespace

base::Result<SourcesSeen> watch_sources(const WatchContext& context, Signals& signals) {
  SourcesSeen seen;
  const auto day = context.pass.verdicts->as_of;
  std::set<std::string> waiting;
  const auto deliveries = context.store.held_deliveries();
  if (!deliveries) return base::fail_within("held deliveries", deliveries);
  for (const auto& plan : context.setup.plans) {
    const auto source = context.sources.of(plan->id, day);
    if (!source) return std::unexpected(source.error());
    const auto freshness = freshness_of(plan->freshness, (*source)->newest, day);
    if (freshness == publish::Freshness::stale) seen.stale.insert(plan->id);
    const bool waits = std::ranges::any_of(*deliveries, [&](const auto& head) { return head.source == plan->id; });
    signals.push_back(failing(context, *plan, **source, waits, seen.next));
    signals.push_back(stale(*plan, freshness, (*source)->newest));
  }
  for (const auto& head : *deliveries) {
    waiting.insert(head.id);
    signals.push_back(held(head));
  }
  for (const auto* state : context.policy.watched("")) {
    const auto& subject = state->subject;
    if (subject.name == AlertName::delivery_held) {
      if (waiting.contains(subject.delivery)) continue;
      auto signal = settled(context.store, *state);
      if (!signal) return std::unexpected(signal.error());
      signals.push_back(std::move(*signal));
      continue;
    }
    const bool known =
        std::ranges::any_of(context.setup.plans, [&](const auto& plan) { return plan->id == subject.source; });
    if (subject.source.empty() || known) continue;
    AlertSignal signal;
    signal.subject = subject;
    signal.facts = state->facts;
    signal.facts.reason = "removed";
    signal.sight = Sight::gone;
    signals.push_back(std::move(signal));
  }
  // Limits are passed a moment after them.
  if (seen.next) *seen.next += std::chrono::microseconds(1);
  return seen;
}

}  // namespace ntmd::engine
