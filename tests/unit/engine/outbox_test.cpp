#include "daemon/engine/outbox.h"

#include <catch2/catch.hpp>
#include <csignal>

#include "daemon/store/sqlite_store.h"
#include "tests/unit/base/temp_folder.h"

using namespace ntmd;
using namespace std::chrono_literals;

namespace {

struct Ignored {
  Ignored() { std::signal(SIGPIPE, SIG_IGN); }
} const ignored;

/// Programs as channels: each appends what it gets to a file and ends as a script says.
struct Channels {
  test::TempFolder folder;

  notify::OpenChannel program(const std::string& id, const std::string& end) const {
    notify::OpenChannel out;
    out.channel.id = id;
    out.channel.kind = notify::ChannelKind::command;
    out.channel.timeout = 60s;
    out.channel.argv = {"/bin/sh", "-c", "cat >>" + file(id) + "; " + end};
    return out;
  }
  std::string file(const std::string& id) const { return (folder / id).string(); }
  std::string got(const std::string& id) const {
    std::ifstream in(file(id));
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

struct Home {
  test::TempFolder folder;
  base::SystemClock clock;
  model::NameTable elements;
  model::NameTable sources;
  std::unique_ptr<store::Store> store;
  store::ChainHead head;
  std::uint64_t generation = 0;

  Home() {
    auto opened = store::open_sqlite(folder.path(), store::Access::owner, clock, elements, sources);
    if (!opened) FAIL(opened.error().what);
    store = std::move(*opened);
  }
  void put(std::vector<store::OutboxRow> rows) {
    store::AssessmentCommit commit;
    commit.as_of = "2024-12-20";
    commit.generation = ++generation;
    commit.outbox = std::move(rows);
    REQUIRE(store->commit_assessment(commit));
  }
  std::string waiting() const {
    std::string out;
    const auto rows = store->outbox().value();
    for (const auto& row : rows) out += (out.empty() ? "" : " ") + row.id + "/" + std::to_string(row.attempts);
    return out;
  }
  engine::DeliveryReport deliver(notify::Sender& sender, std::chrono::milliseconds limit = 60s) {
    const auto report = engine::deliver_once(*store, sender, clock, clock.steady() + limit);
    REQUIRE(report);
    return *report;
  }
};

store::OutboxRow row(const char* id, const char* channel, std::uint32_t attempts = 0) {
  store::OutboxRow out;
  out.id = id;
  out.channel = channel;
  out.body = std::string(id) + ";";
  out.attempts = attempts;
  return out;
}

/// The outbox of a courier under test: rows behind a lock, as the writer would hold them.
struct Outbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<store::OutboxRow> rows;
  bool deaf = false;  ///< `delivered` fails

  engine::OutboxAccess access() {
    return {[this]() -> base::Result<std::vector<store::OutboxRow>> {
              const std::lock_guard lock(mutex);
              return rows;
            },
            [this](std::uint64_t seq) -> base::Status {
              const std::lock_guard lock(mutex);
              changed.notify_all();
              if (deaf) return base::fail(base::Fault::retry_later, "deaf");
              std::erase_if(rows, [&](const auto& each) { return each.seq == seq; });
              return {};
            },
            [this](std::uint64_t seq, std::uint32_t attempts, base::Instant next_try,
                   const std::string& error) -> base::Status {
              const std::lock_guard lock(mutex);
              for (auto& each : rows) {
                if (each.seq != seq) continue;
                each.attempts = attempts;
                each.next_try = next_try;
                each.last_error = error;
              }
              changed.notify_all();
              return {};
            }};
  }
  void put(std::uint64_t seq, const char* id, const char* channel) {
    const std::lock_guard lock(mutex);
    rows.push_back(row(id, channel));
    rows.back().seq = seq;
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 60s, condition);
  }
};

}  // namespace

TEST_CASE("what waits is sent in order, and what was acknowledged is gone") {
  Channels channels;
  Home home;
  notify::Sender sender({channels.program("a", "true"), channels.program("b", "true")}, home.clock);
  home.put({row("1", "a"), row("2", "b"), row("3", "a"), row("4", "a")});
  const auto report = home.deliver(sender);
  CHECK(report.sent == 4);
  CHECK(channels.got("a") == "1;3;4;");
  CHECK(channels.got("b") == "2;");
  CHECK(home.waiting().empty());
  CHECK(home.deliver(sender).sent == 0);
}

TEST_CASE("a channel that fails keeps its order and delays no other") {
  Channels channels;
  Home home;
  home.put({row("1", "a"), row("2", "b"), row("3", "a")});
  {
    notify::Sender sender({channels.program("a", "exit 7"), channels.program("b", "true")}, home.clock);
    const auto report = home.deliver(sender);
    CHECK(report.sent == 1);
    CHECK(report.failed == 1);
    CHECK(report.waiting == 1);
    CHECK(home.waiting() == "1/1 3/0");
    const auto failed = home.store->outbox()->at(0);
    CHECK(failed.last_error == "channel a: /bin/sh: exit status 7, expected exit status 0");
    CHECK(*failed.next_try > home.clock.now());
  }
  notify::Sender sender({channels.program("a", "true"), channels.program("b", "true")}, home.clock);
  CHECK(home.deliver(sender).sent == 2);
  CHECK(channels.got("a") == "1;1;3;");
}

TEST_CASE("a message that was tried for a week is given up, and those behind it are heard") {
  Channels channels;
  Home home;
  notify::Sender sender({channels.program("a", "true")}, home.clock);
  home.put({row("1", "a", engine::kOutboxAttempts), row("2", "a")});
  CHECK(home.deliver(sender).sent == 1);
  CHECK(channels.got("a") == "2;");
  CHECK(home.waiting().empty());
  auto total = std::chrono::seconds(0);
  for (std::uint32_t n = 1; n < engine::kOutboxAttempts; ++n) total += engine::outbox_backoff(n);
  CHECK(total > std::chrono::days(6));
  CHECK(engine::outbox_backoff(1) == 10s);
  CHECK(engine::outbox_backoff(1000) == 1h);
}

TEST_CASE("what waits for nobody is dropped") {
  Home home;
  home.put({row("1", "a"), row("2", "b")});
  REQUIRE(engine::drop_orphans(*home.store, {"b"}));
  CHECK(home.waiting() == "2/0");
}

TEST_CASE("a delivery that takes too long ends by its limit, and the message waits") {
  Channels channels;
  Home home;
  notify::Sender sender({channels.program("a", "exec tail -f /dev/null")}, home.clock);
  home.put({row("1", "a"), row("2", "a")});
  const auto report = home.deliver(sender, 1s);
  CHECK(report.failed == 1);
  CHECK(home.waiting() == "1/1 2/0");
}

TEST_CASE("a courier delivers what comes while it runs") {
  Channels channels;
  base::SystemClock clock;
  Outbox outbox;
  notify::Sender sender({channels.program("a", "true"), channels.program("b", "true")}, clock);
  engine::Courier courier(sender, clock, outbox.access());
  outbox.put(1, "1", "a");
  courier.start();
  CHECK(outbox.wait([&] { return outbox.rows.empty(); }));
  outbox.put(2, "2", "a");
  outbox.put(3, "3", "b");
  outbox.put(4, "4", "a");
  courier.wake();
  CHECK(outbox.wait([&] { return outbox.rows.empty(); }));
  courier.stop();
  courier.stop();
  CHECK(channels.got("a") == "1;2;4;");
  CHECK(channels.got("b") == "3;");
}

TEST_CASE("a courier waits with a failed message, and the other channels go on") {
  Channels channels;
  base::SystemClock clock;
  Outbox outbox;
  outbox.put(1, "1", "a");
  outbox.put(2, "2", "a");
  outbox.put(3, "3", "b");
  notify::Sender sender({channels.program("a", "exit 1"), channels.program("b", "true")}, clock);
  engine::Courier courier(sender, clock, outbox.access());
  courier.start();
  CHECK(outbox.wait([&] { return outbox.rows.size() == 2 && outbox.rows[0].attempts == 1; }));
  courier.wake();
  courier.stop();
  CHECK(channels.got("a") == "1;");
  CHECK(outbox.rows[1].attempts == 0);
  CHECK(*outbox.rows[0].next_try > clock.now());
}

TEST_CASE("what was acknowledged is not sent again because the outbox could not be told") {
  Channels channels;
  base::SystemClock clock;
  Outbox outbox;
  outbox.deaf = true;
  outbox.put(1, "1", "a");
  notify::Sender sender({channels.program("a", "true")}, clock);
  engine::Courier courier(sender, clock, outbox.access());
  courier.start();
  int told = 0;
  CHECK(outbox.wait([&] { return ++told > 1; }));
  {
    const std::lock_guard lock(outbox.mutex);
    outbox.deaf = false;
  }
  courier.wake();
  CHECK(outbox.wait([&] { return outbox.rows.empty(); }));
  courier.stop();
  CHECK(channels.got("a") == "1;");
}

TEST_CASE("a courier stops at once, whatever hangs, and what was cut off counts as not tried") {
  Channels channels;
  base::SystemClock clock;
  Outbox outbox;
  outbox.put(1, "1", "a");
  notify::Sender sender({channels.program("a", "exec tail -f /dev/null")}, clock);
  engine::Courier courier(sender, clock, outbox.access());
  courier.start();
  while (channels.got("a").empty()) std::this_thread::yield();
  courier.stop();
  REQUIRE(outbox.rows.size() == 1);
  CHECK(outbox.rows[0].attempts == 0);
}
