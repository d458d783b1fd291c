#pragma once
// The insides of HttpDriver: calls, hosts and the thread that owns them. Private to this room.

#include <curl/curl.h>

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "connectors/transport/http_driver.h"
#include "connectors/transport/transfer.h"
#include "connectors/wire/url.h"

namespace ntmd::connectors {

using CallId = std::uint64_t;
using Done = std::function<void(base::Result<Response>)>;

/// One request or mail until it is answered for good. Its maker's until it is submitted, from then on the driver
/// thread's. `done` is called exactly once.
struct Call {
  CallId id = 0;
  Request request;
  std::optional<Mail> mail;
  std::shared_ptr<MailReceipt> receipt;  ///< with `mail`
  Url url;
  bool any_status = false;  ///< every HTTP status is an answer
  RetryLimits limits;
  base::Steady deadline;
  Done done;
  std::uint32_t tries = 0;
  base::Steady not_before{};
  std::optional<base::Error> last;     ///< why it is tried again
  std::unique_ptr<Transfer> transfer;  ///< while it is on the wire
};

class JobRun;

/// Lives as long as its thread, which holds it. What is marked "guarded" is touched under `mutex` only, which is never
/// held while a callback runs; the rest belongs to the driver's thread.
struct HttpDriver::State : std::enable_shared_from_this<HttpDriver::State> {
  State(const base::Clock& the_clock, TransportSettings the_settings);
  ~State();

  // Any thread; none of these blocks for longer than the mutex is held.
  CallId next_id() { return ++ids_; }
  /// `done` is called once, on the driver's thread, or here when the driver has ended.
  void submit(std::unique_ptr<Call> call);
  /// Its `done` gets an error, unless it was answered first. Nothing when there is no such call.
  void cancel_call(CallId id);
  /// `task` is run on the driver's thread, or here when it has ended.
  void post(std::function<void()> task);
  void wake();

  /// The driver's thread: until `stopping`; then every call left is ended with an error.
  void run();

  const base::Clock& clock;
  const TransportSettings settings;
  std::mutex mutex;
  std::map<JobId, std::shared_ptr<JobRun>> jobs;  // guarded
  std::atomic<bool> stopping{false};              // set under the mutex
  std::thread thread;
  std::once_flag joined;

 private:
  struct Host {
    bool busy = false;
    base::Steady not_before{};
  };

  bool take_work();
  void dispatch();
  void begin(Call& call);
  void collect();
  void settle(Call& call, CURLcode code);
  void end(Call& call, base::Result<Response> outcome);
  void retry(Call& call, std::chrono::milliseconds wait, bool whole_host, base::Error why);
  Host& host_of(const Call& call) { return hosts_[call.url.origin()]; }
  void drop_transfer(Call& call);
  void cut_short(Call& call);
  [[nodiscard]] int poll_timeout() const;

  std::atomic<CallId> ids_{0};
  std::vector<std::unique_ptr<Call>> incoming_;  // guarded
  std::vector<CallId> cancels_;                  // guarded
  std::vector<std::function<void()>> tasks_;     // guarded
  bool ended_ = false;                           // guarded
  CURLM* multi_;
  std::list<std::unique_ptr<Call>> calls_;  // the thread's own, from here on
  std::map<std::string, Host> hosts_;
  bool stopping_seen_ = false;
};

}  // namespace ntmd::connectors
