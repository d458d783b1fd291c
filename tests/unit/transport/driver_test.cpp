#include <atomic>
#include <catch2/catch.hpp>

#include "connectors/transport/http_driver.h"
#include "tests/unit/transport/fault_server.h"

namespace ntmd::connectors {
namespace {

using base::Fault;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FaultServer;
using test::http_answer;
using test::Peer;

const base::SystemClock kClock;

RetryLimits quick(std::uint32_t tries = 3) { return {tries, milliseconds(1), milliseconds(4), seconds(60)}; }

base::Steady in(milliseconds wait) { return kClock.steady() + wait; }

Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

struct Asked {
  base::Result<Response> outcome;
  int times = 0;
};

/// What comes of asking a server that always answers so.
Asked ask(FaultServer::Handler handler, const RetryLimits& limits = quick(), TransportSettings settings = {},
          Request request = {}) {
  const FaultServer server(std::move(handler));
  HttpDriver driver(kClock, settings);
  request.url = server.url("/x?key=geheim");
  request.authorization = base::Secret("Bearer geheim");
  Asked out{driver.call(std::move(request), limits, in(seconds(30))), 0};
  out.times = server.asked();
  if (!out.outcome) {
    CAPTURE(out.outcome.error().what);
    CHECK(out.outcome.error().what.find("geheim") == std::string::npos);
    CHECK(out.outcome.error().what.starts_with("GET http://127.0.0.1:"));
  }
  return out;
}

bool says(const Asked& asked, std::string_view part) {
  if (asked.outcome) return false;
  UNSCOPED_INFO(asked.outcome.error().what);
  return asked.outcome.error().what.find(part) != std::string::npos;
}

TEST_CASE("A request arrives as it was made, its answer as it was given") {
  std::string seen;
  const FaultServer server([&](const Peer& peer) {
    seen = peer.request;
    peer.send(http_answer(201, R"({"a":1})", "X-Total-Count: 7\r\n"));
  });
  HttpDriver driver(kClock);
  Request request = get(server.url("/a/b?c=d%20e"));
  request.method = "POST";
  request.body = R"({"year":2026})";
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.authorization = base::Secret("Bearer t0k");
  const auto answer = driver.call(request, quick(), in(seconds(30)));
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(answer->body == R"({"a":1})");
  CHECK(answer->header("x-total-count") == "7");
  CHECK(answer->url == request.url);
  CHECK(seen.starts_with("POST /a/b?c=d%20e HTTP/1.1\r\n"));
  CHECK(seen.find("\r\nAuthorization: Bearer t0k\r\n") != std::string::npos);
  CHECK(seen.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
  CHECK(seen.ends_with("\r\n\r\n{\"year\":2026}"));
}

TEST_CASE("A broken connection is tried again within the limits and then told") {
  const auto told = [](FaultServer::Handler handler) {
    const Asked asked = ask(std::move(handler));
    CHECK(asked.times == 3);
    CHECK(says(asked, "; tried 3 times"));
    REQUIRE_FALSE(asked.outcome);
    CHECK(asked.outcome.error().fault == Fault::retry_later);
  };
  SECTION("reset") {
    told([](const Peer& peer) { peer.reset(); });
  }
  SECTION("reset inside the body") {
    told([](const Peer& peer) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\"");
      peer.reset();
    });
  }
  SECTION("no answer at all") {
    told([](const Peer&) {});
  }
  SECTION("garbage") {
    told([](const Peer& peer) { peer.send("\x16\x03\x01 what is this\r\n\r\n"); });
  }
  SECTION("half a head") {
    told([](const Peer& peer) { peer.send("HTTP/1.1 200 OK\r\nContent-Le"); });
  }
  SECTION("a body shorter than its length") {
    told([](const Peer& peer) { peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":1}"); });
  }
  SECTION("chunks without their end") {
    told(
        [](const Peer& peer) { peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n"); });
  }
  SECTION("a chunk without a length") {
    told([](const Peer& peer) {
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"a\":1}\r\n");
    });
  }
  SECTION("a broken encoding") {
    told([](const Peer& peer) { peer.send(http_answer(200, "no gzip", "Content-Encoding: gzip\r\n")); });
  }
}

TEST_CASE("A connection that breaks and then holds is an answer") {
  std::atomic<int> left{2};
  const Asked asked = ask([&](const Peer& peer) {
    if (left-- > 0) return peer.reset();
    peer.send(http_answer(200, "{}"));
  });
  REQUIRE(asked.outcome);
  CHECK(asked.outcome->body == "{}");
  CHECK(asked.times == 3);
}

TEST_CASE("500 is tried five times, as the limits have it by default") {
  RetryLimits limits;
  limits.backoff = limits.backoff_cap = milliseconds(1);
  const Asked asked = ask([](const Peer& peer) { peer.send(http_answer(500, "{}")); }, limits);
  CHECK(asked.times == 5);
  CHECK(says(asked, "HTTP 500, expected an answer; tried 5 times"));
}

TEST_CASE("A refusal is told after one request") {
  for (const int status : {400, 401, 403, 404, 409}) {
    CAPTURE(status);
    const Asked asked = ask([&](const Peer& peer) { peer.send(http_answer(status, "{}")); });
    REQUIRE(asked.outcome);
    CHECK(asked.outcome->status == status);
    CHECK(asked.times == 1);
  }
}

TEST_CASE("429 is waited for when it says how long, else the poll ends with it") {
  std::atomic<int> left{2};
  const Asked waited = ask([&](const Peer& peer) {
    peer.send(left-- > 0 ? http_answer(429, "", "Retry-After: 0\r\n") : http_answer(200, "{}"));
  });
  CHECK(waited.outcome);
  CHECK(waited.times == 3);
  for (const auto* header : {"", "Retry-After: 61\r\n", "Retry-After: soon\r\n"}) {
    CAPTURE(header);
    const Asked asked = ask([&](const Peer& peer) { peer.send(http_answer(429, "", header)); });
    CHECK(asked.times == 1);
    REQUIRE_FALSE(asked.outcome);
    CHECK(asked.outcome.error().fault == Fault::slow_down);
  }
}

TEST_CASE("A redirect is an answer, never followed") {
  for (const auto* to : {"/elsewhere", "file:///etc/passwd", "http://169.254.169.254/", "/x?key=geheim"}) {
    const Asked asked =
        ask([&](const Peer& peer) { peer.send(http_answer(302, "", "Location: " + std::string(to) + "\r\n")); });
    REQUIRE(asked.outcome);
    CHECK(asked.outcome->status == 302);
    CHECK(asked.times == 1);
  }
}

TEST_CASE("A body has a cap, by its length, in chunks, and inflated") {
  Request request;
  request.max_body = 1000;
  const std::string kilo(1001, 'x');
  const auto capped = [&](FaultServer::Handler handler, Request of, TransportSettings settings = {}) {
    const Asked asked = ask(std::move(handler), quick(), settings, std::move(of));
    CHECK(asked.times == 1);
    REQUIRE_FALSE(asked.outcome);
    CHECK(asked.outcome.error().fault == Fault::bad_data);
    return asked.outcome.error().what;
  };
  const std::string fact = "its body is over 1000 bytes, expected less";
  CHECK(capped([&](const Peer& peer) { peer.send(http_answer(200, kilo)); }, request).find(fact) != std::string::npos);
  CHECK(capped(
            [&](const Peer& peer) {
              peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
              while (peer.send("3e9\r\n" + kilo + "\r\n")) {
              }
            },
            request)
            .find(fact) != std::string::npos);
  const std::string bomb = http_answer(200, test::gzip_of_zeros(64ULL << 20U), "Content-Encoding: gzip\r\n");
  CHECK(capped([&](const Peer& peer) { peer.send(bomb); }, request).find(fact) != std::string::npos);
  TransportSettings strict;
  strict.max_inflate_ratio = 20;
  CHECK(capped([&](const Peer& peer) { peer.send(bomb); }, Request{}, strict).find("inflates to more than 20 times") !=
        std::string::npos);
  CHECK(ask([&](const Peer& peer) { peer.send(http_answer(200, kilo.substr(1))); }, quick(), {}, request).outcome);
}

TEST_CASE("Headers have a cap, in one and in many") {
  const auto capped = [](FaultServer::Handler handler) {
    const Asked asked = ask(std::move(handler));
    CHECK(asked.times == 1);
    REQUIRE_FALSE(asked.outcome);
    CHECK(asked.outcome.error().fault == Fault::bad_data);
    CHECK(says(asked, "its headers are over 65536 bytes or 1000 lines"));
  };
  SECTION("one long header") {
    capped([](const Peer& peer) { peer.send(http_answer(200, "", "X-Long: " + std::string(70'000, 'x') + "\r\n")); });
  }
  SECTION("headers without end") {
    capped([](const Peer& peer) {
      peer.send("HTTP/1.1 200 OK\r\n");
      while (peer.send("X-More: 1\r\n")) {
      }
    });
  }
}

TEST_CASE("A server that says nothing, or dribbles, costs its time limit and no more") {
  Request request;
  SECTION("nothing until the request's own limit") {
    request.timeout = milliseconds(100);
    CHECK(says(ask([](const Peer& peer) { peer.wait_closed(); }, quick(1), {}, request), "timed out"));
  }
  SECTION("a body that stops in its middle") {
    request.timeout = milliseconds(100);
    const Asked asked = ask(
        [](const Peer& peer) {
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
          peer.wait_closed();
        },
        quick(2), {}, request);
    CHECK(says(asked, "tried 2 times"));
    CHECK(asked.times == 2);
  }
  SECTION("slower than the slowest speed") {
    TransportSettings settings;
    settings.low_speed_for = seconds(1);
    CHECK(says(ask([](const Peer& peer) { peer.wait_closed(); }, quick(1), settings), "too slow"));
  }
}

TEST_CASE("The deadline ends the tries and the waits between them") {
  const FaultServer broken([](const Peer& peer) { peer.reset(); });
  const FaultServer silent([](const Peer& peer) { peer.wait_closed(); });
  HttpDriver driver(kClock);
  RetryLimits patient;
  patient.backoff = patient.backoff_cap = std::chrono::hours(1);
  const auto waiting = driver.call(get(broken.url()), patient, in(seconds(20)));
  REQUIRE_FALSE(waiting);
  CHECK(waiting.error().what.find("no time is left before the deadline") != std::string::npos);
  CHECK(broken.asked() == 1);
  CHECK_FALSE(driver.call(get(silent.url()), patient, in(milliseconds(50))));
  const auto late = driver.call(get(silent.url()), patient, in(milliseconds(-1)));
  REQUIRE_FALSE(late);
  CHECK(late.error().what.find("the deadline passed") != std::string::npos);
}

TEST_CASE("A port where nobody listens is tried again and then told") {
  std::string url;
  {
    const FaultServer gone([](const Peer&) {});
    url = gone.url();
  }
  HttpDriver driver(kClock);
  const auto refused = driver.call(get(url), quick(2), in(seconds(30)));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::retry_later);
  CHECK(refused.error().what.find("tried 2 times") != std::string::npos);
}

TEST_CASE("Plain http leaves the machine never, other schemes are not spoken") {
  HttpDriver driver(kClock);
  for (const auto* url : {"http://portal.example/", "http://10.0.0.1/", "http://169.254.169.254/", "smtp://127.0.0.1/",
                          "file:///etc/passwd", "nonsense"}) {
    CAPTURE(url);
    const auto refused = driver.call(get(url), quick(), in(seconds(30)));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::bad_config);
  }
}

TEST_CASE("The address is looked at when the socket is opened, not the name") {
  HttpDriver driver(kClock);
  for (const auto* url : {"https://0.0.0.0:1/", "https://[::ffff:127.0.0.1]:1/", "https://[::]:1/"}) {
    CAPTURE(url);
    const auto refused = driver.call(get(url), quick(), in(seconds(30)));
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().what);
    CHECK(refused.error().fault == Fault::denied);
    CHECK(refused.error().what.find("leads to a") != std::string::npos);
    CHECK(refused.error().what.find("tried") == std::string::npos);
  }
}

TEST_CASE("A header with a line break is our own mistake and is not sent") {
  const FaultServer server([](const Peer& peer) { peer.send(http_answer(200, "{}")); });
  HttpDriver driver(kClock);
  Request request = get(server.url());
  request.headers = {{"X-A", "1\r\nX-B: 2"}};
  const auto refused = driver.call(request, quick(), in(seconds(30)));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::bug);
  CHECK(server.asked() == 0);
}

TEST_CASE("One request of any status, once") {
  const FaultServer server([](const Peer& peer) { peer.send(http_answer(503, "{}")); });
  HttpDriver driver(kClock);
  CHECK(driver.perform(get(server.url()))->status == 503);
  CHECK(server.asked() == 1);
}

}  // namespace
}  // namespace ntmd::connectors
