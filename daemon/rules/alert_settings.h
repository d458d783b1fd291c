#pragma once
// How alerts behave and whom they reach: the policy, silences and routes of alerts.yaml (contract, "alerts.yaml").

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/time_zone.h"
#include "daemon/rules/alert.h"
#include "daemon/settings/reader.h"

namespace ntmd::rules {

/// A field of an alert that files match and group by.
enum class AlertField : std::uint8_t { alert, criteria, unit, group, pillar, indicator, source };
std::string_view to_string(AlertField field);
std::optional<AlertField> parse_alert_field(std::string_view text);
/// The alert's value of a field; of `source`, that of the alert's subject or else of what it tells.
std::string field_of(const AlertSubject& subject, const AlertFacts& facts, AlertField field);

/// Every field named must have one of its values; nothing named: everything matches.
struct AlertMatch {
  struct Term {
    AlertField field = AlertField::alert;
    std::vector<std::string> values;
  };
  std::vector<Term> terms;
  [[nodiscard]] bool matches(const AlertSubject& subject, const AlertFacts& facts) const;
};

/// While it lasts, nobody is told of what it matches. When it ends and the alert still fires, people are told at once.
struct Silence {
  AlertMatch match;
  base::Instant until{};
  std::string comment;
};

/// Whom an alert reaches. The first route that matches takes it, unless it says `continue`.
struct Route {
  AlertMatch match;
  std::vector<std::string> to;       ///< channel ids
  std::vector<AlertField> group_by;  ///< what agrees in these goes out as one message; empty: each alert its own
  bool goes_on = false;
};

/// Domain §7.
struct AlertPolicySettings {
  std::uint32_t observations = 2;                                  ///< deliveries that must agree before a fall fires
  std::chrono::milliseconds wait_limit{std::chrono::hours(24)};    ///< or it has lasted so long
  std::chrono::milliseconds remind_every{std::chrono::hours(24)};  ///< 0: never
  std::uint32_t flap_fires = 3;                                    ///< an alert that fired so often …
  std::chrono::milliseconds flap_within{std::chrono::hours(24)};   ///< … within so long …
  std::chrono::milliseconds flap_calm{std::chrono::hours(24)};     ///< … is resolved only after so long without one

  std::uint32_t source_failures = 2;      ///< failed polls in a row before a source's alert fires
  std::int64_t thin_margin_permille = 0;  ///< slack at most this share of the numerator is thin; 0: off
};

struct AlertSettings {
  AlertPolicySettings policy;
  std::vector<Silence> silences;
  std::vector<Route> routes;
};

/// Asks `reader`, the map of alerts.yaml, for `policy`, `silences` and `routes`. `channels` are the ids that routes may
/// name; `zone` is where a silence's day ends. Faults with their places.
AlertSettings read_alert_settings(settings::MapReader& reader, const std::vector<std::string>& channels,
                                  const base::TimeZone& zone);

}  // namespace ntmd::rules
