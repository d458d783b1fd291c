#pragma once
// What the tests of the alert policy share: signals in a line, and a policy with its clock.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "daemon/rules/alert_policy.h"

namespace ntmd::test {

using namespace std::chrono_literals;
using rules::AlertEvent;
using rules::AlertField;
using rules::AlertMatch;
using rules::AlertName;
using rules::AlertPhase;
using rules::AlertSettings;
using rules::AlertSignal;
using Sight = rules::AlertSignal::Sight;

inline const base::Instant kStart{std::chrono::sys_days(std::chrono::year(2024) / 12 / 20)};

inline rules::AlertSubject indicator(const char* unit = "08515", const char* id = "1.1.1") {
  return {AlertName::indicator_lost, "xa", unit, "227", "1.1", id, "", ""};
}

inline AlertSignal signal(Sight sight, std::vector<std::string> seen = {}, rules::AlertSubject subject = indicator()) {
  AlertSignal out;
  out.subject = std::move(subject);
  out.facts.reason = sight == Sight::fine ? "met" : "below_threshold";
  out.sight = sight;
  out.delivery = seen.empty() ? "" : "d-" + seen.back();
  out.observations = std::move(seen);
  return out;
}

inline AlertMatch match(rules::AlertField field, const char* value) { return {{{field, {value}}}}; }

/// One policy and its clock.
struct Watch {
  explicit Watch(AlertSettings with = {}) : settings(std::move(with)), policy(settings) {}

  std::vector<AlertEvent> pass(const std::vector<AlertSignal>& signals, std::chrono::minutes later = 15min) {
    now += later;
    auto step = policy.step(now, signals);
    policy.accept(step);
    for (const auto& event : step.events) ids.push_back(event.id);
    return step.events;
  }
  std::string told(const std::vector<AlertSignal>& signals, std::chrono::minutes later = 15min) {
    std::string out;
    for (const auto& event : pass(signals, later)) out += (out.empty() ? "" : " ") + std::string(to_string(event.kind));
    return out;
  }
  const rules::AlertState& state(const rules::AlertSubject& subject = indicator()) const {
    return *policy.find(key_of(subject));
  }
  AlertPhase phase() const { return state().phase; }
  /// As after a restart: only what is stored is known.
  void restart() {
    std::vector<rules::AlertState> stored;
    for (const auto& [key, kept] : all) stored.push_back(kept);
    policy = rules::AlertPolicy(settings);
    policy.load(std::move(stored));
  }
  void keep(const rules::AlertStep& step) {
    for (const auto& changed : step.changed) all.insert_or_assign(key_of(changed.subject), changed);
    for (const auto& key : step.over) all.erase(key);
  }

  AlertSettings settings;
  rules::AlertPolicy policy;
  base::Instant now = kStart;
  std::vector<std::string> ids;
  std::map<std::string, rules::AlertState> all;
};

}  // namespace ntmd::test
