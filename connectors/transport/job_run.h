#pragma once
// One exchange on its way through the driver and its executor.

#include <atomic>
#include <memory>
#include <optional>

#include "connectors/transport/driver_state.h"

namespace ntmd::connectors {

/// Ends exactly once. `cancel` from any thread; the rest as the driver and the executor call it, one at a time.
class JobRun : public std::enable_shared_from_this<JobRun> {
 public:
  JobRun(std::shared_ptr<HttpDriver::State> driver, JobId id, Job job);
  void begin();
  void cancel();

 private:
  void post(std::function<void()> task);
  void guarded(const std::function<Step()>& first);
  /// How the exchange ended; nullopt: it goes on when the answer is there.
  std::optional<base::Status> walk(Step step);
  std::optional<base::Status> ask(Request request);
  void end(base::Status status);

  std::shared_ptr<HttpDriver::State> driver_;
  JobId id_;
  Job job_;
  bool ended_ = false;
  std::atomic<bool> cancelled_{false};
  std::atomic<CallId> call_{0};
};

}  // namespace ntmd::connectors
