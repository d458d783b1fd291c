#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "connectors/transport/http_driver.h"
#include "tests/unit/transport/fault_server.h"

namespace ntmd::connectors {
namespace {

using base::Fault;
using std::chrono::seconds;
using test::FaultServer;
using test::http_answer;
using test::Peer;

const base::SystemClock kClock;

/// Asks each url and gives each answer as a document.
class Reader final : public Exchange {
 public:
  explicit Reader(std::deque<std::string> urls) : urls_(std::move(urls)) {}
  Step begin() override { return resume(); }
  Step resume() override {
    if (urls_.empty()) return Finished{};
    if (urls_.front() == "throw") throw std::runtime_error("an exchange with a bug");
    Request request;
    request.url = urls_.front();
    urls_.pop_front();
    return request;
  }
  Step on(const Response& response) override {
    Document document;
    document.body = response.body;
    return document;
  }

 private:
  std::deque<std::string> urls_;
};

struct Run {
  std::promise<base::Status> ended;
  std::vector<std::string> documents;

  Job job(std::deque<std::string> urls) {
    Job job;
    job.exchange = std::make_unique<Reader>(std::move(urls));
    job.limits.tries = 1;
    job.deadline = kClock.steady() + seconds(30);
    job.on_document = [this](Document&& document) -> base::Status {
      documents.push_back(std::move(document.body));
      return {};
    };
    job.on_end = [this](base::Status status) { ended.set_value(std::move(status)); };
    return job;
  }
  base::Status end() {
    auto future = ended.get_future();
    if (future.wait_for(seconds(20)) != std::future_status::ready) return base::fail(Fault::bug, "the job did not end");
    return future.get();
  }
};

TEST_CASE("A job runs its exchange to the end and ends once") {
  const FaultServer server([](const Peer& peer) { peer.send(http_answer(200, peer.request.substr(0, 6))); });
  HttpDriver driver(kClock);
  Run run;
  driver.start(run.job({server.url("/1"), server.url("/2")}));
  CHECK(run.end());
  CHECK(run.documents == std::vector<std::string>{"GET /1", "GET /2"});
}

TEST_CASE("A host is asked one request at a time, whoever asks") {
  // From the request to before its answer: once that is sent, the next request is right.
  std::atomic<int> open{0};
  std::atomic<int> most{0};
  const FaultServer server([&](const Peer& peer) {
    most = std::max<int>(most, ++open);
    std::this_thread::yield();
    --open;
    peer.send(http_answer(200, "{}"));
  });
  HttpDriver driver(kClock);
  std::array<Run, 8> runs;
  for (Run& run : runs) driver.start(run.job({server.url("/1"), server.url("/2"), server.url("/3")}));
  for (Run& run : runs) CHECK(run.end());
  CHECK(server.asked() == 24);
  CHECK(most == 1);
}

TEST_CASE("A host that hangs holds up nobody else's host") {
  const FaultServer hangs([](const Peer& peer) { peer.wait_closed(); });
  const FaultServer answers([](const Peer& peer) { peer.send(http_answer(200, "{}")); });
  HttpDriver driver(kClock);
  Run stuck;
  const JobId id = driver.start(stuck.job({hangs.url()}));
  REQUIRE(hangs.wait_asked(1));
  Run other;
  driver.start(other.job({answers.url()}));
  CHECK(other.end());
  driver.cancel(id);
  CHECK_FALSE(stuck.end());
}

TEST_CASE("A cancelled job ends soon, on the wire or waiting for its turn, and frees the host") {
  std::atomic<bool> hang{true};
  const FaultServer server([&](const Peer& peer) {
    if (hang.exchange(false)) return peer.wait_closed();
    peer.send(http_answer(200, "{}"));
  });
  HttpDriver driver(kClock);
  Run first;
  const JobId on_wire = driver.start(first.job({server.url()}));
  REQUIRE(server.wait_asked(1));
  Run second;
  const JobId waiting = driver.start(second.job({server.url()}));
  driver.cancel(waiting);
  const auto gone = second.end();
  REQUIRE_FALSE(gone);
  CHECK(gone.error().fault == Fault::retry_later);
  driver.cancel(on_wire);
  CHECK(first.end().error().what.find("cancelled") != std::string::npos);
  driver.cancel(on_wire);
  driver.cancel(12345);
  Run third;
  driver.start(third.job({server.url()}));
  CHECK(third.end());
}

TEST_CASE("Stopping ends every job and call, and what comes later at once") {
  const FaultServer server([](const Peer& peer) { peer.wait_closed(); });
  HttpDriver driver(kClock);
  std::array<Run, 3> runs;
  for (Run& run : runs) driver.start(run.job({server.url()}));
  REQUIRE(server.wait_asked(1));
  driver.stop();
  for (Run& run : runs) {
    const auto ended = run.end();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().fault == Fault::retry_later);
    CHECK(ended.error().what.find("the daemon is stopping") != std::string::npos);
  }
  Run late;
  driver.start(late.job({server.url()}));
  CHECK_FALSE(late.end());
  Request request;
  request.url = server.url();
  CHECK_FALSE(driver.call(request, {}, kClock.steady() + seconds(30)));
  driver.stop();
}

TEST_CASE("A document that is not taken ends the job with the taker's error") {
  const FaultServer server([](const Peer& peer) { peer.send(http_answer(200, "{}")); });
  HttpDriver driver(kClock);
  Run run;
  Job job = run.job({server.url(), server.url()});
  job.on_document = [](Document&&) -> base::Status { return base::fail(Fault::bad_data, "row 3: no unit"); };
  driver.start(std::move(job));
  CHECK(run.end().error().what == "row 3: no unit");
  CHECK(server.asked() == 1);
}

TEST_CASE("An exchange with a bug ends itself, not the driver") {
  const FaultServer server([](const Peer& peer) { peer.send(http_answer(200, "{}")); });
  HttpDriver driver(kClock);
  Run broken;
  driver.start(broken.job({server.url(), "throw"}));
  const auto ended = broken.end();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().fault == Fault::bug);
  Run whole;
  driver.start(whole.job({server.url()}));
  CHECK(whole.end());
}

TEST_CASE("What a job's end throws goes no further, whether its request was answered or not") {
  const FaultServer server([](const Peer& peer) { peer.send(http_answer(200, "{}")); });
  std::string closed;
  {
    const FaultServer gone([](const Peer&) {});
    closed = gone.url();
  }
  for (const auto& url : {server.url(), closed}) {
    CAPTURE(url);
    HttpDriver driver(kClock);
    Run run;
    Job job = run.job({url});
    std::promise<bool> over;
    std::atomic<int> ends{0};
    job.on_end = [&](const base::Status&) {
      ++ends;
      throw std::runtime_error("an end with a bug");
    };
    job.executor = [&](const std::function<void()>& task) {
      try {
        task();
        if (ends > 0) over.set_value(false);
      } catch (const std::exception&) {
        over.set_value(true);
      }
    };
    driver.start(std::move(job));
    auto escaped = over.get_future();
    REQUIRE(escaped.wait_for(seconds(20)) == std::future_status::ready);
    CHECK_FALSE(escaped.get());
    CHECK(ends == 1);
  }
}

TEST_CASE("Documents are taken on the job's executor, and the next request waits for them") {
  const FaultServer server([](const Peer& peer) { peer.send(http_answer(200, "{}")); });
  HttpDriver driver(kClock);
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> tasks;
  bool over = false;
  Run run;
  Job job = run.job({server.url(), server.url()});
  const auto me = std::this_thread::get_id();
  bool elsewhere = false;
  job.executor = [&](std::function<void()> task) {
    const std::lock_guard lock(mutex);
    tasks.push_back(std::move(task));
    changed.notify_all();
  };
  int at_first_document = -1;
  job.on_document = [&](Document&&) -> base::Status {
    elsewhere = elsewhere || std::this_thread::get_id() != me;
    if (at_first_document < 0) at_first_document = server.asked();
    return {};
  };
  job.on_end = [&](base::Status) { over = true; };
  driver.start(std::move(job));
  while (!over) {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, seconds(20), [&] { return !tasks.empty(); }));
    const auto task = std::move(tasks.front());
    tasks.pop_front();
    lock.unlock();
    task();
  }
  CHECK_FALSE(elsewhere);
  CHECK(at_first_document == 1);
  CHECK(server.asked() == 2);
}

}  // namespace
}  // namespace ntmd::connectors
