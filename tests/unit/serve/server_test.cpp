#include "daemon/serve/status_server.h"

#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "tests/unit/serve/client.h"

namespace ntmd::serve {
namespace {

using test::ask;
using test::Client;
using test::Folder;

ServerSettings settings_for(const Folder& folder) {
  ServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.folder = folder.path() / "public";
  return settings;
}

std::unique_ptr<StatusServer> start(const ServerSettings& settings, ServerHooks hooks = {}) {
  auto server = StatusServer::start(settings, std::move(hooks));
  if (!server) throw std::runtime_error(server.error().what);
  return std::move(*server);
}

TEST_CASE("The published folder is served, its index at /") {
  const Folder folder;
  folder.write("public/index.html", "<!doctype html>page");
  folder.write("public/status.json", "{}");
  folder.write("public/units/08515.html", "unit");
  const auto server = start(settings_for(folder));
  const auto index = ask(server->port(), "GET", "/");
  CHECK(index.status == 200);
  CHECK(index.body == "<!doctype html>page");
  CHECK(index.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(index.header("Content-Length") == "19");
  CHECK(index.header("Cache-Control") == "no-store");
  CHECK(index.header("X-Content-Type-Options") == "nosniff");
  CHECK(index.header("Content-Security-Policy").find("default-src 'none'") == 0);
  CHECK(index.header("Connection") == "close");
  const auto status = ask(server->port(), "GET", "/status.json");
  CHECK(status.body == "{}");
  CHECK(status.header("Content-Type") == "application/json");
  CHECK(ask(server->port(), "GET", "/units/08515.html").body == "unit");
  CHECK(ask(server->port(), "GET", "/units").status == 404);
  CHECK(ask(server->port(), "GET", "/missing.json").status == 404);
}

TEST_CASE("HEAD tells the length and sends nothing") {
  const Folder folder;
  folder.write("public/index.html", "12345");
  const auto server = start(settings_for(folder));
  const auto file = ask(server->port(), "HEAD", "/");
  CHECK(file.status == 200);
  CHECK(file.header("Content-Length") == "5");
  CHECK(file.body.empty());
  const auto probe = ask(server->port(), "HEAD", "/healthz");
  CHECK(probe.status == 200);
  CHECK(probe.header("Content-Length") == "3");
  CHECK(probe.body.empty());
}

TEST_CASE("A file that has not been replaced need not be sent again") {
  const Folder folder;
  folder.write("public/status.json", "{}");
  const auto server = start(settings_for(folder));
  const auto first = ask(server->port(), "GET", "/status.json");
  const auto again =
      ask(server->port(), "GET", "/status.json", fmt::format("If-None-Match: {}\r\n", first.header("ETag")));
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(ask(server->port(), "GET", "/status.json",
            fmt::format("If-None-Match: \"other\", W/{}\r\n", first.header("ETag")))
            .status == 304);
  folder.write("public/new", "{\"a\":1}");
  std::filesystem::rename(folder.path() / "public/new", folder.path() / "public/status.json");
  const auto replaced =
      ask(server->port(), "GET", "/status.json", fmt::format("If-None-Match: {}\r\n", first.header("ETag")));
  CHECK(replaced.status == 200);
  CHECK(replaced.body == "{\"a\":1}");
}

TEST_CASE("Nothing outside the folder is served, by no spelling and through no link") {
  const Folder folder;
  folder.write("secret.json", "secret");
  folder.write("outside/secret.json", "secret");
  folder.write("public/index.html", "page");
  folder.write("public/.status.json.AbCdEf", "half");
  std::filesystem::create_symlink(folder.path() / "secret.json", folder.path() / "public/link.json");
  std::filesystem::create_directory_symlink(folder.path() / "outside", folder.path() / "public/units");
  const auto server = start(settings_for(folder));
  for (const char* target :
       {"/../secret.json", "/%2e%2e/secret.json", "/..%2fsecret.json", "/x/../../secret.json", "/link.json",
        "/units/secret.json", "/.status.json.AbCdEf", "//secret.json", "/./index.html"}) {
    INFO(target);
    const auto reply = ask(server->port(), "GET", target);
    CHECK(reply.status == 404);
    CHECK(reply.body.find("secret") == std::string::npos);
  }
}

TEST_CASE("What nobody published is not served, whatever lies in the folder") {
  const Folder folder;
  for (const char* name : {"ntmd.db", "ntmd.yaml", "person_key", "secrets.json", "page.html", "units/08515.csv",
                           "spool/08515.json", "var/ntmd.db", "units/08515/08515.json"})
    folder.write(std::string("public/") + name, "secret");
  folder.write("public/chain.json", "{}");
  folder.write("public/alerts.json", "secret");
  std::filesystem::permissions(folder.path() / "public/alerts.json", std::filesystem::perms(0600));
  const auto server = start(settings_for(folder));
  CHECK(ask(server->port(), "GET", "/chain.json").status == 200);
  for (const char* target : {"/ntmd.db", "/ntmd.yaml", "/person_key", "/secrets.json", "/page.html", "/units/08515.csv",
                             "/spool/08515.json", "/var/ntmd.db", "/units/08515/08515.json", "/alerts.json"}) {
    INFO(target);
    const auto reply = ask(server->port(), "GET", target);
    CHECK(reply.status == 404);
    CHECK(reply.body.find("secret") == std::string::npos);
  }
}

TEST_CASE("Only GET and HEAD are known") {
  const Folder folder;
  folder.write("public/index.html", "page");
  const auto server = start(settings_for(folder));
  for (const char* verb : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"}) {
    INFO(verb);
    const auto reply = ask(server->port(), verb, "/");
    CHECK(reply.status == 405);
    CHECK(reply.header("Allow") == "GET, HEAD");
  }
  CHECK(ask(server->port(), "POST", "/", "Content-Length: 4000000000\r\n").status == 405);
  CHECK(ask(server->port(), "GET", "/", "Content-Length: 3\r\n").status == 413);
  CHECK(ask(server->port(), "GET", "/", "Transfer-Encoding: chunked\r\n").status == 413);
  CHECK(ask(server->port(), "GET", "/", "Content-Length: 0\r\n").status == 200);
}

TEST_CASE("A request that is too large or none is told so") {
  const Folder folder;
  folder.write("public/index.html", "page");
  const auto server = start(settings_for(folder));
  CHECK(ask(server->port(), "GET", "/", "X: " + std::string(7000, 'x') + "\r\n").status == 200);
  CHECK(ask(server->port(), "GET", "/", "X: " + std::string(9000, 'x') + "\r\n").status == 431);
  CHECK(ask(server->port(), "GET", "/" + std::string(100'000, 'x')).status == 431);
  Client garbage(server->port());
  garbage.say("\x16\x03\x01 hello\r\n\r\n");
  CHECK(test::parse_reply(garbage.rest()).status == 400);
  Client nameless(server->port());
  nameless.say("GET / HTTP/1.1\r\n\r\n");
  CHECK(test::parse_reply(nameless.rest()).status == 400);
  Client twice(server->port());
  twice.say("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n");
  CHECK(test::parse_reply(twice.rest()).status == 400);
  Client foreign(server->port());
  foreign.say("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK(test::parse_reply(foreign.rest()).status == 421);
}

TEST_CASE("Health and readiness are what the daemon says") {
  const Folder folder;
  std::atomic<bool> alive = true;
  std::atomic<bool> ready = false;
  ServerHooks hooks;
  hooks.alive = [&]() -> base::Status {
    if (alive) return {};
    return base::fail(base::Fault::bug, "loop: has not turned for 61 s, expected 5 s");
  };
  hooks.ready = [&]() -> base::Status {
    if (ready) return {};
    return base::fail(base::Fault::retry_later, "no assessment is published yet");
  };
  const auto server = start(settings_for(folder), hooks);
  CHECK(ask(server->port(), "GET", "/healthz").status == 200);
  const auto early = ask(server->port(), "GET", "/readyz");
  CHECK(early.status == 503);
  CHECK(early.body == "no assessment is published yet\n");
  ready = true;
  alive = false;
  CHECK(ask(server->port(), "GET", "/readyz").status == 200);
  CHECK(ask(server->port(), "GET", "/healthz?x").status == 503);
}

TEST_CASE("The metrics are the published ones, and there are none before the first publication") {
  const Folder folder;
  const auto server = start(settings_for(folder));
  CHECK(ask(server->port(), "GET", "/metrics").status == 404);
  folder.write("public/metrics.prom", "ntmd_generation 2\n");
  const auto metrics = ask(server->port(), "GET", "/metrics");
  CHECK(metrics.body == "ntmd_generation 2\n");
  CHECK(metrics.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("A hook that throws costs its request only") {
  const Folder folder;
  folder.write("public/index.html", "page");
  ServerHooks hooks;
  hooks.ready = []() -> base::Status { throw std::logic_error("a bug"); };
  const auto server = start(settings_for(folder), hooks);
  const auto reply = ask(server->port(), "GET", "/readyz");
  CHECK(reply.status == 500);
  CHECK(reply.body.find("a bug") == std::string::npos);
  CHECK(ask(server->port(), "GET", "/").status == 200);
}

TEST_CASE("300 clients that never finish their request keep nobody out") {
  const Folder folder;
  folder.write("public/index.html", "page");
  const auto server = start(settings_for(folder));
  std::vector<Client> slow;
  for (int i = 0; i < 300; ++i) {
    slow.emplace_back(server->port());
    slow.back().say("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    if (i % 50 == 49) CHECK(ask(server->port(), "GET", "/healthz").status == 200);
  }
  CHECK(ask(server->port(), "GET", "/healthz").status == 200);
  CHECK(ask(server->port(), "GET", "/").body == "page");
}

TEST_CASE("Beyond the cap the client that has been silent longest gives way") {
  const Folder folder;
  folder.write("public/index.html", "page");
  auto settings = settings_for(folder);
  settings.connections = 2;
  const auto server = start(settings);
  Client first(server->port());
  Client second(server->port());
  first.say("GET / HT");
  second.say("GET / HTTP/1.1\r\n");
  CHECK(ask(server->port(), "GET", "/").status == 200);
  CHECK(first.rest().empty());
  second.say("Host: localhost\r\n\r\n");
  CHECK(test::parse_reply(second.rest()).body == "page");
}

TEST_CASE("When every connection is being answered, one more is told to come back") {
  const Folder folder;
  folder.write("public/index.html", "page");
  folder.write("public/status.json", "x");
  std::filesystem::resize_file(folder.path() / "public/status.json", 64 << 20);
  auto settings = settings_for(folder);
  settings.connections = 2;
  settings.deadline = std::chrono::minutes(5);
  const auto server = start(settings);
  std::vector<Client> busy;
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back(server->port(), 4096);
    busy.back().say("GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(busy.back().some(1) == "H");
  }
  Client more(server->port());
  CHECK(test::parse_reply(more.rest()).status == 503);
  busy.pop_back();
  // The dropped one frees its place as soon as the server sees it go: ask until then.
  int status = 503;
  for (int i = 0; i < 100'000 && status == 503; ++i) {
    Client again(server->port());
    again.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto bytes = again.rest();
    if (!bytes.empty()) status = test::parse_reply(bytes).status;
  }
  CHECK(status == 200);
}

TEST_CASE("A request that is not over by its deadline is dropped") {
  const Folder folder;
  folder.write("public/status.json", "x");
  std::filesystem::resize_file(folder.path() / "public/status.json", 64 << 20);
  auto settings = settings_for(folder);
  settings.deadline = std::chrono::milliseconds(50);
  const auto server = start(settings);
  Client silent(server->port());
  silent.say("GET / HTTP/1.1\r\n");
  CHECK(silent.rest().empty());
}

TEST_CASE("A large file comes whole") {
  const Folder folder;
  std::string large(5'000'000, '.');
  for (std::size_t i = 0; i < large.size(); i += 997) large[i] = static_cast<char>('a' + (i % 26));
  folder.write("public/status.json", large);
  const auto server = start(settings_for(folder));
  const auto reply = ask(server->port(), "GET", "/status.json");
  CHECK(reply.status == 200);
  CHECK(reply.body == large);
}

TEST_CASE("A port that is taken is named") {
  const Folder folder;
  const auto server = start(settings_for(folder));
  auto settings = settings_for(folder);
  settings.listen = fmt::format("127.0.0.1:{}", server->port());
  CHECK(server->url() == "http://" + settings.listen);
  const auto second = StatusServer::start(settings, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().fault == base::Fault::retry_later);
  CHECK(second.error().what.find(settings.listen) != std::string::npos);
}

TEST_CASE("A stopped server drops its clients and its port") {
  const Folder folder;
  folder.write("public/index.html", "page");
  const auto server = start(settings_for(folder));
  const auto port = server->port();
  Client silent(port);
  silent.say("GET / HT");
  CHECK(ask(port, "GET", "/").status == 200);
  server->stop();
  server->stop();
  CHECK(silent.rest().empty());
  CHECK_THROWS_AS(Client(port), std::system_error);
}

}  // namespace
}  // namespace ntmd::serve
