#include "daemon/engine/poller.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "tests/unit/base/temp_folder.h"
#include "tests/unit/engine/way_fixture.h"
#include "tests/unit/transport/fault_server.h"

namespace ntmd::engine {
namespace {

using test::FaultServer;
using test::http_answer;

constexpr std::string_view kDevices =
    R"({"total":1,"devices":[{"id":"a","unit":"08515","residential_area":"khu 1","connected_to_police":true}]})";

/// A camera platform that is polled on this thread, task by task.
struct Platform : Way {
  explicit Platform(const FaultServer& server) : http(clock), spool(files, folder / "spool") {
    setup.units = units;
    setup.sources = std::make_unique<model::NameTable>();
    order.plan = source("id: cameras\nconnector: vms-devices\nwith: {base_url: \"" + server.url("") +
                        "\", auth: none}\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\n");
    order.today = today;
    order.pseudonyms = std::make_shared<const connectors::Pseudonyms>(pseudonyms);
    order.run = "1";
    order.deadline = clock.steady() + std::chrono::minutes(1);
  }

  /// Every report that was given, in order, until nothing is left to do.
  std::vector<PollReport> poll() {
    Poller poller(setup, {files, clock}, http, spool);
    std::vector<PollReport> reports;
    poller.start(
        order,
        [this](std::function<void()> task) {
          const std::lock_guard lock(mutex);
          tasks.push_back(std::move(task));
          changed.notify_all();
        },
        [&](PollReport report) { reports.push_back(std::move(report)); });
    while (reports.empty()) {
      std::unique_lock lock(mutex);
      if (!changed.wait_for(lock, std::chrono::seconds(20), [&] { return !tasks.empty(); })) break;
      const auto task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      task();
    }
    http.stop();
    for (auto& task : tasks) task();
    return reports;
  }

  test::TempFolder folder;
  base::SystemClock clock;
  std::unique_ptr<base::Files> system = base::make_system_files();
  base::Files& files = *system;
  connectors::HttpDriver http;
  Spool spool;
  Setup setup;
  PollOrder order;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> tasks;
};

TEST_CASE("A poll over the network reports once") {
  const FaultServer server([](const test::Peer& peer) { peer.send(http_answer(200, kDevices)); });
  Platform platform(server);
  platform.order.sink = [](const store::StagedDelivery& staged) -> base::Result<store::Outcome> {
    return staged.head.outcome;
  };
  const auto reports = platform.poll();
  REQUIRE(reports.size() == 1);
  CAPTURE(reports[0].message);
  CHECK(reports[0].outcome == store::Outcome::ok);
  CHECK(reports[0].counts.loaded == 1);
}

TEST_CASE("A poll over the network whose end breaks our code has failed, and says so once") {
  const FaultServer server([](const test::Peer& peer) { peer.send(http_answer(200, kDevices)); });
  Platform platform(server);
  platform.order.sink = [](const store::StagedDelivery&) -> base::Result<store::Outcome> {
    throw std::runtime_error("a bug of ours");
  };
  const auto reports = platform.poll();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].outcome == store::Outcome::failed);
  CHECK(reports[0].message == "internal failure: a bug of ours; report it");
}

TEST_CASE("A poll that cannot even begin has failed, and says so once") {
  const FaultServer server([](const test::Peer& peer) { peer.send(http_answer(200, kDevices)); });
  Platform platform(server);
  struct Broken final : base::Clock {
    [[nodiscard]] base::Instant now() const override { throw std::runtime_error("no time"); }
    [[nodiscard]] base::Steady steady() const override { return {}; }
  } const clock;
  Poller poller(platform.setup, {platform.files, clock}, platform.http, platform.spool);
  std::vector<PollReport> reports;
  poller.start(
      platform.order, [](const std::function<void()>& task) { task(); },
      [&](PollReport report) { reports.push_back(std::move(report)); });
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].outcome == store::Outcome::failed);
  CHECK(server.asked() == 0);
}

}  // namespace
}  // namespace ntmd::engine
