#include "daemon/engine/view.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "daemon/engine/alert_rows.h"
#include "daemon/engine/health.h"
#include "daemon/engine/last_verdicts.h"
#include "daemon/engine/outbox.h"
#include "daemon/engine/version.h"

namespace ntmd::engine {
namespace {

struct Metric {
  std::string_view what;
  const char* name;
  const char* help;
  const char* subject;
  const char* outcome;
};
constexpr std::array kMetrics = {
    Metric{"polls", "ntmd_polls_total", "Polls of a source by their outcome.", "source", "outcome"},
    Metric{"rows", "ntmd_rows_total", "Rows that a source's polls gave, by what became of them.", "source", "result"},
    Metric{"messages", "ntmd_alert_messages_total", "Tries to tell of alerts, by channel.", "channel", "result"},
};

base::Result<std::vector<publish::Counter>> counters(store::Store& store) {
  std::vector<publish::Counter> all;
  const auto tallies = store.tallies();
  if (!tallies) return std::unexpected(tallies.error());
  for (const auto& tally : *tallies) {
    const auto metric = std::ranges::find(kMetrics, tally.what, &Metric::what);
    if (metric == kMetrics.end()) continue;
    all.push_back({metric->name,
                   metric->help,
                   {{metric->subject, tally.subject}, {metric->outcome, tally.outcome}},
                   static_cast<double>(tally.value)});
  }
  const auto head = store.chain_head();
  if (!head) return std::unexpected(head.error());
  all.push_back({"ntmd_decisions_total", "Changes of a status, as recorded.", {}, static_cast<double>(head->seq)});
  return all;
}

}  // namespace

base::Result<publish::Snapshot> snapshot_of(const Setup& setup, store::Store& store, const base::Clock& clock,
                                            std::shared_ptr<const rules::Verdicts> verdicts) {
  SourceMemory sources(setup, store);
  return snapshot_of(setup, store, sources, clock, std::move(verdicts));
}

base::Result<publish::Snapshot> snapshot_of(const Setup& setup, store::Store& store, SourceMemory& sources,
                                            const base::Clock& clock, std::shared_ptr<const rules::Verdicts> verdicts) {
  publish::Snapshot snapshot;
  snapshot.verdicts = std::move(verdicts);
  auto health = source_health(setup, sources, snapshot.verdicts->as_of);
  if (!health) return std::unexpected(health.error());
  snapshot.sources = std::move(*health);
  auto alerts = alert_summaries(store, publish::parse_language(setup.config.language).value_or(publish::Language::vi));
  if (!alerts) return std::unexpected(alerts.error());
  snapshot.alerts = std::move(*alerts);
  const auto waiting = store.outbox();
  if (!waiting) return std::unexpected(waiting.error());
  snapshot.outbox.waiting = waiting->size();
  snapshot.outbox.undelivered = static_cast<std::uint64_t>(
      std::ranges::count_if(*waiting, [](const auto& row) { return row.attempts >= kUndelivered; }));
  snapshot.generated_at = clock.now();
  auto deliveries = store.deliveries();
  if (!deliveries) return std::unexpected(deliveries.error());
  const auto unjudged = waiting_deliveries(setup, store, *deliveries, snapshot.verdicts->as_of);
  if (!unjudged) return std::unexpected(unjudged.error());
  snapshot.waiting = *unjudged;
  auto ids = std::make_shared<std::unordered_map<model::Revision, std::string>>();
  for (auto& delivery : *deliveries) ids->emplace(delivery.revision, std::move(delivery.id));
  snapshot.delivery_id = [ids](model::Revision revision) {
    const auto found = ids->find(revision);
    return found == ids->end() ? std::string{} : found->second;
  };
  auto counted = store.counted_from();
  if (!counted) return std::unexpected(counted.error());
  auto from = std::make_shared<std::unordered_map<model::Revision, std::vector<std::string>>>();
  for (auto& each : *counted) from->emplace(each.revision, std::move(each.deliveries));
  snapshot.counted_from = [from](model::Revision revision) {
    const auto found = from->find(revision);
    return found == from->end() ? std::vector<std::string>{} : found->second;
  };
  auto totals = counters(store);
  if (!totals) return std::unexpected(totals.error());
  snapshot.counters = std::move(*totals);
  snapshot.elements = setup.elements;
  snapshot.zone = setup.config.zone;
  snapshot.language = setup.config.language;
  snapshot.version = kVersion;
  return snapshot;
}

base::Result<publish::Snapshot> last_snapshot(const Setup& setup, store::Store& store, const base::Clock& clock) {
  auto verdicts = last_verdicts(setup, store);
  if (!verdicts) return std::unexpected(verdicts.error());
  return snapshot_of(setup, store, clock, std::move(*verdicts));
}

}  // namespace ntmd::engine
