#include "daemon/engine/outbox.h"

#include <catch2/catch.hpp>
#include <csignal>

#include "daemon/notify/message.h"
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

  base::Status take_out(std::uint64_t seq) {
    const std::lock_guard lock(mutex);
    changed.notify_all();
    if (deaf) return base::fail(base::Fault::retry_later, "deaf");
    std::erase_if(rows, [&](const auto& each) { return each.seq == seq; });
    return {};
  }
  engine::OutboxAccess access() {
    return {[this]() -> base::Result<std::vector<store::OutboxRow>> {
              const std::lock_guard lock(mutex);
              return rows;
            },
            [this](std::uint64_t seq) { return take_out(seq); }, [this](std::uint64_t seq) { return take_out(seq); },
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
  REQUIRE(home.store->outbox_failed(1, 1, home.clock.now() - 1s, "before"));
  REQUIRE(home.store->outbox_failed(3, 1, home.clock.now() - 1s, "before"));
  {
    notify::Sender sender({channels.program("a", "exit 7"), channels.program("b", "true")}, home.clock);
    const auto report = home.deliver(sender);
    CHECK(report.sent == 1);
    CHECK(report.failed == 1);
    CHECK(report.waiting == 1);
    CHECK(home.waiting() == "1/2 3/1");
    const auto failed = home.store->outbox()->at(0);
    CHECK(failed.last_error == "channel a: /bin/sh: exit status 7, expected exit status 0");
    CHECK(*failed.next_try > home.clock.now());
  }
  REQUIRE(home.store->outbox_failed(1, 2, home.clock.now() - 1s, "before"));
  notify::Sender sender({channels.program("a", "true"), channels.program("b", "true")}, home.clock);
  CHECK(home.deliver(sender).sent == 2);
  CHECK(channels.got("a") == "1;1;3;");
}

TEST_CASE("a message is tried until it is acknowledged, and the waits between are told by time") {
  Channels channels;
  Home home;
  notify::Sender failing({channels.program("a", "exit 1")}, home.clock);
  home.put({row("1", "a")});
  CHECK(home.deliver(failing).failed == 1);
  for (int n = 0; n < 5; ++n) CHECK(home.deliver(failing).failed == 0);  // not due
  CHECK(home.waiting() == "1/1");
  REQUIRE(home.store->outbox_failed(1, 1'000'000, home.clock.now() - 1s, "for years"));
  CHECK(home.deliver(failing).failed == 1);
  CHECK(home.waiting() == "1/1000001");
  CHECK(channels.got("a") == "1;1;");
  REQUIRE(home.store->outbox_failed(1, 1'000'001, home.clock.now() - 1s, "for years"));
  notify::Sender working({channels.program("a", "true")}, home.clock);
  CHECK(home.deliver(working).sent == 1);
  CHECK(home.waiting().empty());
  CHECK(engine::outbox_backoff(1) == 10s);
  CHECK(engine::outbox_backoff(1'000'000) == 1h);
}

TEST_CASE("what is new is tried once, also behind a message that waits for its next try") {
  Channels channels;
  Home home;
  notify::Sender sender({channels.program("a", "true")}, home.clock);
  home.put({row("1", "a"), row("2", "a"), row("3", "a")});
  REQUIRE(home.store->outbox_failed(1, 1, home.clock.now() + 1h, "no"));
  REQUIRE(home.store->outbox_failed(2, 1, home.clock.now() - 1s, "no"));
  const auto report = home.deliver(sender);
  CHECK(report.sent == 1);
  CHECK(report.waiting == 2);
  CHECK(channels.got("a") == "3;");
  CHECK(home.waiting() == "1/1 2/1");
}

TEST_CASE("those behind an undelivered message go ahead of it") {
  Channels channels;
  Home home;
  notify::Sender sender({channels.program("a", "true")}, home.clock);
  home.put({row("1", "a"), row("2", "a")});
  REQUIRE(home.store->outbox_failed(1, engine::kUndelivered, home.clock.now() + 1h, "no"));
  REQUIRE(home.store->outbox_failed(2, 1, home.clock.now() - 1s, "no"));
  CHECK(home.deliver(sender).sent == 1);
  CHECK(channels.got("a") == "2;");
  CHECK(home.waiting() == "1/10");
}

TEST_CASE("a message is superseded by a newer one of the same alerts that was told") {
  const auto told = [](std::uint64_t seq, const char* event, std::vector<const char*> units) {
    notify::Message message;
    message.id = std::to_string(seq);
    message.event = event;
    message.state = std::string(event) == "resolved" ? "resolved" : "firing";
    for (const char* unit : units) {
      notify::Notice notice;
      notice.id = message.id + unit;
      notice.alert = "UnitLost";
      notice.unit = unit;
      notice.since = notice.began = "2024-12-20T00:00:00Z";
      message.alerts.push_back(notice);
    }
    auto out = row("", "a");
    out.seq = seq;
    out.body = to_json(message);
    return out;
  };
  using Seqs = std::vector<std::uint64_t>;
  const auto firing = told(1, "firing", {"08515", "08518"});
  const auto one_over = told(2, "resolved", {"08515"});
  const auto both_over = told(3, "resolved", {"08515", "08518"});
  CHECK(engine::superseded({firing, one_over, both_over}, 0).empty());
  CHECK(engine::superseded({firing, one_over, both_over}, 2).empty());
  CHECK(engine::superseded({firing, one_over, both_over}, 3) == Seqs{1, 2});
  CHECK(engine::superseded(
            {firing, told(2, "reminder", {"08515"}), told(3, "reminder", {"08518"}), told(4, "reminder", {"08515"})},
            0) == Seqs{2});
  auto strange = row("s", "a");
  strange.seq = 9;
  CHECK(engine::superseded({strange, both_over}, 3).empty());
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

TEST_CASE("a courier gives a message up never, and lets those behind an undelivered one go ahead") {
  Channels channels;
  base::SystemClock clock;
  Outbox outbox;
  outbox.put(1, "1", "a");
  outbox.put(2, "2", "a");
  outbox.rows[0].attempts = 100'000;
  outbox.rows[0].next_try = clock.now() + 1h;
  notify::Sender sender({channels.program("a", "true")}, clock);
  engine::Courier courier(sender, clock, outbox.access());
  courier.start();
  CHECK(outbox.wait([&] { return outbox.rows.size() == 1 && outbox.rows[0].seq == 1; }));
  {
    const std::lock_guard lock(outbox.mutex);
    outbox.rows[0].next_try = clock.now() - 1s;
  }
  courier.wake();
  CHECK(outbox.wait([&] { return outbox.rows.empty(); }));
  courier.stop();
  CHECK(channels.got("a") == "2;1;");
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
