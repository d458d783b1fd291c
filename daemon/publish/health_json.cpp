#include "daemon/publish/health_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "daemon/publish/json_parts.h"
#include "daemon/publish/layout.h"
#include "daemon/rules/alert.h"

namespace ntmd::publish {
namespace {

using base::JsonWriter;

std::string lines_of(const std::vector<std::string>& entries) {
  return entries.empty() ? "[]" : fmt::format("[\n    {}\n  ]", fmt::join(entries, ",\n    "));
}

std::string time_stamp(const Snapshot& snapshot) {
  return fmt::format("\"generated_at\": \"{}\"", base::to_rfc3339(snapshot.generated_at));
}

/// Up to the stamp.
std::string head_of(const Snapshot& snapshot) {
  return fmt::format("{{\n  \"schema\": 1,\n  \"generation\": {}, ", snapshot.verdicts->generation);
}

/// The graver, the smaller.
std::size_t gravity(std::string_view name) {
  const auto& names = rules::alert_names();
  const auto known = rules::parse_alert_name(name);
  const auto at = known ? std::ranges::find(names, *known) : names.end();
  return static_cast<std::size_t>(at - names.begin());
}

}  // namespace

std::string json_stamp(const Snapshot& snapshot) {
  return fmt::format("\"generation\": {}, {}", snapshot.verdicts->generation, time_stamp(snapshot));
}

void write_source(JsonWriter& json, const SourceHealth& source) {
  json.field("id", source.id);
  text_or_null(json, "outcome", source.outcome);
  time_or_null(json, "last_success", source.last_success);
  json.field("loaded", source.loaded).field("filtered", source.filtered).field("quarantined", source.quarantined);
  json.field("freshness", to_string(source.freshness));
}

std::vector<const SourceHealth*> sources_by_id(const Snapshot& snapshot) {
  std::vector<const SourceHealth*> sorted;
  sorted.reserve(snapshot.sources.size());
  for (const auto& source : snapshot.sources) sorted.push_back(&source);
  std::ranges::sort(sorted, {}, [](const auto* source) -> const std::string& { return source->id; });
  return sorted;
}

std::vector<const AlertSummary*> alerts_in_order(const std::vector<AlertSummary>& alerts) {
  std::vector<const AlertSummary*> sorted;
  sorted.reserve(alerts.size());
  for (const auto& alert : alerts) sorted.push_back(&alert);
  std::ranges::stable_sort(sorted, [](const auto* a, const auto* b) {
    const auto head = [](const auto* alert) {
      return std::tuple(alert->state != "firing", std::string_view(alert->state), gravity(alert->name),
                        std::string_view(alert->name), std::string_view(alert->unit), std::string_view(alert->pillar));
    };
    if (head(a) != head(b)) return head(a) < head(b);
    if (a->indicator != b->indicator) return id_before(a->indicator, b->indicator);
    return std::tie(a->source, a->delivery) < std::tie(b->source, b->delivery);
  });
  return sorted;
}

AlertCounts count_alerts(const std::vector<AlertSummary>& alerts) {
  AlertCounts counts;
  for (const auto& alert : alerts) {
    counts.firing += alert.state == "firing" ? 1 : 0;
    counts.pending += alert.state == "pending" ? 1 : 0;
  }
  return counts;
}

Stamped sources_json(const Snapshot& snapshot) {
  std::vector<std::string> entries;
  for (const auto* source : sources_by_id(snapshot)) {
    JsonWriter json;
    json.begin_object();
    write_source(json, *source);
    json.field("connector", source->connector);
    time_or_null(json, "last_run", source->last_run);
    time_or_null(json, "next_run", source->next_run);
    text_or_null(json, "message", source->message);
    json.end_object();
    entries.push_back(std::move(json).take());
  }
  return {head_of(snapshot), time_stamp(snapshot), fmt::format(",\n  \"sources\": {}\n}}\n", lines_of(entries))};
}

void write_alert(JsonWriter& json, const AlertSummary& alert) {
  json.field("alert", alert.name).field("state", alert.state);
  text_or_null(json, "criteria", alert.criteria);
  text_or_null(json, "unit", alert.unit);
  text_or_null(json, "group", alert.group);
  text_or_null(json, "pillar", alert.pillar);
  text_or_null(json, "indicator", alert.indicator);
  json.field("since", base::to_rfc3339(alert.since));
  text_or_null(json, "reason", alert.reason);
  text_or_null(json, "value", alert.value);
  text_or_null(json, "threshold", alert.threshold);
  number_or_null(json, "gap", alert.gap);
  text_or_null(json, "source", alert.source);
  text_or_null(json, "delivery", alert.delivery);
  json.field("observations", alert.observations).field("silenced", alert.silenced);
  time_or_null(json, "notified", alert.notified);
  json.field("text", alert.text);
}

Stamped alerts_json(const Snapshot& snapshot) {
  std::vector<std::string> entries;
  for (const auto* alert : alerts_in_order(snapshot.alerts)) {
    JsonWriter json;
    json.begin_object();
    write_alert(json, *alert);
    json.end_object();
    entries.push_back(std::move(json).take());
  }
  const auto counts = count_alerts(snapshot);
  return {head_of(snapshot), time_stamp(snapshot),
          fmt::format(
              ",\n  \"firing\": {},\n  \"pending\": {},\n  \"outbox\": {{\"waiting\": {}, \"undelivered\": {}}},\n"
              "  \"alerts\": {}\n}}\n",
              counts.firing, counts.pending, snapshot.outbox.waiting, snapshot.outbox.undelivered, lines_of(entries))};
}

}  // namespace ntmd::publish
