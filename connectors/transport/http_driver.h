#pragma once
// All HTTP and mail of the process on one thread: one request at a time per host and port, retries, deadlines, caps.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connectors/wire/exchange.h"
#include "connectors/wire/message.h"
#include "connectors/wire/retry_limits.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

/// How long the transport waits before it gives a connection up.
struct TransportSettings {
  std::chrono::milliseconds connect_timeout{10000};
  std::uint32_t low_speed_bytes = 100;     ///< slower than this per second …
  std::chrono::seconds low_speed_for{30};  ///< … for so long: failed
  std::uint64_t max_header_bytes = 64ULL << 10U;
  std::uint32_t max_inflate_ratio = 200;  ///< decompressed to received, beyond the first MiB
};

/// A message ready to send. `message` is RFC 5322 text with CRLF.
struct Mail {
  std::string url;  ///< smtp://host:port or smtps://host:port
  std::string from;
  std::vector<std::string> to;
  std::string message;
  std::string user;  ///< empty: no login; a login needs TLS unless the host is loopback
  base::Secret password;
  std::chrono::milliseconds timeout{30000};  ///< of the whole dialogue
};

/// What became of an accepted mail.
struct MailReceipt {
  std::vector<std::string> refused;  ///< recipients that the server refused; the others have it
};

/// Runs `task` on some thread, later. Tasks of one job are never in it twice.
using Executor = std::function<void(std::function<void()> task)>;

/// One exchange to run. `on_document` and `on_end` are called through `executor` (empty: on the driver's thread, then
/// they must be quick). The next request waits until `on_document` returned: nothing piles up. What `on_document`
/// throws ends the job; what `on_end` throws is logged and goes no further.
struct Job {
  std::unique_ptr<Exchange> exchange;
  RetryLimits limits;
  base::Steady deadline;                                ///< of the whole job, on the driver's clock
  std::function<base::Status(Document&&)> on_document;  ///< an error ends the job with it
  std::function<void(base::Status)> on_end;             ///< exactly once, also after cancel or stop
  Executor executor;
};

using JobId = std::uint64_t;

/// Never follows a redirect, never leaves http and https, verifies TLS, speaks plain http to loopback only, and looks
/// at the address it really connects to: link-local, metadata and unspecified addresses are refused unless configured
/// literally, loopback unless the configured host is loopback. Thread-safe.
class HttpDriver {
 public:
  /// `clock` must outlive the driver.
  explicit HttpDriver(const base::Clock& clock, TransportSettings settings = {});
  /// Stops.
  ~HttpDriver();
  HttpDriver(const HttpDriver&) = delete;
  HttpDriver& operator=(const HttpDriver&) = delete;

  JobId start(Job job);
  /// Ends the job with `retry_later`, soon and from another thread's view asynchronously; unknown ids are ignored.
  void cancel(JobId id);
  /// Ends all jobs and calls with `retry_later`, then the thread, whatever the other side does: within about a second.
  /// Idempotent; what is started later ends at once the same way. Not from a callback.
  void stop();
  /// Begins to stop without waiting for the end, so that several drivers stop side by side. Thread-safe.
  void request_stop();

  /// One request within the limits and the deadline; blocks. Any status that is not retried is a Response. Not from a
  /// callback.
  base::Result<Response> call(Request request, const RetryLimits& limits, base::Steady deadline);
  /// One request, one try, any status; blocks at most `request.timeout` plus the wait for the host's turn (as long
  /// again).
  base::Result<Response> perform(Request request);
  /// `denied` when the server refuses the login or all recipients for good; blocks at most `mail.timeout`, and the
  /// host's turn. A server that takes its time to acknowledge the message holds up this driver's other transfers.
  base::Result<MailReceipt> send_mail(Mail mail);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

/// Runs a whole exchange on the calling thread.
base::Status run_exchange(HttpDriver& driver, Exchange& exchange, const RetryLimits& limits, base::Steady deadline,
                          const std::function<base::Status(Document&&)>& on_document);

}  // namespace ntmd::connectors
