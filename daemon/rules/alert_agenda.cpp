// Which alerts a pass has to look at.

#include <algorithm>

#include "daemon/rules/alert_policy.h"

namespace ntmd::rules {
namespace {

bool watched(const AlertState& state) { return state.phase != AlertPhase::resolved || state.told; }

std::chrono::microseconds micros(std::chrono::milliseconds wait) { return wait; }

}  // namespace

/// At which it has something to do though nothing comes.
std::vector<base::Instant> AlertPolicy::moments(const AlertState& state) const {
  std::vector<base::Instant> all;
  if (!rules::watched(state)) return all;
  const auto& policy = settings_.policy;
  if (state.phase == AlertPhase::pending) all.push_back(state.began + micros(policy.wait_limit));
  if (state.calm) {
    all.push_back(*state.calm + micros(policy.flap_calm));
  } else if (state.phase == AlertPhase::firing && state.told && state.notified && policy.remind_every.count() > 0) {
    all.push_back(*state.notified + micros(policy.remind_every));
  }
  if (!state.silenced) return all;
  // Of several silences the last keeps people from being told.
  base::Instant until{};
  for (const auto& silence : settings_.silences) {
    if (silence.match.matches(state.subject, state.facts)) until = std::max(until, silence.until);
  }
  all.push_back(until);
  return all;
}

/// A resolved alert is kept for what it remembers: what people heard, that it was met, how often it fired lately.
std::optional<base::Instant> AlertPolicy::lapse(const AlertState& state) const {
  if (rules::watched(state) || state.armed) return std::nullopt;
  if (state.fires.empty()) return base::Instant{};
  return state.fires.back() + micros(settings_.policy.flap_within) + std::chrono::microseconds(1);
}

void AlertPolicy::index(const std::string& key, const AlertState& state) {
  for (const auto at : moments(state)) moments_.emplace(at, key);
  if (const auto at = lapse(state)) lapses_.emplace(*at, key);
  if (rules::watched(state)) watched_[state.subject.unit].insert(key);
}

void AlertPolicy::unindex(const std::string& key, const AlertState& state) {
  for (const auto at : moments(state)) moments_.erase({at, key});
  if (const auto at = lapse(state)) lapses_.erase({*at, key});
  const auto keys = watched_.find(state.subject.unit);
  if (keys == watched_.end()) return;
  keys->second.erase(key);
  if (keys->second.empty()) watched_.erase(keys);
}

void AlertPolicy::index_all() {
  moments_.clear();
  lapses_.clear();
  watched_.clear();
  for (const auto& [key, state] : states_) index(key, state);
  settled_ = false;
}

std::optional<base::Instant> AlertPolicy::next(base::Instant now) const {
  const auto first = moments_.lower_bound({now + std::chrono::microseconds(1), {}});
  return first == moments_.end() ? std::nullopt : std::optional(first->first);
}

std::vector<const AlertState*> AlertPolicy::watched() const {
  std::set<std::string_view> keys;
  for (const auto& [unit, of_unit] : watched_) keys.insert(of_unit.begin(), of_unit.end());
  std::vector<const AlertState*> out;
  out.reserve(keys.size());
  for (const auto key : keys) out.push_back(find(std::string(key)));
  return out;
}

std::vector<const AlertState*> AlertPolicy::watched(std::string_view unit) const {
  std::vector<const AlertState*> out;
  if (const auto keys = watched_.find(unit); keys != watched_.end()) {
    for (const auto& key : keys->second) out.push_back(find(key));
  }
  return out;
}

std::vector<const AlertState*> AlertPolicy::due(base::Instant now) const {
  if (looks_at_all(now)) return watched();
  std::set<std::string_view> keys;
  for (const auto& [at, key] : moments_) {
    if (at > now) break;
    keys.insert(key);
  }
  std::vector<const AlertState*> out;
  for (const auto key : keys) out.push_back(find(std::string(key)));
  return out;
}

}  // namespace ntmd::rules
