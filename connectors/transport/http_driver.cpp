#include "connectors/transport/http_driver.h"

#include <algorithm>
#include <future>
#include <utility>

#include "connectors/transport/driver_state.h"
#include "connectors/transport/job_run.h"

namespace ntmd::connectors {
namespace {

base::Result<Url> http_url(std::string_view text) {
  auto url = parse_url(text);
  if (!url) return url;
  if (const base::Status allowed = check_http_url(*url); !allowed) return std::unexpected(allowed.error());
  return url;
}

bool is_address(const std::string& text) {
  return !text.empty() && text.find_first_of(std::string_view("\r\n<> \0", 6)) == std::string::npos;
}

base::Result<Response> wait_for(HttpDriver::State& driver, std::unique_ptr<Call> call) {
  auto promise = std::make_shared<std::promise<base::Result<Response>>>();
  auto future = promise->get_future();
  call->id = driver.next_id();
  call->done = [promise](base::Result<Response> outcome) { promise->set_value(std::move(outcome)); };
  driver.submit(std::move(call));
  return future.get();
}

}  // namespace

HttpDriver::HttpDriver(const base::Clock& clock, TransportSettings settings)
    : state_(std::make_shared<State>(clock, settings)) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

HttpDriver::~HttpDriver() { stop(); }

JobId HttpDriver::start(Job job) {
  const JobId id = state_->next_id();
  auto run = std::make_shared<JobRun>(state_, id, std::move(job));
  {
    const std::lock_guard lock(state_->mutex);
    state_->jobs.emplace(id, run);
  }
  run->begin();
  return id;
}

void HttpDriver::cancel(JobId id) {
  std::shared_ptr<JobRun> run;
  {
    const std::lock_guard lock(state_->mutex);
    const auto it = state_->jobs.find(id);
    if (it == state_->jobs.end()) return;
    run = it->second;
  }
  run->cancel();
}

void HttpDriver::request_stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake();
}

void HttpDriver::stop() {
  request_stop();
  std::call_once(state_->joined, [this] { state_->thread.join(); });
}

base::Result<Response> HttpDriver::call(Request request, const RetryLimits& limits, base::Steady deadline) {
  auto url = http_url(request.url);
  if (!url) return std::unexpected(url.error());
  auto call = std::make_unique<Call>();
  call->request = std::move(request);
  call->url = std::move(*url);
  call->limits = limits;
  call->deadline = deadline;
  return wait_for(*state_, std::move(call));
}

base::Result<Response> HttpDriver::perform(Request request) {
  auto url = http_url(request.url);
  if (!url) return std::unexpected(url.error());
  auto call = std::make_unique<Call>();
  call->deadline = state_->clock.steady() + 2 * request.timeout;
  call->request = std::move(request);
  call->url = std::move(*url);
  call->limits.tries = 1;
  call->any_status = true;
  return wait_for(*state_, std::move(call));
}

base::Result<MailReceipt> HttpDriver::send_mail(Mail mail) {
  auto url = parse_url(mail.url);
  if (!url) return std::unexpected(url.error());
  if (url->scheme != "smtp" && url->scheme != "smtps") {
    return base::fail(base::Fault::bad_config, "mail: scheme " + url->scheme + ", expected smtp or smtps");
  }
  if (mail.to.empty()) return base::fail(base::Fault::bad_config, "mail: nobody to send it to, expected a recipient");
  if (!is_address(mail.from) || !std::ranges::all_of(mail.to, is_address)) {
    return base::fail(base::Fault::bad_config,
                      "mail: an address has a space, a bracket or a line break, expected name@host");
  }
  auto call = std::make_unique<Call>();
  call->deadline = state_->clock.steady() + 2 * mail.timeout;
  call->url = std::move(*url);
  call->limits.tries = 1;
  call->receipt = std::make_shared<MailReceipt>();
  call->mail = std::move(mail);
  const auto receipt = call->receipt;
  auto outcome = wait_for(*state_, std::move(call));
  if (!outcome) return std::unexpected(outcome.error());
  return *receipt;
}

base::Status run_exchange(HttpDriver& driver, Exchange& exchange, const RetryLimits& limits, base::Steady deadline,
                          const std::function<base::Status(Document&&)>& on_document) {
  Step step = exchange.begin();
  while (!std::holds_alternative<Finished>(step)) {
    if (auto* error = std::get_if<base::Error>(&step)) return std::unexpected(std::move(*error));
    if (auto* request = std::get_if<Request>(&step)) {
      auto response = driver.call(std::move(*request), limits, deadline);
      if (!response) return std::unexpected(response.error());
      step = exchange.on(*response);
      continue;
    }
    if (base::Status taken = on_document(std::move(std::get<Document>(step))); !taken) return taken;
    step = exchange.resume();
  }
  return {};
}

}  // namespace ntmd::connectors
