#include "daemon/publish/metrics_text.h"

#include <prometheus/check_names.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <tuple>

#include "daemon/publish/health_json.h"
#include "daemon/publish/layout.h"

namespace ntmd::publish {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Gauge {
 public:
  Gauge(std::string name, std::string help) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = MetricType::Gauge;
  }
  void set(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    family_.metric.push_back(std::move(metric));
  }
  MetricFamily family_;
};

double seconds(base::Instant instant) {
  return static_cast<double>(std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count());
}

void add_sources(const Snapshot& snapshot, std::vector<MetricFamily>& families) {
  Gauge success("ntmd_source_last_success_timestamp_seconds", "When the source last gave data, since the epoch.");
  Gauge run("ntmd_source_last_run_timestamp_seconds", "When the source was last asked, since the epoch.");
  Gauge next("ntmd_source_next_run_timestamp_seconds", "When the source will be asked next, since the epoch.");
  Gauge rows("ntmd_source_rows", "Rows of the source's last run, by what became of them.");
  Gauge outcome("ntmd_source_outcome", "1 for the outcome of the source's last run.");
  Gauge freshness("ntmd_source_freshness", "1 for how old the source's newest data is against its limits.");
  for (const auto* source : sources_by_id(snapshot)) {
    const Labels label = {{"source", source->id}};
    if (source->last_success) success.set(label, seconds(*source->last_success));
    if (source->last_run) run.set(label, seconds(*source->last_run));
    if (source->next_run) next.set(label, seconds(*source->next_run));
    rows.set({{"source", source->id}, {"result", "loaded"}}, static_cast<double>(source->loaded));
    rows.set({{"source", source->id}, {"result", "filtered"}}, static_cast<double>(source->filtered));
    rows.set({{"source", source->id}, {"result", "quarantined"}}, static_cast<double>(source->quarantined));
    if (!source->outcome.empty()) outcome.set({{"source", source->id}, {"outcome", source->outcome}}, 1);
    for (const auto state : {Freshness::fresh, Freshness::warn, Freshness::stale, Freshness::never}) {
      freshness.set({{"source", source->id}, {"state", std::string(to_string(state))}},
                    state == source->freshness ? 1 : 0);
    }
  }
  for (auto* gauge : {&success, &run, &next, &rows, &outcome, &freshness})
    families.push_back(std::move(gauge->family_));
}

void add_states(const Snapshot& snapshot, std::span<const Totals> totals, std::vector<MetricFamily>& families) {
  Gauge units("ntmd_units", "Units by status under a criteria set.");
  Gauge indicators("ntmd_unit_indicators", "Indicators of all units by status.");
  const auto& sets = snapshot.verdicts->criteria;
  for (std::size_t set = 0; set < sets.size(); ++set) {
    const auto& criteria = *sets[set];
    if (criteria.of_group) continue;
    const Totals none;
    const auto& counted = set < totals.size() ? totals[set] : none;
    for (const auto state : kStates) {
      units.set({{"criteria", criteria.id}, {"state", std::string(rules::to_string(state))}}, counted.units.of(state));
    }
    for (const auto rule : lay_out(criteria).indicators) {
      for (const auto state : kStates) {
        const auto n = rule < counted.indicators.size() ? counted.indicators[rule].of(state) : 0U;
        indicators.set({{"criteria", criteria.id},
                        {"indicator", criteria.indicators[rule].id},
                        {"state", std::string(rules::to_string(state))}},
                       n);
      }
    }
  }
  families.push_back(std::move(units.family_));
  families.push_back(std::move(indicators.family_));
}

void add_alerts(const Snapshot& snapshot, std::vector<MetricFamily>& families) {
  std::map<std::pair<std::string, std::string>, double> by_name;
  for (const auto& alert : snapshot.alerts) by_name[{alert.name, alert.state}] += 1;
  Gauge alerts("ntmd_alerts", "Alerts by state.");
  const auto counts = count_alerts(snapshot);
  alerts.set({{"state", "firing"}}, static_cast<double>(counts.firing));
  alerts.set({{"state", "pending"}}, static_cast<double>(counts.pending));
  Gauge named("ntmd_alerts_by_name", "Alerts by name and state.");
  for (const auto& [key, n] : by_name) named.set({{"alert", key.first}, {"state", key.second}}, n);
  Gauge outbox("ntmd_outbox_messages", "Messages that wait to be acknowledged; undelivered: nobody hears of them.");
  outbox.set({{"state", "waiting"}}, static_cast<double>(snapshot.outbox.waiting));
  outbox.set({{"state", "undelivered"}}, static_cast<double>(snapshot.outbox.undelivered));
  families.push_back(std::move(alerts.family_));
  families.push_back(std::move(outbox.family_));
  families.push_back(std::move(named.family_));
}

void add_counters(const Snapshot& snapshot, std::vector<MetricFamily>& families) {
  std::vector<const Counter*> sorted;
  for (const auto& counter : snapshot.counters) sorted.push_back(&counter);
  std::ranges::sort(
      sorted, [](const auto* a, const auto* b) { return std::tie(a->name, a->labels) < std::tie(b->name, b->labels); });
  for (const auto* counter : sorted) {
    if (!prometheus::CheckMetricName(counter->name) || !counter->name.ends_with("_total") || counter->help.empty()) {
      throw std::logic_error("metrics: counter \"" + counter->name +
                             "\" needs a name ending in _total and a help text");
    }
    ClientMetric metric;
    for (const auto& [name, value] : counter->labels) {
      if (!prometheus::CheckLabelName(name)) throw std::logic_error("metrics: label name \"" + name + "\"");
      metric.label.push_back({name, value});
    }
    metric.counter.value = counter->value;
    if (families.empty() || families.back().name != counter->name) {
      families.push_back({counter->name, counter->help, MetricType::Counter, {}});
    }
    families.back().metric.push_back(std::move(metric));
  }
}

}  // namespace

std::string metrics_text(const Snapshot& snapshot, std::span<const Totals> totals) {
  std::vector<MetricFamily> families;
  Gauge build("ntmd_build_info", "The running program.");
  build.set({{"version", snapshot.version}}, 1);
  Gauge generation("ntmd_generation", "The number of the published assessment.");
  generation.set({}, static_cast<double>(snapshot.verdicts->generation));
  Gauge published("ntmd_published_timestamp_seconds", "When it was published, since the epoch.");
  published.set({}, seconds(snapshot.generated_at));
  for (auto* gauge : {&build, &generation, &published}) families.push_back(std::move(gauge->family_));
  add_states(snapshot, totals, families);
  add_sources(snapshot, families);
  add_alerts(snapshot, families);
  add_counters(snapshot, families);
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

std::string metrics_text(const Snapshot& snapshot) { return metrics_text(snapshot, count_totals(*snapshot.verdicts)); }

}  // namespace ntmd::publish
