#pragma once
// Everything that is published at one moment, as plain data.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/time_zone.h"
#include "daemon/model/element.h"
#include "daemon/model/figure.h"
#include "daemon/model/unit_code.h"
#include "daemon/rules/verdict.h"

namespace ntmd::publish {

/// How old a source's newest data is, against its own limits.
enum class Freshness : std::uint8_t { fresh, warn, stale, never };
std::string_view to_string(Freshness freshness);

/// One source as its last run left it.
struct SourceHealth {
  std::string id;
  std::string connector;
  std::string outcome;  ///< of the last run, by name; empty: it never ran
  std::optional<base::Instant> last_success;
  std::optional<base::Instant> last_run;
  std::uint64_t loaded = 0;  ///< rows of the last run
  std::uint64_t filtered = 0;
  std::uint64_t quarantined = 0;
  Freshness freshness = Freshness::never;
  std::string message;  ///< why it failed, was held or refused; no personal data
  std::optional<base::Instant> next_run;
};

/// One alert that is pending or firing. Empty texts are published as null.
struct AlertSummary {
  std::string name;   ///< "IndicatorLost"
  std::string state;  ///< "pending" | "firing" | "resolved"
  std::string criteria;
  std::string unit;  ///< code
  std::string group;
  std::string pillar;
  std::string indicator;
  std::string source;
  std::string delivery;
  base::Instant since{};
  std::string reason;  ///< a code
  std::string value;   ///< as published: "84.96"
  std::string threshold;
  std::optional<std::int64_t> gap;
  std::uint32_t observations = 0;         ///< that agree
  bool silenced = false;                  ///< fires, but a silence holds it back
  std::optional<base::Instant> notified;  ///< when people were last told
  std::string text;                       ///< for people, in the configured language
  std::string text_vi;                    ///< for the page; empty: `text` is all there is
  std::string text_en;
};

/// Messages to people that wait to be acknowledged.
struct Outbox {
  std::uint64_t waiting = 0;
  std::uint64_t undelivered = 0;  ///< of these: failed so often that someone has to look into it
};

/// A counter of the program itself, for the metrics text.
struct Counter {
  std::string name;  ///< [a-z0-9_], ends in _total
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;  ///< values from bounded sets; never personal data
  double value = 0;
};

/// The units that alone may differ from an earlier generation under the same day, boundaries, units and criteria.
struct Touched {
  std::uint64_t since = 0;  ///< that generation
  std::vector<model::UnitCode> units;
};

struct Snapshot {
  std::shared_ptr<const rules::Verdicts> verdicts;  ///< never null; its generation stands in every file
  std::vector<SourceHealth> sources;
  std::vector<AlertSummary> alerts;
  Outbox outbox;
  std::vector<Counter> counters;
  std::uint64_t waiting = 0;  ///< deliveries that came or went since the verdicts and will change them
  base::Instant generated_at{};
  /// The id of a delivery; called on the publishing thread, at most once per revision and publication.
  std::function<std::string(model::Revision)> delivery_id;
  /// Of a computed figure's revision: the deliveries it was counted from, the oldest first. As `delivery_id`.
  std::function<std::vector<std::string>(model::Revision)> counted_from;
  std::shared_ptr<const model::ElementTable> elements;  ///< labels of inputs; nullptr: their names are shown
  std::optional<base::TimeZone> zone;                   ///< of times on the pages; nullopt: UTC
  std::string language = "vi";                          ///< in which pages open: vi | en
  std::string version;                                  ///< of the program
  /// Saves comparing every unit; ignored unless the publisher's last generation is the one named.
  std::optional<Touched> touched;
};

}  // namespace ntmd::publish
