#include "daemon/engine/agenda.h"

#include <algorithm>
#include <utility>

namespace ntmd::engine {

std::chrono::milliseconds stable_jitter(std::string_view id, std::chrono::milliseconds most) {
  if (most.count() <= 0) return std::chrono::milliseconds(0);
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return std::chrono::milliseconds(static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(most.count())));
}

/// The first time after `instant`, jitter left out, that with its jitter lies after `instant`.
std::optional<base::Instant> Agenda::after(const AgendaEntry& entry, base::Instant instant) const {
  const auto late = stable_jitter(entry.id, entry.jitter);
  const auto planned = entry.cron.next(instant - late, entry.zone);
  return planned ? std::optional(*planned + late) : std::nullopt;
}

std::optional<base::Instant> Agenda::when(const Slot& slot) {
  if (slot.running || !slot.due) return std::nullopt;
  return std::max(*slot.due, slot.not_before);
}

void Agenda::add(AgendaEntry entry, std::optional<base::Instant> last, base::Instant now) {
  see(now);
  Slot slot{std::move(entry), std::nullopt, {}, false};
  slot.due = after(slot.entry, now);
  const auto missed = last ? after(slot.entry, *last) : now;
  if (slot.entry.catch_up && missed && *missed <= now) slot.due = now;
  auto id = slot.entry.id;
  slots_.insert_or_assign(std::move(id), std::move(slot));
}

void Agenda::at(std::string_view id, std::optional<base::Instant> when) {
  if (when) {
    moments_.insert_or_assign(std::string(id), *when);
  } else if (const auto found = moments_.find(id); found != moments_.end()) {
    moments_.erase(found);
  }
}

void Agenda::see(base::Instant now) {
  went_back_ = went_back_ || now < latest_;
  latest_ = now;
}

std::vector<std::string> Agenda::take_due(base::Instant now) {
  see(now);
  const bool pull_in = std::exchange(went_back_, false);
  std::vector<std::pair<base::Instant, std::string>> due;
  for (auto& [id, slot] : slots_) {
    const auto at = when(slot);
    if (!at) {
      went_back_ = went_back_ || (pull_in && slot.running);  // its turn to be pulled in comes when it is done
      continue;
    }
    if (*at > now) {
      // The clock was set back, if by more than an interval, what lies further off than the next time is pulled in.
      if (pull_in && slot.not_before > now) {
        went_back_ = true;
      } else if (pull_in) {
        if (const auto planned = after(slot.entry, now); planned && *planned < *slot.due) slot.due = planned;
      }
      continue;
    }
    due.emplace_back(*at, id);
    slot.running = true;
    slot.due = after(slot.entry, now);
  }
  std::erase_if(moments_, [&](const auto& moment) {
    if (moment.second > now) return false;
    due.emplace_back(moment.second, moment.first);
    return true;
  });
  std::ranges::sort(due);
  std::vector<std::string> ids;
  ids.reserve(due.size());
  for (auto& [at, id] : due) ids.push_back(std::move(id));
  return ids;
}

void Agenda::done(std::string_view id, base::Instant now) {
  see(now);
  const auto found = slots_.find(id);
  if (found == slots_.end()) return;
  auto& slot = found->second;
  slot.running = false;
  if (slot.due && *slot.due <= now && !slot.entry.catch_up) slot.due = after(slot.entry, now);
}

bool Agenda::begin(std::string_view id) {
  const auto found = slots_.find(id);
  if (found == slots_.end() || found->second.running) return false;
  found->second.running = true;
  return true;
}

void Agenda::hold_off(std::string_view id, base::Instant at) {
  if (const auto found = slots_.find(id); found != slots_.end()) found->second.not_before = at;
}

std::optional<base::Instant> Agenda::next() const {
  std::optional<base::Instant> first;
  for (const auto& [id, slot] : slots_) {
    const auto at = when(slot);
    if (at && (!first || *at < *first)) first = at;
  }
  for (const auto& [id, at] : moments_) {
    if (!first || at < *first) first = at;
  }
  return first;
}

std::optional<base::Instant> Agenda::next(std::string_view id) const {
  const auto found = slots_.find(id);
  if (found == slots_.end() || !found->second.due) return std::nullopt;
  return std::max(*found->second.due, found->second.not_before);
}

}  // namespace ntmd::engine
