#include "connectors/transport/driver_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "connectors/transport/retry.h"

namespace ntmd::connectors {
namespace {

constexpr std::chrono::milliseconds kLongestPoll{1000};

void init_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw std::runtime_error("curl_global_init failed");
}

std::string subject_of(const Call& call) {
  return call.mail ? "mail to " + call.url.origin() : subject_of(call.request, call.url);
}

}  // namespace

HttpDriver::State::State(const base::Clock& the_clock, TransportSettings the_settings)
    : clock(the_clock), settings(the_settings), multi_(nullptr) {
  init_curl();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 32L);
}

HttpDriver::State::~State() { curl_multi_cleanup(multi_); }

void HttpDriver::State::wake() { curl_multi_wakeup(multi_); }

void HttpDriver::State::submit(std::unique_ptr<Call> call) {
  {
    const std::lock_guard lock(mutex);
    if (!ended_) {
      incoming_.push_back(std::move(call));
      wake();
      return;
    }
  }
  call->done(base::fail(base::Fault::retry_later, subject_of(*call) + ": not asked, the daemon is stopping"));
}

void HttpDriver::State::cancel_call(CallId id) {
  const std::lock_guard lock(mutex);
  cancels_.push_back(id);
  wake();
}

void HttpDriver::State::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex);
    if (!ended_) {
      tasks_.push_back(std::move(task));
      wake();
      return;
    }
  }
  task();
}

void HttpDriver::State::run() {
  while (take_work()) {
    dispatch();
    int running = 0;
    curl_multi_perform(multi_, &running);
    collect();
    curl_multi_poll(multi_, nullptr, 0, poll_timeout(), nullptr);
  }
}

bool HttpDriver::State::take_work() {
  std::vector<std::function<void()>> tasks;
  std::vector<CallId> cancels;
  {
    const std::lock_guard lock(mutex);
    for (auto& call : incoming_) calls_.push_back(std::move(call));
    incoming_.clear();
    tasks.swap(tasks_);
    cancels.swap(cancels_);
    stopping_seen_ = stopping;
    if (stopping && calls_.empty() && tasks.empty()) {
      ended_ = true;
      return false;
    }
  }
  for (const auto& task : tasks) task();
  // `done` may not change `calls_`: what it submits goes through `incoming_`.
  for (auto it = calls_.begin(); it != calls_.end();) {
    Call& call = **it;
    const bool cancelled = std::ranges::find(cancels, call.id) != cancels.end();
    if (cancelled || stopping_seen_) {
      cut_short(call);
      end(call, base::fail(base::Fault::retry_later, fmt::format("{}: given up, {}", subject_of(call),
                                                                 cancelled ? "cancelled" : "the daemon is stopping")));
    }
    it = call.done ? std::next(it) : calls_.erase(it);
  }
  if (stopping_seen_) wake();  // what came meanwhile is looked at without waiting
  return true;
}

void HttpDriver::State::dispatch() {
  const base::Steady now = clock.steady();
  for (auto it = calls_.begin(); it != calls_.end();) {
    Call& call = **it;
    if (!call.transfer) {
      Host& host = host_of(call);
      if (now >= call.deadline) {
        end(call, base::fail(base::Fault::retry_later,
                             call.last ? call.last->what + "; the deadline passed"
                                       : subject_of(call) + ": the deadline passed, expected an answer before it"));
      } else if (!host.busy && now >= host.not_before && now >= call.not_before) {
        begin(call);
      }
    }
    it = call.done ? std::next(it) : calls_.erase(it);
  }
}

void HttpDriver::State::begin(Call& call) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(call.deadline - clock.steady());
  try {
    call.transfer =
        call.mail
            ? std::make_unique<Transfer>(*call.mail, call.url, settings, std::min(left, call.mail->timeout), stopping)
            : std::make_unique<Transfer>(call.request, call.url, settings, std::min(left, call.request.timeout));
  } catch (const std::runtime_error& bug) {
    end(call, base::fail(base::Fault::bug, fmt::format("{}: {}", subject_of(call), bug.what())));
    return;
  }
  ++call.tries;
  host_of(call).busy = true;
  curl_multi_add_handle(multi_, call.transfer->handle());
}

void HttpDriver::State::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto it = std::ranges::find_if(
        calls_, [easy](const auto& call) { return call->transfer && call->transfer->handle() == easy; });
    if (it == calls_.end()) throw std::logic_error("transport: a transfer that nobody started");
    settle(**it, code);
    if (!(*it)->done) calls_.erase(it);
  }
}

void HttpDriver::State::settle(Call& call, CURLcode code) {
  TransferEnd transferred = call.transfer->finish(code);
  if (call.receipt) {
    call.receipt->refused.clear();
    for (const std::size_t i : call.transfer->refused()) call.receipt->refused.push_back(call.mail->to[i]);
  }
  drop_transfer(call);
  if (transferred.outcome && (call.any_status || call.mail)) {
    end(call, std::move(transferred.outcome));
    return;
  }
  const Verdict verdict = transferred.outcome
                              ? judge(*transferred.outcome, call.limits, call.tries, clock.now(), subject_of(call))
                              : judge(transferred.outcome.error(), transferred.again, call.limits, call.tries);
  if (const auto* error = std::get_if<base::Error>(&verdict)) {
    end(call, std::unexpected(*error));
  } else if (const auto* again = std::get_if<TryAgain>(&verdict)) {
    base::Error why =
        transferred.outcome
            ? base::Error{transferred.outcome->status == 429 ? base::Fault::slow_down : base::Fault::retry_later,
                          fmt::format("{}: HTTP {}, expected an answer", subject_of(call), transferred.outcome->status)}
            : transferred.outcome.error();
    retry(call, again->wait, again->whole_host, std::move(why));
  } else {
    end(call, std::move(transferred.outcome));
  }
}

void HttpDriver::State::retry(Call& call, std::chrono::milliseconds wait, bool whole_host, base::Error why) {
  const base::Steady at = clock.steady() + wait;
  if (whole_host) host_of(call).not_before = std::max(host_of(call).not_before, at);
  if (at >= call.deadline) {
    why.what += "; no time is left before the deadline";
    if (whole_host) why.wait = std::chrono::ceil<std::chrono::seconds>(wait);
    end(call, std::unexpected(std::move(why)));
    return;
  }
  call.not_before = at;
  call.last = std::move(why);
}

void HttpDriver::State::end(Call& call, base::Result<Response> outcome) {
  const Done done = std::exchange(call.done, nullptr);
  done(std::move(outcome));
}

void HttpDriver::State::drop_transfer(Call& call) {
  if (!call.transfer) return;
  curl_multi_remove_handle(multi_, call.transfer->handle());
  call.transfer.reset();
  host_of(call).busy = false;
}

/// Taken out as it is, a mail that is on the wire would be ended in due form: curl sends the end of the message,
/// however much of it was sent, and waits for an answer. So it has to fail first.
void HttpDriver::State::cut_short(Call& call) {
  if (call.transfer && call.mail) {
    call.transfer->give_up();
    int running = 0;
    curl_multi_perform(multi_, &running);
  }
  drop_transfer(call);
}

int HttpDriver::State::poll_timeout() const {
  const base::Steady now = clock.steady();
  base::Steady next = now + kLongestPoll;
  for (const auto& call : calls_) {
    if (call->transfer) continue;
    next = std::min(next, call->deadline);
    const auto host = hosts_.find(call->url.origin());
    if (host != hosts_.end() && host->second.busy) continue;
    next =
        std::min(next, host == hosts_.end() ? call->not_before : std::max(call->not_before, host->second.not_before));
  }
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(std::max(next, now) - now).count());
}

}  // namespace ntmd::connectors
