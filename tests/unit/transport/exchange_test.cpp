#include <catch2/catch.hpp>
#include <map>

#include "connectors/rest/parse_rest.h"
#include "connectors/rest/rest_exchange.h"
#include "connectors/transport/http_driver.h"
#include "daemon/settings/yaml.h"
#include "tests/unit/transport/fault_server.h"

namespace ntmd::connectors {
namespace {

using base::Fault;
using std::chrono::seconds;
using test::FaultServer;
using test::http_answer;
using test::Peer;

const base::SystemClock kClock;

/// Polls /rows of a server page by page; the documents' bodies, or why not.
base::Result<std::vector<std::string>> poll(FaultServer::Handler handler) {
  const FaultServer server(std::move(handler));
  settings::Problems problems;
  const auto node = settings::parse_yaml("rest.yaml", R"(
base_url: $base_url
steps:
  - request: {path: /rows, query: {offset: $page.offset}}
    paginate: {kind: offset_limit, items: /rows, total: /total}
retry: {tries: 2, backoff: 1ms}
)",
                                         problems);
  const auto with = settings::parse_yaml("with.yaml", "{base_url: \"" + server.url("") + "\"}", problems);
  const auto spec = parse_rest(*node, {{"base_url", with->entries[0].value}}, problems);
  REQUIRE(problems.empty());
  HttpDriver driver(kClock);
  const auto exchange = make_rest_exchange(*spec, std::nullopt, {});
  std::vector<std::string> bodies;
  const auto done =
      run_exchange(driver, *exchange, spec->retry, kClock.steady() + seconds(30), [&](Document&& document) {
        bodies.push_back(std::move(document.body));
        return base::Status{};
      });
  if (!done) return std::unexpected(done.error());
  return bodies;
}

std::string page(const Peer& peer) {
  if (peer.request.starts_with("GET /rows?offset=0 ")) return R"({"total":3,"rows":[1,2]})";
  return R"({"total":3,"rows":[3]})";
}

TEST_CASE("A listing is read over the wire, page by page") {
  const auto bodies = poll([](const Peer& peer) { peer.send(http_answer(200, page(peer))); });
  REQUIRE(bodies);
  CHECK(bodies->size() == 2);
}

TEST_CASE("A body cut short is never whole, in whatever way its end is told") {
  const auto cut = [](std::string_view head, std::string_view tail = "") {
    return poll([=](const Peer& peer) {
      const std::string whole = page(peer);
      peer.send(std::string("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n") + std::string(head) +
                whole.substr(0, whole.size() / 2) + std::string(tail));
    });
  };
  const auto by_length = cut("Content-Length: 24\r\n\r\n");
  REQUIRE_FALSE(by_length);
  CHECK(by_length.error().fault == Fault::retry_later);
  const auto by_chunk = cut("Transfer-Encoding: chunked\r\n\r\nc\r\n", "\r\n");
  REQUIRE_FALSE(by_chunk);
  CHECK(by_chunk.error().fault == Fault::retry_later);
  // Here the transfer ends without an error: only the text can tell.
  const auto by_close = cut("\r\n");
  REQUIRE_FALSE(by_close);
  CHECK(by_close.error().fault == Fault::bad_data);
  CHECK(by_close.error().what.find("no whole JSON text") != std::string::npos);
}

TEST_CASE("A page that fails for good fails the poll, though others came") {
  const auto failed = poll([](const Peer& peer) {
    peer.send(peer.request.starts_with("GET /rows?offset=0 ") ? http_answer(200, page(peer)) : http_answer(403, "{}"));
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().fault == Fault::denied);
  CHECK(failed.error().what.find("/rows: HTTP 403, expected 200") != std::string::npos);
}

}  // namespace
}  // namespace ntmd::connectors
