#pragma once
// One poll of one source, from the drop folder to staged deliveries.

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "connectors/map/pseudonym.h"
#include "connectors/rest/resolve_auth.h"
#include "connectors/transport/http_driver.h"
#include "daemon/base/clock.h"
#include "daemon/base/files.h"
#include "daemon/base/work_sharing.h"
#include "daemon/engine/setup.h"
#include "daemon/engine/spool.h"
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
  std::set<std::string> waiting;                 ///< parts of its deliveries that are held
  std::map<std::string, std::string> retracted;  ///< parts whose last delivery was: its id
  /// Files that are read again though they have not changed, with their SHA-256: the store has not, or not yet under
  /// the key that comes, the people that they name.
  std::map<std::string, std::string> read_again;

  /// What to tell of a part that the source still gives as it was; empty unless its delivery was retracted.
  [[nodiscard]] std::string note_on(const std::string& part) const;
};

/// How a poll ended, before the run row is written.
struct PollReport {
  store::Outcome outcome = store::Outcome::unchanged;
  store::Counts counts;
  std::uint32_t deliveries = 0;             ///< new ones
  std::string message;                      ///< what went wrong, then what was noticed: the first few of each
  std::vector<store::LedgerEntry> refused;  ///< files refused whole: to be remembered
  std::optional<base::Instant> not_before;  ///< the other side asked to be left alone until then

  /// An empty text is none.
  void note(std::string_view text);
  void fail(store::Outcome how, const base::Error& error);
  /// Our own code went wrong in this poll: it parks its source, never the others.
  void fail(const std::exception& bug);
  /// Hands `staged` on, counts what became of it and gives that. `copy`, where the source's bytes are kept, is kept
  /// first; it is dropped again when the delivery was known already or could not be taken.
  base::Result<store::Outcome> deliver(store::StagedDelivery staged, const DeliverySink& sink,
                                       std::optional<SpoolDraft> copy, Spool& spool);

 private:
  struct Texts {
    std::vector<std::string> first;
    std::size_t more = 0;
    void add(std::string_view text);
  };
  void tell();

  Texts faults_;
  Texts notes_;
};

/// One poll: of what, when, and where its deliveries go.
struct PollOrder {
  std::shared_ptr<const SourcePlan> plan;
  Known known;
  model::Day today;
  std::string run;        ///< id; stands in its deliveries and log lines
  base::Steady deadline;  ///< nothing is asked or read after it
  std::shared_ptr<const connectors::Pseudonyms> pseudonyms;
  std::stop_token stop;  ///< once asked to stop the poll ends soon as `interrupted`; what was delivered stays
  DeliverySink sink;
  /// Comes back when what was read may become a delivery, which takes more memory. Empty: it may.
  std::function<void()> turn = {};
};

/// Thread-safe as far as two polls of different sources go; one poll of one source at a time. What it is made with must
/// outlive it.
class Poller {
 public:
  Poller(const Setup& setup, const World& world, connectors::HttpDriver& http, Spool& spool)
      : setup_(setup), world_(world), http_(http), spool_(spool) {}

  /// Who helps to read files; to be set before the first poll.
  void set_help(base::ShareWork share) { share_ = std::move(share); }

  /// On the calling thread, to its end. Never throws: failures, our own too, are in the report.
  PollReport poll(const PollOrder& order);
  /// Over the network without a thread of its own: documents are taken and deliveries made through `executor`, one at a
  /// time; `done` is called there exactly once, whatever goes wrong. For sources without a folder.
  void start(PollOrder order, connectors::Executor executor, std::function<void(PollReport)> done);

 private:
  PollReport poll_folder(const PollOrder& order);
  PollReport poll_rest(const PollOrder& order);

  const Setup& setup_;
  World world_;
  connectors::HttpDriver& http_;
  Spool& spool_;
  base::ShareWork share_;
};

/// The graver of two outcomes of parts of one run.
store::Outcome graver(store::Outcome a, store::Outcome b);

}  // namespace ntmd::engine
