#pragma once
// When an alert is raised, told, repeated and resolved (domain §7). Pure: the time is handed in, the states are handed
// back.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/rules/alert.h"
#include "daemon/rules/alert_settings.h"

namespace ntmd::rules {

/// What one pass sees of an alert's subject.
struct AlertSignal {
  enum class Sight : std::uint8_t {
    fine,
    wrong,
    unknown,  ///< neither raises nor clears
    gone      ///< nothing is judged there any more: it clears
  };
  AlertSubject subject;
  AlertFacts facts;
  Sight sight = Sight::unknown;
  bool raises = true;       ///< `wrong` may begin an alert; else it only goes on with one
  bool arms = false;        ///< `fine` is remembered, and `wrong` raises only where it was fine before
  bool disarms = false;     ///< what was before was another thing: only what it is from here on counts
  bool at_once = false;     ///< certain enough without a second observation
  std::uint32_t needs = 0;  ///< observations that make it certain; 0: as the policy says
  bool waits = false;       ///< wrong, but something graver says so already: it does not begin to fire
  /// What came since the pass before and brought what was judged, each an observation: deliveries by id, or that one
  /// was taken back.
  std::vector<std::string> observations;
  std::string delivery;  ///< of the last of them
};

/// One thing to tell people.
struct AlertEvent {
  enum class Kind : std::uint8_t { firing, reminder, resolved };
  Kind kind = Kind::firing;
  AlertState state;  ///< as told
  std::string id;    ///< the same whenever the event is told again; no two events share one
};
std::string_view to_string(AlertEvent::Kind kind);

struct AlertStep {
  base::Instant at{};
  bool all = false;                 ///< every watched state was looked at
  std::vector<AlertState> changed;  ///< in the order of their keys
  std::vector<std::string> over;    ///< keys of states that nothing follows from any more: to be forgotten
  std::vector<AlertEvent> events;   ///< gravest names first, then by key
};

class AlertPolicy {
 public:
  explicit AlertPolicy(AlertSettings settings) : settings_(std::move(settings)) {}

  /// Takes the stored states, once, before the first step.
  void load(std::vector<AlertState> states);
  /// Moments after `now` become `now`, where the clock was wrong. Gives the states that this changed.
  std::vector<AlertState> set_back(base::Instant now);
  /// What follows from one pass. Nothing is changed here: the step counts once it is taken by `accept`. A subject that
  /// is watched and has no signal is unknown. Two signals of one subject: the last counts. Only what has a signal or is
  /// `due` is looked at: nothing follows for all others.
  [[nodiscard]] AlertStep step(base::Instant now, const std::vector<AlertSignal>& signals) const;
  /// After the step was committed.
  void accept(const AlertStep& step);

  /// The first moment after `now`, that of the last step, at which another has something to do though nothing comes: a
  /// wait limit or a silence ends, a reminder is due, a flapping alert has been calm for long enough. nullopt: none.
  [[nodiscard]] std::optional<base::Instant> next(base::Instant now) const;
  /// Those that are pending or firing, or that people still believe to fire: each wants a signal in a pass that sees
  /// something else of its subject than the pass before. By key.
  [[nodiscard]] std::vector<const AlertState*> watched() const;
  /// Likewise of one unit; "": of groups, sources, deliveries and the chain.
  [[nodiscard]] std::vector<const AlertState*> watched(std::string_view unit) const;
  /// Those of them that want one though their subject is seen as it was: by now a moment of theirs has passed (see
  /// `next`). All, in the first step, and where the clock was set back. By key.
  [[nodiscard]] std::vector<const AlertState*> due(base::Instant now) const;
  [[nodiscard]] const AlertState* find(const std::string& key) const;
  [[nodiscard]] const AlertSettings& settings() const { return settings_; }

 private:
  void judge(AlertState& state, const AlertSignal& signal, base::Instant now) const;
  void raise(AlertState& state, const AlertSignal& signal, base::Instant now) const;
  void observe(AlertState& state, const AlertSignal& signal) const;
  void fire_if_certain(AlertState& state, const AlertSignal& signal, base::Instant now) const;
  [[nodiscard]] bool flapping(const AlertState& state, base::Instant now) const;
  [[nodiscard]] bool silenced(const AlertState& state, base::Instant now) const;
  void announce(AlertState& state, base::Instant now, std::vector<AlertEvent>& events) const;

  using Moments = std::set<std::pair<base::Instant, std::string>>;  // with the key of the state

  [[nodiscard]] std::vector<base::Instant> moments(const AlertState& state) const;
  [[nodiscard]] std::optional<base::Instant> lapse(const AlertState& state) const;
  [[nodiscard]] bool looks_at_all(base::Instant now) const { return !settled_ || now < last_; }
  [[nodiscard]] std::vector<std::string> lapsed(base::Instant now) const;
  void index(const std::string& key, const AlertState& state);
  void unindex(const std::string& key, const AlertState& state);
  void index_all();

  AlertSettings settings_;
  std::unordered_map<std::string, AlertState> states_;  // by key
  Moments moments_;                                     // those that were not looked at since they passed
  Moments lapses_;                                      // from when on nothing follows from a state
  std::map<std::string, std::set<std::string>, std::less<>> watched_;  // keys by unit
  base::Instant last_{};                                               // step
  bool settled_ = false;
};

}  // namespace ntmd::rules
