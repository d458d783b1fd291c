#pragma once
// One poll of one source, from the drop folder to staged deliveries.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/map/pseudonym.h"
#include "daemon/base/clock.h"
#include "daemon/base/files.h"
#include "daemon/engine/setup.h"
#include "daemon/store/delivery.h"

namespace ntmd::engine {

/// What a poll asks the outside world through. All outlive the poller.
struct World {
  base::Files& files;
  const base::Clock& clock;
};

/// Takes a delivery and gives what became of it. The next part of the poll waits for the answer.
using DeliverySink = std::function<base::Result<store::Outcome>(store::StagedDelivery)>;

/// What the store already knows of the source.
struct Known {
  std::vector<store::LedgerEntry> ledger;
  std::optional<std::string> cursor;
};

/// How a poll ended, before the run row is written.
struct PollReport {
  store::Outcome outcome = store::Outcome::unchanged;
  store::Counts counts;
  std::uint32_t deliveries = 0;             ///< new ones
  std::string message;                      ///< the first thing that went wrong, or what was noticed
  std::vector<store::LedgerEntry> refused;  ///< files refused whole: to be remembered

  /// Keeps the first text only.
  void note(std::string_view text);
  void fail(store::Outcome how, const base::Error& error);
  /// Hands `staged` on and counts what became of it.
  base::Status deliver(store::StagedDelivery staged, const DeliverySink& sink);
};

/// Thread-safe as far as two polls of different sources go; one poll of one source at a time.
class Poller {
 public:
  Poller(const Setup& setup, const World& world, const connectors::Pseudonyms& pseudonyms)
      : setup_(setup), world_(world), pseudonyms_(pseudonyms) {}

  /// Never throws for what the world does: failures are in the report.
  PollReport poll(const std::shared_ptr<const SourcePlan>& plan, const Known& known, model::Day today,
                  const std::string& run, const DeliverySink& sink);

 private:
  const Setup& setup_;
  World world_;
  const connectors::Pseudonyms& pseudonyms_;
};

/// The graver of two outcomes of parts of one run.
store::Outcome graver(store::Outcome a, store::Outcome b);

}  // namespace ntmd::engine
