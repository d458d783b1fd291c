#include "daemon/rules/alert_policy.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "daemon/base/digest.h"

namespace ntmd::rules {
namespace {

using Sight = AlertSignal::Sight;

constexpr std::size_t kSeenKept = 16;
constexpr std::size_t kIdLength = 32;

void enter(AlertState& state, AlertPhase phase, base::Instant now) {
  state.phase = phase;
  state.since = now;
}

std::string event_id(const AlertState& state, AlertEvent::Kind kind) {
  const auto text = fmt::format("{}\n{}\n{}\n{}", key_of(state.subject), to_string(kind),
                                state.since.time_since_epoch().count(), state.events);
  return base::sha256_hex(text).substr(0, kIdLength);
}

std::size_t rank(AlertName name) {
  const auto& names = alert_names();
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

}  // namespace

std::string_view to_string(AlertEvent::Kind kind) {
  switch (kind) {
    case AlertEvent::Kind::firing:
      return "firing";
    case AlertEvent::Kind::reminder:
      return "reminder";
    case AlertEvent::Kind::resolved:
      return "resolved";
  }
  return "firing";
}

void AlertPolicy::load(std::vector<AlertState> states) {
  for (auto& state : states) {
    auto key = key_of(state.subject);
    states_.insert_or_assign(std::move(key), std::move(state));
  }
  index_all();
}

std::vector<AlertState> AlertPolicy::set_back(base::Instant now) {
  std::vector<AlertState> changed;
  for (auto& [key, state] : states_) {
    bool any = false;
    const auto take_back = [&](base::Instant& moment) {
      any = any || moment > now;
      moment = std::min(moment, now);
    };
    take_back(state.since);
    take_back(state.began);
    if (state.notified) take_back(*state.notified);
    if (state.calm) take_back(*state.calm);
    for (auto& fired : state.fires) take_back(fired);
    if (any) changed.push_back(state);
  }
  index_all();
  return changed;
}

AlertStep AlertPolicy::step(base::Instant now, const std::vector<AlertSignal>& signals) const {
  struct Open {
    const AlertState* before = nullptr;
    AlertState after;
    const AlertSignal* signal = nullptr;
    bool changed = false;
  };
  std::map<std::string, Open> open;
  for (const auto* state : due(now)) open.emplace(key_of(state->subject), Open{state, *state});
  for (const auto& signal : signals) {
    auto key = key_of(signal.subject);
    const auto* known = find(key);
    if (known == nullptr) {
      const bool begins = signal.arms ? signal.sight == Sight::fine : signal.sight == Sight::wrong && signal.raises;
      if (!begins) continue;
    }
    auto [place, fresh] = open.try_emplace(std::move(key));
    auto& entry = place->second;
    if (fresh && known != nullptr) {
      entry.before = known;
      entry.after = *known;
    } else if (fresh) {
      entry.after.subject = signal.subject;
      entry.after.since = now;
    }
    entry.signal = &signal;
  }

  AlertStep step;
  step.at = now;
  step.all = looks_at_all(now);
  for (auto& [key, entry] : open) {
    if (entry.signal != nullptr) judge(entry.after, *entry.signal, now);
    announce(entry.after, now, step.events);
    entry.changed = entry.before == nullptr || !(*entry.before == entry.after);
    if (entry.changed) step.changed.push_back(std::move(entry.after));
  }
  for (auto& key : lapsed(now)) {
    const auto touched = open.find(key);
    if (touched == open.end() || !touched->second.changed) step.over.push_back(std::move(key));
  }
  std::ranges::stable_sort(step.events, {}, [](const AlertEvent& event) { return rank(event.state.subject.name); });
  return step;
}

void AlertPolicy::accept(const AlertStep& step) {
  for (const auto& state : step.changed) {
    const auto key = key_of(state.subject);
    if (const auto* before = find(key)) unindex(key, *before);
    index(key, state);
    states_.insert_or_assign(key, state);
  }
  for (const auto& key : step.over) {
    if (const auto* before = find(key)) unindex(key, *before);
    states_.erase(key);
  }
  if (step.all) index_all();
  last_ = step.at;
  settled_ = true;
  // Whatever they were moments for has been done, or waits for a signal.
  moments_.erase(moments_.begin(), moments_.lower_bound({step.at + std::chrono::microseconds(1), {}}));
}

std::vector<std::string> AlertPolicy::lapsed(base::Instant now) const {
  std::vector<std::string> keys;
  for (const auto& [at, key] : lapses_) {
    if (at > now) break;
    keys.push_back(key);
  }
  std::ranges::sort(keys);
  return keys;
}

const AlertState* AlertPolicy::find(const std::string& key) const {
  const auto found = states_.find(key);
  return found == states_.end() ? nullptr : &found->second;
}

void AlertPolicy::judge(AlertState& state, const AlertSignal& signal, base::Instant now) const {
  if (signal.disarms) state.armed = false;
  if (signal.arms && signal.sight == Sight::fine) state.armed = true;
  if (signal.sight == Sight::unknown) return;
  const bool ends = signal.sight != Sight::wrong;
  if (state.phase != AlertPhase::resolved) state.facts = signal.facts;
  switch (state.phase) {
    case AlertPhase::resolved:
      if (!ends && signal.raises && (!signal.arms || state.armed)) raise(state, signal, now);
      return;
    case AlertPhase::pending:
      if (ends) {
        enter(state, AlertPhase::resolved, now);
      } else {
        observe(state, signal);
        fire_if_certain(state, signal, now);
      }
      return;
    case AlertPhase::firing:
      if (!ends) {
        state.calm.reset();
        observe(state, signal);
        return;
      }
      if (signal.sight == Sight::fine) {
        if (!state.calm && flapping(state, now)) state.calm = now;
        if (state.calm && now - *state.calm < settings_.policy.flap_calm) return;
      }
      state.calm.reset();
      enter(state, AlertPhase::resolved, now);
      return;
  }
}

void AlertPolicy::raise(AlertState& state, const AlertSignal& signal, base::Instant now) const {
  state.subject = signal.subject;  // its group or pillar may be another than the last time
  state.facts = signal.facts;
  enter(state, AlertPhase::pending, now);
  state.began = now;
  state.observations = 0;
  state.seen.clear();
  state.last_observation = signal.delivery;
  observe(state, signal);
  state.observations = std::max(state.observations, 1U);  // something made it wrong
  fire_if_certain(state, signal, now);
}

void AlertPolicy::observe(AlertState& state, const AlertSignal& signal) const {
  bool another = false;
  for (const auto& observation : signal.observations) {
    if (std::ranges::find(state.seen, observation) != state.seen.end()) continue;
    state.seen.push_back(observation);
    ++state.observations;
    another = true;
  }
  if (!another) return;
  state.last_observation = signal.delivery;
  if (state.seen.size() > kSeenKept)
    state.seen.erase(state.seen.begin(), state.seen.end() - static_cast<std::ptrdiff_t>(kSeenKept));
}

void AlertPolicy::fire_if_certain(AlertState& state, const AlertSignal& signal, base::Instant now) const {
  const auto needed = signal.needs > 0 ? signal.needs : settings_.policy.observations;
  const bool certain =
      signal.at_once || state.observations >= needed || now - state.began >= settings_.policy.wait_limit;
  if (!certain || signal.waits) return;
  enter(state, AlertPhase::firing, now);
  state.fires.push_back(now);
  if (state.fires.size() > settings_.policy.flap_fires)
    state.fires.erase(state.fires.begin(),
                      state.fires.end() - static_cast<std::ptrdiff_t>(settings_.policy.flap_fires));
}

bool AlertPolicy::flapping(const AlertState& state, base::Instant now) const {
  const auto fires = settings_.policy.flap_fires;
  return state.fires.size() >= fires && now - state.fires[state.fires.size() - fires] <= settings_.policy.flap_within;
}

bool AlertPolicy::silenced(const AlertState& state, base::Instant now) const {
  return std::ranges::any_of(settings_.silences, [&](const Silence& silence) {
    return now < silence.until && silence.match.matches(state.subject, state.facts);
  });
}

void AlertPolicy::announce(AlertState& state, base::Instant now, std::vector<AlertEvent>& events) const {
  const bool firing = state.phase == AlertPhase::firing;
  const bool over = state.phase == AlertPhase::resolved && state.told;
  if (!firing && !over) {
    if (!state.told) state.silenced = false;
    return;
  }
  if (silenced(state, now)) {
    state.silenced = true;
    return;
  }
  const auto every = settings_.policy.remind_every;
  const bool due = every.count() > 0 && state.notified && now - *state.notified >= every && !state.calm;
  const bool silence_ended = state.silenced;
  state.silenced = false;
  if (firing && state.told && !due && !silence_ended) return;
  const auto kind = over         ? AlertEvent::Kind::resolved
                    : state.told ? AlertEvent::Kind::reminder
                                 : AlertEvent::Kind::firing;
  auto id = event_id(state, kind);
  state.told = firing;
  state.notified = now;
  ++state.events;
  events.push_back({kind, state, std::move(id)});
}

}  // namespace ntmd::rules
