#include "connectors/transport/job_run.h"

#include <exception>
#include <utility>

#include "daemon/base/log.h"

namespace ntmd::connectors {

JobRun::JobRun(std::shared_ptr<HttpDriver::State> driver, JobId id, Job job)
    : driver_(std::move(driver)), id_(id), job_(std::move(job)) {}

void JobRun::begin() {
  post([self = shared_from_this()] { self->guarded([&] { return self->job_.exchange->begin(); }); });
}

void JobRun::cancel() {
  cancelled_ = true;
  if (const CallId call = call_; call != 0) driver_->cancel_call(call);
}

void JobRun::post(std::function<void()> task) {
  if (job_.executor) {
    job_.executor(std::move(task));
  } else {
    driver_->post(std::move(task));
  }
}

/// A source's exchange that throws ends its own job only.
void JobRun::guarded(const std::function<Step()>& first) {
  if (ended_) return;
  std::optional<base::Status> over;
  try {
    over = walk(first());
  } catch (const std::exception& bug) {
    over = base::fail(base::Fault::bug, std::string("exchange: ") + bug.what());
  }
  if (over) end(std::move(*over));
}

std::optional<base::Status> JobRun::walk(Step step) {
  while (true) {
    if (auto* error = std::get_if<base::Error>(&step)) return std::unexpected(std::move(*error));
    if (std::holds_alternative<Finished>(step)) return base::Status{};
    if (cancelled_) return base::fail(base::Fault::retry_later, "exchange: cancelled");
    if (driver_->clock.steady() >= job_.deadline) {
      return base::fail(base::Fault::retry_later, "exchange: the deadline passed, expected its end before it");
    }
    if (auto* request = std::get_if<Request>(&step)) return ask(std::move(*request));
    if (base::Status taken = job_.on_document(std::move(std::get<Document>(step))); !taken) return taken;
    step = job_.exchange->resume();
  }
}

std::optional<base::Status> JobRun::ask(Request request) {
  auto url = parse_url(request.url);
  if (url) {
    if (const base::Status allowed = check_http_url(*url); !allowed) url = std::unexpected(allowed.error());
  }
  if (!url) return std::unexpected(url.error());
  auto call = std::make_unique<Call>();
  const CallId id = driver_->next_id();
  call->id = id;
  call->request = std::move(request);
  call->url = std::move(*url);
  call->limits = job_.limits;
  call->deadline = job_.deadline;
  call->done = [self = shared_from_this()](base::Result<Response> outcome) {
    self->call_ = 0;
    self->post([self, outcome = std::make_shared<base::Result<Response>>(std::move(outcome))] {
      if (!*outcome) return self->end(std::unexpected(outcome->error()));
      self->guarded([&] { return self->job_.exchange->on(**outcome); });
    });
  };
  call_ = id;
  driver_->submit(std::move(call));
  if (cancelled_) driver_->cancel_call(id);  // it came before `call_` was set
  return std::nullopt;
}

void JobRun::end(base::Status status) {
  if (std::exchange(ended_, true)) return;
  {
    const std::lock_guard lock(driver_->mutex);
    driver_->jobs.erase(id_);
  }
  job_.exchange.reset();
  try {
    job_.on_end(std::move(status));
  } catch (const std::exception& bug) {
    base::log::error("exchange.end_failed", {}, std::string("exchange: internal failure at its end: ") + bug.what());
  }
}

}  // namespace ntmd::connectors
