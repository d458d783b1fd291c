#pragma once
// When what is due: cron entries with time zone, stable jitter and single flight. No timer, no thread, no clock.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/time_zone.h"
#include "daemon/settings/cron.h"

namespace ntmd::engine {

/// One thing that happens by the clock.
struct AgendaEntry {
  std::string id;
  settings::Cron cron;
  base::TimeZone zone;
  std::chrono::milliseconds jitter{0};  ///< at most; how much later is the same for an id each time
  bool catch_up = true;                 ///< after sleep, stop or overrun: once, for the last time missed
};

/// One thread at a time.
class Agenda {
 public:
  /// `last`: when it last began; nullopt: never, then an entry that catches up is due at once.
  void add(AgendaEntry entry, std::optional<base::Instant> last, base::Instant now);

  /// Beside the entries: once, at `when`, and never under way; nullopt: not at all. What was said before of the id is
  /// forgotten.
  void at(std::string_view id, std::optional<base::Instant> when);

  /// What has come due by `now` and is not under way, by time; each is under way until `done`. An entry that came due
  /// while under way is counted once and is due again after `done` when it catches up. A clock that jumped ahead makes
  /// each due once, one that jumped back makes nothing due twice.
  std::vector<std::string> take_due(base::Instant now);
  void done(std::string_view id, base::Instant now);
  /// Under way without being due: an operator asked. False when it is under way already.
  bool begin(std::string_view id);
  /// Not before `at`, whatever the cron says (a server asked to wait).
  void hold_off(std::string_view id, base::Instant at);

  /// When something is due next; nullopt: nothing is.
  [[nodiscard]] std::optional<base::Instant> next() const;
  [[nodiscard]] std::optional<base::Instant> next(std::string_view id) const;

 private:
  struct Slot {
    AgendaEntry entry;
    std::optional<base::Instant> due;  ///< jitter included
    base::Instant not_before{};
    bool running = false;
  };
  [[nodiscard]] std::optional<base::Instant> after(const AgendaEntry& entry, base::Instant instant) const;
  [[nodiscard]] static std::optional<base::Instant> when(const Slot& slot);

  std::map<std::string, Slot, std::less<>> slots_;
  std::map<std::string, base::Instant, std::less<>> moments_;
  void see(base::Instant now);
  base::Instant latest_{};  // that was told
  bool went_back_ = false;  // the clock did, and what lies too far off is not all pulled in yet
};

/// From 0 to below `most`, the same for an id on every machine.
std::chrono::milliseconds stable_jitter(std::string_view id, std::chrono::milliseconds most);

}  // namespace ntmd::engine
