#include <atomic>
#include <utility>

#include "daemon/engine/rest_windows.h"

namespace ntmd::engine {
namespace {

/// A poll whose exchanges run on the driver, one window at a time. Keeps itself alive until it is done.
class StartedPoll : public std::enable_shared_from_this<StartedPoll> {
 public:
  StartedPoll(RestWindows windows, connectors::HttpDriver& http, connectors::Executor executor,
              std::function<void(PollReport)> done)
      : windows_(std::move(windows)),
        http_(http),
        executor_(std::move(executor)),
        done_(std::move(done)),
        cancel_(windows_.order().stop, [this] { http_.cancel(job_); }) {}

  void go_on() {
    try {
      if (start_next()) return;
    } catch (const std::exception& bug) {
      windows_.broke(bug);
    }
    if (const auto done = std::exchange(done_, nullptr)) done(windows_.take_report());
  }

 private:
  /// False when there is no other window.
  bool start_next() {
    auto exchange = windows_.next();
    if (!exchange) return false;
    connectors::Job job;
    job.exchange = std::move(exchange);
    job.limits = windows_.order().plan->rest->retry;
    job.deadline = windows_.order().deadline;
    job.executor = executor_;
    job.on_document = [self = shared_from_this()](connectors::Document&& document) {
      return self->windows_.take(std::move(document));
    };
    job.on_end = [self = shared_from_this()](const base::Status& status) {
      try {
        self->windows_.end(status);
      } catch (const std::exception& bug) {
        self->windows_.broke(bug);
      }
      self->go_on();
    };
    job_ = http_.start(std::move(job));
    if (windows_.order().stop.stop_requested()) http_.cancel(job_);  // it came before `job_` was known
    return true;
  }

  RestWindows windows_;
  connectors::HttpDriver& http_;
  connectors::Executor executor_;
  std::function<void(PollReport)> done_;
  std::atomic<connectors::JobId> job_{0};
  std::stop_callback<std::function<void()>> cancel_;
};

}  // namespace

PollReport Poller::poll_rest(const PollOrder& order) {
  RestWindows windows(setup_, world_, spool_, order);
  while (const auto exchange = windows.next()) {
    windows.end(
        connectors::run_exchange(http_, *exchange, order.plan->rest->retry, order.deadline,
                                 [&](connectors::Document&& document) { return windows.take(std::move(document)); }));
  }
  return windows.take_report();
}

void Poller::start(PollOrder order, connectors::Executor executor, std::function<void(PollReport)> done) {
  auto run = [this, order = std::move(order), executor, done = std::move(done)]() mutable {
    std::shared_ptr<StartedPoll> poll;
    try {
      poll =
          std::make_shared<StartedPoll>(RestWindows(setup_, world_, spool_, std::move(order)), http_, executor, done);
    } catch (const std::exception& bug) {
      PollReport report;
      report.fail(bug);
      return done(std::move(report));
    }
    poll->go_on();
  };
  executor(std::move(run));
}

}  // namespace ntmd::engine
