#pragma once
// The house at work on one store: polls sources, loads deliveries, assesses, publishes. Owned by one thread, the
// writer.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/engine/assessor.h"
#include "daemon/engine/poller.h"
#include "daemon/engine/setup.h"
#include "daemon/publish/publisher.h"
#include "daemon/store/sqlite_store.h"

namespace ntmd::engine {

class Engine {
 public:
  /// Takes the store's lock (denied when another process has it), opens the store, checks the person key, loads what is
  /// known.
  static base::Result<std::unique_ptr<Engine>> open(Setup setup, const World& world);
  ~Engine();

  /// Polls one source to its end, commits its deliveries and its run row, and logs both.
  base::Result<store::RunRow> sync(const std::shared_ptr<const SourcePlan>& plan, model::Day today);
  /// Polls like `sync`, reads everything there is, and writes nothing.
  base::Result<store::RunRow> look(const std::shared_ptr<const SourcePlan>& plan, model::Day today);
  /// Judges and publishes. A day before the last assessed one is judged only.
  base::Result<Pass> assess(model::Day day, bool full);
  /// Writes the files that changed. Nothing for a pass that was not recorded.
  base::Status publish(const Pass& pass);
  [[nodiscard]] base::Result<publish::Snapshot> snapshot(const Pass& pass);

  [[nodiscard]] const Setup& setup() const { return setup_; }
  [[nodiscard]] store::Store& store() { return *store_; }
  [[nodiscard]] Assessor& assessor() { return *assessor_; }
  [[nodiscard]] model::Day today() const;

 private:
  Engine(Setup setup, const World& world);
  base::Status report_held(const std::string& source, store::RunRow& run);
  base::Result<store::Outcome> load(const SourcePlan& plan, store::StagedDelivery staged);

  Setup setup_;
  World world_;
  std::unique_ptr<store::Store> store_;
  std::optional<connectors::Pseudonyms> pseudonyms_;
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<Assessor> assessor_;
  std::unique_ptr<publish::Publisher> publisher_;
};

}  // namespace ntmd::engine
