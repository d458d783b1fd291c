#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/serve/listen_address.h"
#include "daemon/serve/published_file.h"
#include "daemon/serve/status_server.h"

namespace ntmd::serve {
namespace {

using Parts = std::vector<std::string>;

TEST_CASE("A request's path names files by plain parts only") {
  CHECK(path_of_target("/") == Parts{"index.html"});
  CHECK(path_of_target("/?x=1") == Parts{"index.html"});
  CHECK(path_of_target("/status.json") == Parts{"status.json"});
  CHECK(path_of_target("/units/08515.html?lang=en#i-1.1.1") == Parts{"units", "08515.html"});
  CHECK(path_of_target("/units/%30%38515.html") == Parts{"units", "08515.html"});
  for (const char* bad : {"",
                          "status.json",
                          "//",
                          "/units/",
                          "/units//08515.html",
                          "/..",
                          "/../secret",
                          "/units/../../secret",
                          "/%2e%2e/secret",
                          "/units/..%2f..%2fsecret",
                          "/.status.json.AbCdEf",
                          "/units/.x",
                          "/a%00b",
                          "/a%5c..%5cb",
                          "/a\\b",
                          "/a b",
                          "/%",
                          "/%4",
                          "/%zz",
                          "/a%0d%0ab",
                          "http://localhost/status.json",
                          "*"}) {
    INFO(bad);
    CHECK_FALSE(path_of_target(bad));
  }
}

TEST_CASE("A listening address is a host and a port") {
  const auto v4 = parse_listen("127.0.0.1:8780");
  REQUIRE(v4);
  CHECK(v4->address == "127.0.0.1");
  CHECK(v4->port == 8780);
  CHECK(v4->loopback);
  const auto v6 = parse_listen("[::1]:0");
  REQUIRE(v6);
  CHECK(v6->address == "::1");
  CHECK(v6->port == 0);
  CHECK(v6->loopback);
  const auto name = parse_listen("localhost:1");
  REQUIRE(name);
  CHECK(name->address == "127.0.0.1");
  const auto all = parse_listen("0.0.0.0:80");
  REQUIRE(all);
  CHECK_FALSE(all->loopback);
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", ":8780", "127.0.0.1:65536", "127.0.0.1:80x", "127.0.0.1:-1",
                          "::1:80", "[::1]80", "[::1", "example.vn:80"}) {
    INFO(bad);
    const auto parsed = parse_listen(bad);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().fault == base::Fault::bad_config);
    CHECK(parsed.error().what.find("http.listen") == 0);
  }
}

TEST_CASE("On loopback only its own names reach the server, so a foreign page cannot read it") {
  const auto own = parse_listen("127.0.0.2:8780");
  REQUIRE(own);
  for (const char* host : {"localhost", "LOCALHOST:8780", "127.0.0.1:8780", "127.0.0.1:1", "[::1]:8780", "127.0.0.2"}) {
    INFO(host);
    CHECK(is_own_host(*own, host));
  }
  for (const char* host :
       {"", "evil.example", "evil.example:8780", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "::1"}) {
    INFO(host);
    CHECK_FALSE(is_own_host(*own, host));
  }
  const auto remote = parse_listen("0.0.0.0:8780");
  REQUIRE(remote);
  CHECK(is_own_host(*remote, "status.example.vn"));
}

TEST_CASE("An address that others can reach is refused unless the config allows it") {
  ServerSettings settings;
  settings.listen = "0.0.0.0:0";
  const auto refused = StatusServer::start(settings, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == base::Fault::bad_config);
  CHECK(refused.error().what.find("allow_remote") != std::string::npos);
  settings.allow_remote = true;
  const auto allowed = StatusServer::start(settings, {});
  REQUIRE(allowed);
  CHECK((*allowed)->port() > 0);
}

}  // namespace
}  // namespace ntmd::serve
