#pragma once
// What waits in the outbox, brought to its channels until it is acknowledged: once, or for as long as the daemon runs.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/notify/sender.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// After the `attempts`-th failure in a row: 10 s, doubling, at most 1 h.
std::chrono::seconds outbox_backoff(std::uint32_t attempts);
/// A message that failed so often, for about an hour and a half, counts as undelivered: people are to look into it. It
/// is tried on, and those behind it go ahead of it.
inline constexpr std::uint32_t kUndelivered = 10;

/// How a courier reaches the outbox. Called from the courier's threads; whoever gives them brings each call to the
/// store's owner and waits for its answer. An error means later: the message stays.
struct OutboxAccess {
  std::function<base::Result<std::vector<store::OutboxRow>>()> waiting;
  std::function<base::Status(std::uint64_t seq)> delivered;
  std::function<base::Status(std::uint64_t seq)> dropped;  ///< nobody needs it any more
  std::function<base::Status(std::uint64_t seq, std::uint32_t attempts, base::Instant next_try,
                             const std::string& error)>
      failed;
};

struct DeliveryReport {
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;   ///< tried in vain; they stay for the next time
  std::uint64_t waiting = 0;  ///< not tried: behind one that failed, or no time was left
};

/// Takes out what waits for channels that are not among `channels`: nobody will send it. Each is logged.
base::Status drop_orphans(store::Store& store, const std::vector<std::string>& channels);

/// Tries what is due, each channel in the order of its messages, up to its first failure, all channels at once; and
/// once, what was never tried, also behind one that waits. Ends by `deadline`. On the store's owner.
base::Result<DeliveryReport> deliver_once(store::Store& store, notify::Sender& sender, const base::Clock& clock,
                                          base::Steady deadline);

/// Messages that need not be told any more. Of one channel's rows, in order: those about alerts of which a newer one,
/// `acknowledged` (0: none), was told, and reminders that a newer message waits behind. Sequence numbers.
std::vector<std::uint64_t> superseded(const std::vector<store::OutboxRow>& of_channel, std::uint64_t acknowledged);

/// Delivers for as long as it lives. One thread per channel, so that a channel that hangs delays no other; each sends
/// in the order of the outbox and waits, when a message fails, until that one is due again; one that is undelivered
/// keeps nobody waiting.
class Courier {
 public:
  /// `sender` and `clock` must outlive it. Nothing happens before `start`.
  Courier(notify::Sender& sender, const base::Clock& clock, OutboxAccess access);
  /// Stops.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// What waits is delivered from here on. Once.
  void start();
  /// There may be something new. Thread-safe.
  void wake();
  /// Ends what is under way (it counts as not tried) and the threads. Idempotent. The access must still answer, be it
  /// with errors. The sender can send no more afterwards.
  void stop();

 private:
  void run(const std::string& channel);
  /// Gives when to look again.
  base::Steady deliver_due(const std::string& channel, std::set<std::uint64_t>& acknowledged);
  base::Status drop_superseded(std::vector<store::OutboxRow>& of_channel, std::uint64_t acknowledged);
  [[nodiscard]] bool stopping();

  notify::Sender& sender_;
  const base::Clock& clock_;
  OutboxAccess access_;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::uint64_t wakes_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ntmd::engine
