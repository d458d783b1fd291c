#pragma once
// The house at work on one store: polls sources, loads deliveries, assesses, publishes. Owned by one thread, the
// writer.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/transport/http_driver.h"
#include "daemon/engine/alerting.h"
#include "daemon/engine/assessor.h"
#include "daemon/engine/key_rotation.h"
#include "daemon/engine/poller.h"
#include "daemon/engine/setup.h"
#include "daemon/engine/source_memory.h"
#include "daemon/notify/sender.h"
#include "daemon/publish/publisher.h"
#include "daemon/store/sqlite_store.h"

namespace ntmd::engine {

class Engine {
 public:
  /// What a closed engine leaves: its setup; the store's lock, so that nobody comes between it and the next; its person
  /// key, so that the same setup can be opened again whatever became of the secret.
  struct Left {
    Setup setup;
    std::shared_ptr<store::OwnerLock> lock;
    std::optional<connectors::Pseudonyms> key;
  };
  /// Takes the store's lock (denied when another process has it), opens the store, checks the person key, loads what is
  /// known.
  static base::Result<std::unique_ptr<Engine>> open(Setup setup, const World& world);
  /// Likewise, with the lock and the key that are there already.
  static base::Result<std::unique_ptr<Engine>> open(Left from, const World& world);
  ~Engine();
  /// Whether an engine of `next` could be opened on this one's store: its folders, its person key. Gives that key where
  /// the store knows it.
  base::Result<std::optional<connectors::Pseudonyms>> may_follow(const Setup& next);
  static Left close(std::unique_ptr<Engine> engine);

  /// A run of a source from its opening to its row: opened and closed here, polled on whatever thread.
  struct OpenRun {
    store::RunRow row;
    PollOrder order;
  };
  /// What `order.sink` gets goes to `load`. The order's sink and stop are the caller's to set.
  base::Result<OpenRun> open_run(const std::shared_ptr<const SourcePlan>& plan, model::Day today);
  /// Commits a delivery, unless the mass-change guard holds it: flips are judged on `day`, today unless given.
  base::Result<store::Outcome> load(store::StagedDelivery staged, std::optional<model::Day> day = {});
  /// Commits the run row and logs it.
  base::Result<store::RunRow> close_run(OpenRun run, PollReport report);
  /// Who helps to read files, to count, to record and to publish; before the first poll.
  void set_help(const base::ShareWork& share);
  /// Thread-safe within its own rules; lives as long as the engine.
  [[nodiscard]] Poller& poller() { return *poller_; }

  /// Polls one source to its end, commits its deliveries and its run row, and logs both.
  base::Result<store::RunRow> sync(const std::shared_ptr<const SourcePlan>& plan, model::Day today);
  /// What became of a delivery by an operator's word.
  struct Changed {
    std::string delivery;      ///< its id; of a replay the one that counts now
    std::size_t statuses = 0;  ///< that changed
    std::string text;          ///< what to tell the operator
  };
  /// Puts a held or retracted delivery in force or takes any out, judges `day` and publishes. `gone` or bad_data when
  /// there is no such delivery, or its standing cannot become that.
  base::Result<Changed> change_standing(const std::string& delivery, store::Standing standing,
                                        const std::string& reason, model::Day day);
  /// Runs the kept bytes of a delivery again through today's connector. Other rows or refusals than before make a new
  /// delivery in its place (same time of receipt); the same ones change nothing.
  base::Result<Changed> replay(const std::string& delivery, model::Day day);
  /// Begins to replace the person key by the secret `secret` (empty: one made now), or goes back while it has not come
  /// into force (key_rotation.h). Gives what is so then. bad_data when a rotation is, or is not, under way; bad_config
  /// when the key cannot be had.
  base::Result<KeyRotation> rotate_key(const std::string& secret, const std::string& reason);
  base::Result<KeyRotation> cancel_rotation(const std::string& reason);
  /// Judges, and what it means for alerts in the same transaction. A day before the last assessed one is judged only.
  base::Result<Pass> assess(model::Day day, bool full);
  /// Judging goes on from `day`, which is before the last assessed one and not after today: it is judged, recorded and
  /// published as any other, with `reason` in the store and the log. bad_data for another day.
  base::Result<Pass> restart(model::Day day, const std::string& reason);
  /// Why a pass today would record nothing: the last assessed day is after today. Empty: it would.
  [[nodiscard]] std::string stuck() const;
  /// Drops kept bytes that are older than the config says or belong to no delivery, but none of a run under way.
  base::Status clean_spool();
  /// Writes the files that changed. Nothing for a pass that was not recorded.
  base::Status publish(const Pass& pass);
  /// What was published is on the disk: for a process that ends and will not mend it after a power cut.
  base::Status settle() { return world_.files.flush(setup_.config.publish_dir); }
  [[nodiscard]] base::Result<publish::Snapshot> snapshot(const Pass& pass);
  /// When each source is polled next, by id; published with its health. Nothing of it without a schedule that runs.
  void expect_runs(std::map<std::string, base::Instant> next) { next_runs_ = std::move(next); }
  /// Tries once what waits in the outbox, for at most a minute; what fails stays for the next time. The last thing to
  /// be sent: not for a process that goes on.
  base::Status deliver();

  [[nodiscard]] const Setup& setup() const { return setup_; }
  [[nodiscard]] const base::Clock& clock() const { return world_.clock; }
  /// Who changes deliveries or runs in it says so by `forget_sources`.
  [[nodiscard]] store::Store& store() { return *store_; }
  void forget_sources() { sources_->forget(); }
  [[nodiscard]] Assessor& assessor() { return *assessor_; }
  [[nodiscard]] const Assessor& assessor() const { return *assessor_; }
  [[nodiscard]] Alerting& alerting() { return *alerting_; }
  /// Thread-safe; lives as long as the engine.
  [[nodiscard]] notify::Sender& sender() { return *sender_; }
  [[nodiscard]] model::Day today() const;

 private:
  Engine(Setup setup, const World& world);
  base::Status report_held(const std::string& source, store::RunRow& run);
  base::Result<std::string> why_not_seen(const store::DeliveryHead& head);
  base::Result<Changed> judged_anew(const std::string& id, const std::string& became, model::Day day);
  base::Result<Pass> judge(model::Day day, bool full, const std::string& restart);
  base::Status open_alerts();
  base::Result<KeyRotation> go_on_rotating(model::Day day);
  /// Says itself what goes wrong.
  void try_to_end_rotation(model::Day day);
  /// Parts of a source whose newest delivery lacks the key that comes, with its content's SHA-256. None that reads
  /// otherwise, as it would again while this engine lives: the source's next run tells of it.
  base::Result<std::map<std::string, std::string>> to_hash_again(const std::string& source);
  void tell_hashed_again(const store::StagedDelivery& staged, const store::Store::Committed& committed);

  Setup setup_;
  World world_;
  std::shared_ptr<store::OwnerLock> lock_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<const connectors::Pseudonyms> pseudonyms_;  // another one when a key comes or goes
  std::unique_ptr<connectors::HttpDriver> http_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<Assessor> assessor_;
  std::unique_ptr<SourceMemory> sources_;
  std::unique_ptr<Alerting> alerting_;
  std::unique_ptr<notify::Sender> sender_;
  std::unique_ptr<publish::Publisher> publisher_;
  std::map<std::string, base::Instant> next_runs_;
  std::map<std::string, std::string> under_way_;  // runs that are open: source by id
  struct Begun {
    std::string run;
    base::Instant at{};
  };
  std::map<std::string, Begun> begun_;                  // by source: its open run
  std::map<std::string, std::string> reads_otherwise_;  // by source: what its run is to tell
  // By delivery and key that came: what is told of a file that names other people than when it was first read.
  std::map<std::pair<std::string, std::uint32_t>, std::string> not_again_;
  std::string told_waits_;  // what a rotation waits for, as last logged
};

}  // namespace ntmd::engine
