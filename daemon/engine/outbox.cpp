#include "daemon/engine/outbox.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/notify/message.h"

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
  const auto attempt = row.attempts + 1;
  base::log::warn("alert.failed", {{"channel", row.channel}, {"id", row.id}, {"attempt", attempt}}, error);
  if (attempt != kUndelivered) return;
  base::log::error("alert.undelivered", {{"channel", row.channel}, {"id", row.id}, {"attempts", attempt}},
                   "people do not hear of it, expected an acknowledgement; mend the channel: it is tried hourly");
}

void log_dropped(const store::OutboxRow& row, base::log::Level level, std::string_view why) {
  base::log::write(level, "alert.given_up", {{"channel", row.channel}, {"id", row.id}, {"attempts", row.attempts}},
                   why);
}

constexpr std::string_view kNoChannel = "its channel is not configured any more; the message is dropped";
constexpr std::string_view kSuperseded = "a newer message tells of the same alerts; this one is dropped";

bool late(const store::OutboxRow& row) { return row.attempts >= kUndelivered; }
bool due(const store::OutboxRow& row, base::Instant now) { return !row.next_try || *row.next_try <= now; }

struct Subjects {
  bool reminder = false;
  std::set<std::string> alerts;  ///< empty: nobody knows
};

Subjects subjects_of(const store::OutboxRow& row) {
  Subjects subjects;
  const auto message = notify::parse_message(row.body);
  if (!message) return subjects;
  subjects.reminder = message->event == "reminder";
  for (const auto& alert : message->alerts) {
    const auto& place = alert.unit.empty() ? alert.group : alert.unit;
    const auto& part = alert.indicator.empty() ? alert.pillar : alert.indicator;
    subjects.alerts.insert(fmt::format("{}\n{}\n{}\n{}\n{}\n{}", alert.alert, alert.criteria, place, part,
                                       alert.about_source ? alert.source : std::string{},
                                       alert.alert == "DeliveryHeld" ? alert.delivery : std::string{}));
  }
  return subjects;
}

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
    log_dropped(row, base::log::Level::error, kNoChannel);
    if (auto dropped = store.outbox_dropped(row.seq); !dropped) return base::fail_within("outbox", dropped);
  }
  return {};
}

std::vector<std::uint64_t> superseded(const std::vector<store::OutboxRow>& of_channel, std::uint64_t acknowledged) {
  std::vector<std::uint64_t> out;
  std::set<std::string> newer;  // alerts of the messages behind
  bool told = false;            // behind is one that was acknowledged
  std::set<std::string> heard;
  for (auto row = of_channel.rbegin(); row != of_channel.rend(); ++row) {
    const auto subjects = subjects_of(*row);
    if (row->seq == acknowledged) {
      told = true;
      heard = subjects.alerts;
    } else if (!subjects.alerts.empty()) {
      const bool over = told && std::ranges::includes(heard, subjects.alerts);
      const bool repeated = subjects.reminder && std::ranges::includes(newer, subjects.alerts);
      if (over || repeated) out.push_back(row->seq);
    }
    newer.insert(subjects.alerts.begin(), subjects.alerts.end());
  }
  std::ranges::reverse(out);
  return out;
}

base::Result<DeliveryReport> deliver_once(store::Store& store, notify::Sender& sender, const base::Clock& clock,
                                          base::Steady deadline) {
  DeliveryReport report;
  const auto waiting = store.outbox();
  if (!waiting) return base::fail_within("outbox", waiting);
  std::map<std::string, std::vector<const store::OutboxRow*>> by_channel;
  std::map<std::string, std::vector<store::OutboxRow>> kept_rows;
  for (const auto& row : *waiting) kept_rows[row.channel].push_back(row);
  const auto drop = [&](const std::vector<store::OutboxRow>& rows, std::uint64_t acknowledged) -> base::Status {
    if (rows.size() < 2) return {};
    for (const auto seq : superseded(rows, acknowledged)) {
      const auto row = std::ranges::find(rows, seq, &store::OutboxRow::seq);
      auto dropped = store.outbox_dropped(seq);
      if (!dropped && dropped.error().fault != base::Fault::gone) return dropped;
      if (dropped) log_dropped(*row, base::log::Level::info, kSuperseded);
    }
    return {};
  };
  for (const auto& [channel, rows] : kept_rows) {
    if (auto dropped = drop(rows, 0); !dropped) return base::fail_within("outbox", dropped);
    const auto gone = superseded(rows, 0);
    for (const auto& row : rows) {
      if (std::ranges::find(gone, row.seq) == gone.end()) by_channel[channel].push_back(&row);
    }
  }
  const auto now = clock.now();

  std::mutex mutex;
  std::condition_variable told;
  std::deque<Outcome> outcomes;
  std::size_t running = by_channel.size();
  bool out_of_time = false;
  std::vector<std::jthread> threads;
  for (const auto& [channel, rows] : by_channel) {
    report.waiting += rows.size();
    threads.emplace_back([&, rows = &rows] {
      bool waits = false;
      for (const auto* row : *rows) {
        const bool untried = row->attempts == 0;
        if (!untried && (waits || !due(*row, now))) {
          waits = waits || !late(*row);
          continue;
        }
        {
          const std::lock_guard lock(mutex);
          if (out_of_time) break;
        }
        auto sent = sender.send(row->channel, row->body);
        const bool failed = !sent;
        const std::lock_guard lock(mutex);
        outcomes.push_back({row, std::move(sent)});
        told.notify_one();
        if (failed && !late(*row)) break;
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
      const auto left =
          out_of_time ? std::chrono::nanoseconds(1s) : std::chrono::nanoseconds(deadline - clock.steady());
      if (!out_of_time && left <= 0ns) {
        out_of_time = true;
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
      if (kept) kept = drop(kept_rows[row.channel], row.seq);
    } else {
      ++report.failed;
      log_failed(row, outcome.sent.error().what);
      kept = store.outbox_failed(row.seq, row.attempts + 1, clock.now() + outbox_backoff(row.attempts + 1),
                                 outcome.sent.error().what);
      if (!kept && kept.error().fault == base::Fault::gone) kept = {};  // superseded meanwhile
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
  std::vector<store::OutboxRow> rows;
  for (const auto& row : *waiting) {
    if (row.channel == channel && !acknowledged.contains(row.seq)) rows.push_back(row);
    if (row.channel != channel || !acknowledged.contains(row.seq)) continue;
    if (!access_.delivered(row.seq)) return soon(kAskAgain);
    acknowledged.erase(row.seq);
  }
  if (!drop_superseded(rows, 0)) return soon(kAskAgain);
  const auto all = rows;
  std::chrono::microseconds wait = kLookEvery;
  for (const auto& row : all) {
    if (std::ranges::find(rows, row.seq, &store::OutboxRow::seq) == rows.end()) continue;  // superseded meanwhile
    const auto now = clock_.now();
    if (!due(row, now)) {
      wait = std::min<std::chrono::microseconds>(wait, *row.next_try - now);
      if (late(row)) continue;
      break;
    }
    if (stopping()) return soon(0us);
    const auto sent = sender_.send(channel, row.body);
    if (!sent && stopping()) return soon(0us);  // cut off, not refused
    if (sent) {
      log_sent(row);
      acknowledged.insert(row.seq);
      if (!access_.delivered(row.seq) || !drop_superseded(rows, row.seq)) return soon(kAskAgain);
      acknowledged.erase(row.seq);
      std::erase_if(rows, [&](const auto& each) { return each.seq == row.seq; });
      continue;
    }
    log_failed(row, sent.error().what);
    const auto attempts = row.attempts + 1;
    const auto again = outbox_backoff(attempts);
    if (!access_.failed(row.seq, attempts, clock_.now() + again, sent.error().what)) return soon(kAskAgain);
    return soon(attempts >= kUndelivered ? kFirstWait : again);
  }
  return soon(wait);
}

/// Takes them out of `of_channel` as well.
base::Status Courier::drop_superseded(std::vector<store::OutboxRow>& of_channel, std::uint64_t acknowledged) {
  if (of_channel.size() < 2) return {};
  for (const auto seq : superseded(of_channel, acknowledged)) {
    const auto row = std::ranges::find(of_channel, seq, &store::OutboxRow::seq);
    if (auto dropped = access_.dropped(seq); !dropped && dropped.error().fault != base::Fault::gone) return dropped;
    log_dropped(*row, base::log::Level::info, kSuperseded);
    of_channel.erase(row);
  }
  return {};
}

}  // namespace ntmd::engine
