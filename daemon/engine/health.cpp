#include "daemon/engine/health.h"

#include <fmt/format.h>

#include "daemon/engine/local_day.h"

namespace ntmd::engine {

publish::Freshness freshness_of(const Freshness& limits, std::optional<model::Day> newest, model::Day today) {
  if (!newest) return publish::Freshness::never;
  const auto age = std::chrono::milliseconds(std::chrono::days(today - *newest));
  if (limits.error_after.count() > 0 && age > limits.error_after) return publish::Freshness::stale;
  if (limits.warn_after.count() > 0 && age > limits.warn_after) return publish::Freshness::warn;
  return publish::Freshness::fresh;
}

base::Result<std::optional<model::Day>> newest_data(const Setup& setup, store::Store& store, std::string_view source,
                                                    model::Day day) {
  const auto newest = store.newest_in_force(source, day);
  if (!newest) return std::unexpected(newest.error());
  auto last = newest->dated;
  if (newest->received) {
    const auto came = local_day(*newest->received, setup.config.zone);
    if (!last || came > *last) last = came;
  }
  return last;
}

void show_run(publish::SourceHealth& health, const store::RunRow* run) {
  const store::RunRow none;
  const auto& last = run == nullptr ? none : *run;
  health.outcome = run == nullptr ? std::string_view() : store::to_string(last.outcome);
  health.last_run = run == nullptr ? std::nullopt : std::optional(last.ended);
  health.loaded = last.counts.loaded;
  health.filtered = last.counts.filtered;
  health.quarantined = last.counts.quarantined;
  health.message = last.message;
}

base::Result<std::vector<publish::SourceHealth>> source_health(const Setup& setup, SourceMemory& sources,
                                                               model::Day today) {
  std::vector<publish::SourceHealth> out;
  for (const auto& plan : setup.plans) {
    publish::SourceHealth health;
    health.id = plan->id;
    health.connector = plan->connector;
    const auto source = sources.of(plan->id, today);
    if (!source) return base::fail_within("source health", source);
    const auto& runs = (*source)->runs;
    show_run(health, runs.empty() ? nullptr : &runs.front());
    health.last_success = (*source)->success;
    health.freshness = freshness_of(plan->freshness, (*source)->newest, today);
    out.push_back(std::move(health));
  }
  return out;
}

}  // namespace ntmd::engine
