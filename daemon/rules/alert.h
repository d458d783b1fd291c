#pragma once
// One alert: what it is about, what is told of it, and where it stands between two passes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"

namespace ntmd::rules {

enum class AlertName : std::uint8_t {
  unit_lost,
  pillar_lost,
  indicator_lost,
  thin_margin,
  data_stale,
  source_failing,
  delivery_held,
  figure_disputed,
  chain_broken
};
/// "IndicatorLost"; frozen by the contract.
std::string_view to_string(AlertName name);
std::optional<AlertName> parse_alert_name(std::string_view text);
/// All of them, gravest first.
const std::vector<AlertName>& alert_names();

/// What an alert is about; it never changes. Texts that do not apply are empty.
struct AlertSubject {
  AlertName name = AlertName::unit_lost;
  std::string criteria;
  std::string unit;   ///< code; empty for a group, a source, a delivery
  std::string group;  ///< the unit's group, or the group judged
  std::string pillar;
  std::string indicator;
  std::string source;    ///< of an alert about a source or a delivery
  std::string delivery;  ///< of an alert about a delivery
  bool operator==(const AlertSubject&) const = default;
};
/// The same for the same subject for ever; the unit's group has no part in it.
std::string key_of(const AlertSubject& subject);

/// What is told about it, as of the last pass that saw it. Texts that are not known are empty.
struct AlertFacts {
  std::string unit_name;  ///< of the unit, or of the group
  std::string name_vi;    ///< of the indicator, pillar or criteria
  std::string name_en;
  std::string reason;  ///< a code: "below_threshold", "evidence_withdrawn", "refused" …
  std::optional<std::int64_t> numerator;
  std::optional<std::int64_t> denominator;
  std::string value;      ///< "84.96", a count, or "10/12" of a unit or pillar
  std::string threshold;  ///< "85"
  std::optional<std::int64_t> gap;
  std::optional<std::int64_t> slack;
  std::vector<std::string> deciding;  ///< indicators that decide a unit or pillar
  std::string source;                 ///< of the figure or evidence that decides
  std::string delivery;               ///< that brought it
  std::string detail;                 ///< what a run or the store said, in English; nothing personal
  bool operator==(const AlertFacts&) const = default;
};

enum class AlertPhase : std::uint8_t {
  resolved,  ///< nothing is wrong, or never was
  pending,   ///< wrong, but not certain enough to tell people
  firing
};
std::string_view to_string(AlertPhase phase);
std::optional<AlertPhase> parse_alert_phase(std::string_view text);

/// Where an alert stands. All of it is stored, so that a restart changes nothing.
struct AlertState {
  AlertSubject subject;
  AlertFacts facts;
  AlertPhase phase = AlertPhase::resolved;
  base::Instant since{};                  ///< of the phase
  base::Instant began{};                  ///< since when it is or was wrong
  bool armed = false;                     ///< of a unit or pillar: it was met before
  std::uint32_t observations = 0;         ///< distinct ones that agree, of this episode
  std::vector<std::string> seen;          ///< what made them, the latest
  std::string last_observation;           ///< delivery
  std::optional<base::Instant> notified;  ///< when people were last told
  bool told = false;                      ///< the last that people heard is that it fires
  bool silenced = false;                  ///< a silence holds it back
  std::uint64_t events = 0;               ///< told so far: makes the next one's id
  std::vector<base::Instant> fires;       ///< the latest, for damping
  std::optional<base::Instant> calm;      ///< firing, but fine since: flapping is damped
  bool operator==(const AlertState&) const = default;
};

}  // namespace ntmd::rules
