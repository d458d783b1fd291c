#pragma once
// Alerts as they go with every assessment: judged from the pass, written in its transaction, told through the outbox.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/engine/alert_watch.h"
#include "daemon/engine/assessor.h"
#include "daemon/engine/poller.h"
#include "daemon/engine/setup.h"
#include "daemon/rules/alert_policy.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// Owned by the writer thread.
class Alerting {
 public:
  /// Takes the stored states and looks at the decision chain. All references must outlive it.
  static base::Result<std::unique_ptr<Alerting>> open(const Setup& setup, store::Store& store, SourceMemory& sources,
                                                      const World& world);

  /// The companion of an assessment: what `pass` means for alerts, into `commit`. Where nothing changes nothing is
  /// added. `now` is the moment that alerts live in: the clock's, on the day assessed.
  base::Status judge(const Pass& pass, store::AssessmentCommit& commit, base::Instant now);
  /// After the commit: what was judged counts, and is logged. Without it the next `judge` begins where this one did.
  void committed();

  /// Time goes on from `now`: what the stored states say of later times is taken to be of this moment. In the store
  /// with the next `judge` that is committed.
  void set_back(base::Instant now);

  /// When alerts want the next pass, though nothing comes; nullopt: at no time.
  [[nodiscard]] std::optional<base::Instant> next_pass() const;

  /// From here on sources are polled by their schedules: one that is not is silent.
  void watch_schedules() { scheduled_since_ = world_.clock.now(); }

 private:
  Alerting(const Setup& setup, store::Store& store, SourceMemory& sources, const World& world);
  base::Status load_sources();
  void see_sources(base::Instant now);
  void keep_sources();
  void watch_chain(Signals& signals) const;
  void log(const rules::AlertState& state) const;

  const Setup& setup_;
  store::Store& store_;
  SourceMemory& memory_;
  World world_;
  rules::AlertPolicy policy_;
  std::optional<std::string> chain_fault_;
  std::optional<base::Instant> scheduled_since_;
  struct Judged {
    rules::AlertStep step;
    base::Instant at{};
    SourcesSeen sources;
    std::shared_ptr<const rules::Verdicts> verdicts;
  };
  std::optional<Judged> judged_;                     // not committed yet
  base::Instant last_pass_{};                        // committed
  SourcesSeen sources_;                              // by that pass
  std::shared_ptr<const rules::Verdicts> verdicts_;  // of that pass
  std::vector<rules::AlertState> set_back_;          // not committed yet
  bool first_ = true;
  std::map<std::string, base::Instant, std::less<>> configured_since_;  // by source id
  bool configured_changed_ = false;
};

}  // namespace ntmd::engine
