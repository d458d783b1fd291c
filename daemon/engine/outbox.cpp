#include "daemon/engine/outbox.h"

#include <algorithm>
#include <deque>

#include "daemon/base/log.h"

namespace ntmd::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstWait = 10s;
constexpr auto kLongestWait = 3600s;
/// The outbox is looked at so often even when nobody wakes the courier: the wall clock, by which tries are due, may be
/// set.
constexpr auto kLookEvery = 60s;
/// Where the outbox could not be asked.
constexpr auto kAskAgain = 5s;

void log_sent(const store::OutboxRow& row) {
  base::log::info("alert.sent", {{"channel", row.channel}, {"id", row.id}, {"attempt", row.attempts + 1}});
}

void log_failed(const store::OutboxRow& row, const std::string& error) {
  base::log::warn("alert.failed", {{"channel", row.channel}, {"id", row.id}, {"attempt", row.attempts + 1}}, error);
}

bool given_up(std::uint32_t attempts) { return attempts >= kOutboxAttempts; }

void log_given_up(const store::OutboxRow& row, std::string_view why) {
  base::log::error("alert.given_up", {{"channel", row.channel}, {"id", row.id}, {"attempts", row.attempts}}, why);
}

constexpr std::string_view kTooOften =
    "was tried for a week, expected an acknowledgement; what waits behind it goes on";
constexpr std::string_view kNoChannel = "its channel is not configured any more; the message is dropped";

/// What a channel's thread has to say to the owner of the store.
struct Outcome {
  const store::OutboxRow* row = nullptr;
  base::Status sent;
};

}  // namespace

std::chrono::seconds outbox_backoff(std::uint32_t attempts) {
  auto wait = std::chrono::seconds(kFirstWait);
  for (std::uint32_t i = 1; i < attempts && wait < kLongestWait; ++i) wait *= 2;
  return std::min<std::chrono::seconds>(wait, kLongestWait);
}

base::Status drop_orphans(store::Store& store, const std::vector<std::string>& channels) {
  const auto waiting = store.outbox();
  if (!waiting) return base::fail_within("outbox", waiting);
  for (const auto& row : *waiting) {
    if (std::ranges::find(channels, row.channel) != channels.end()) continue;
    log_given_up(row, kNoChannel);
    if (auto dropped = store.outbox_delivered(row.seq); !dropped) return base::fail_within("outbox", dropped);
  }
  return {};
}

base::Result<DeliveryReport> deliver_once(store::Store& store, notify::Sender& sender, const base::Clock& clock,
                                          base::Steady deadline) {
  DeliveryReport report;
  const auto waiting = store.outbox();
  if (!waiting) return base::fail_within("outbox", waiting);
  std::map<std::string, std::vector<const store::OutboxRow*>> by_channel;
  for (const auto& row : *waiting) {
    if (!given_up(row.attempts)) {
      by_channel[row.channel].push_back(&row);
      continue;
    }
    log_given_up(row, kTooOften);
    if (auto dropped = store.outbox_delivered(row.seq); !dropped) return base::fail_within("outbox", dropped);
  }

  std::mutex mutex;
  std::condition_variable told;
  std::deque<Outcome> outcomes;
  std::size_t running = by_channel.size();
  bool late = false;
  std::vector<std::jthread> threads;
  for (const auto& [channel, rows] : by_channel) {
    report.waiting += rows.size();
    threads.emplace_back([&, rows = &rows] {
      for (const auto* row : *rows) {
        {
          const std::lock_guard lock(mutex);
          if (late) break;
        }
        auto sent = sender.send(row->channel, row->body);
        const bool failed = !sent;
        const std::lock_guard lock(mutex);
        outcomes.push_back({row, std::move(sent)});
        told.notify_one();
        if (failed) break;
      }
      const std::lock_guard lock(mutex);
      --running;
      told.notify_one();
    });
  }

  base::Status kept;
  std::unique_lock lock(mutex);
  while (running > 0 || !outcomes.empty()) {
    if (outcomes.empty()) {
      // The machine's steady clock: this waits for real sockets, whatever clock the days are told by.
      const auto left = late ? std::chrono::nanoseconds(1s) : std::chrono::nanoseconds(deadline - clock.steady());
      if (!late && left <= 0ns) {
        late = true;
        lock.unlock();
        sender.stop();
        lock.lock();
      } else {
        told.wait_for(lock, left);
      }
      continue;
    }
    auto outcome = std::move(outcomes.front());
    outcomes.pop_front();
    if (!kept) continue;
    lock.unlock();
    const auto& row = *outcome.row;
    --report.waiting;
    if (outcome.sent) {
      ++report.sent;
      log_sent(row);
      kept = store.outbox_delivered(row.seq);
    } else {
      ++report.failed;
      log_failed(row, outcome.sent.error().what);
      kept = store.outbox_failed(row.seq, row.attempts + 1, clock.now() + outbox_backoff(row.attempts + 1),
                                 outcome.sent.error().what);
    }
    lock.lock();
  }
  if (!kept) return base::fail_within("outbox", kept);
  return report;
}

Courier::Courier(notify::Sender& sender, const base::Clock& clock, OutboxAccess access)
    : sender_(sender), clock_(clock), access_(std::move(access)) {}

Courier::~Courier() { stop(); }

void Courier::start() {
  for (const auto& channel : sender_.channels()) threads_.emplace_back([this, channel] { run(channel); });
}

void Courier::wake() {
  const std::lock_guard lock(mutex_);
  ++wakes_;
  woken_.notify_all();
}

void Courier::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    woken_.notify_all();
  }
  sender_.stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool Courier::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Courier::run(const std::string& channel) {
  std::uint64_t seen = 0;
  std::set<std::uint64_t> acknowledged;  // and not yet taken out
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      seen = wakes_;
    }
    const auto next = deliver_due(channel, acknowledged);
    std::unique_lock lock(mutex_);
    woken_.wait_until(lock, next, [&] { return stopping_ || wakes_ != seen; });
  }
}

base::Steady Courier::deliver_due(const std::string& channel, std::set<std::uint64_t>& acknowledged) {
  const auto soon = [&](std::chrono::microseconds wait) {
    return std::chrono::steady_clock::now() + std::clamp<std::chrono::microseconds>(wait, 0us, kLookEvery);
  };
  const auto waiting = access_.waiting();
  if (!waiting) return soon(kAskAgain);
  for (auto row : *waiting) {
    if (row.channel != channel) continue;
    if (acknowledged.contains(row.seq)) {
      if (!access_.delivered(row.seq)) return soon(kAskAgain);
      acknowledged.erase(row.seq);
      continue;
    }
    if (row.next_try && *row.next_try > clock_.now()) return soon(*row.next_try - clock_.now());
    if (stopping()) return soon(0us);
    const auto sent = sender_.send(channel, row.body);
    if (!sent && stopping()) return soon(0us);  // cut off, not refused
    if (sent) {
      log_sent(row);
      acknowledged.insert(row.seq);
      if (!access_.delivered(row.seq)) return soon(kAskAgain);
      acknowledged.erase(row.seq);
      continue;
    }
    ++row.attempts;
    if (given_up(row.attempts)) {
      log_given_up(row, kTooOften);
      if (!access_.delivered(row.seq)) return soon(kAskAgain);
      continue;
    }
    const auto wait = outbox_backoff(row.attempts);
    base::log::warn("alert.failed", {{"channel", channel}, {"id", row.id}, {"attempt", row.attempts}},
                    sent.error().what);
    if (!access_.failed(row.seq, row.attempts, clock_.now() + wait, sent.error().what)) return soon(kAskAgain);
    return soon(wait);
  }
  return soon(kLookEvery);
}

}  // namespace ntmd::engine
