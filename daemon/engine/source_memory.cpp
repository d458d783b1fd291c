#include "daemon/engine/source_memory.h"

#include "daemon/engine/health.h"

namespace ntmd::engine {
namespace {

constexpr std::uint64_t kRunsLookedAt = 30;

}  // namespace

base::Result<SourceState*> SourceMemory::of(const std::string& source, model::Day day) {
  if (day != day_) forget();
  day_ = day;
  if (const auto known = known_.find(source); known != known_.end()) return &known->second;
  SourceState state;
  auto runs = store_.run_rows(source, kRunsLookedAt);
  if (!runs) return base::fail_within("source " + source, runs);
  state.runs = std::move(*runs);
  const auto newest = newest_data(setup_, store_, source, day);
  if (!newest) return base::fail_within("source " + source, newest);
  state.newest = *newest;
  const auto success = store_.last_success(source);
  if (!success) return base::fail_within("source " + source, success);
  state.success = *success;
  return &known_.emplace(source, std::move(state)).first->second;
}

void SourceMemory::forget(std::string_view source) {
  if (const auto known = known_.find(source); known != known_.end()) known_.erase(known);
}

}  // namespace ntmd::engine
