#include "daemon/notify/channels.h"

#include <catch2/catch.hpp>

#include "daemon/settings/yaml.h"

using namespace ntmd;
using namespace std::chrono_literals;
using notify::ChannelKind;

namespace {

struct Read {
  settings::Problems problems;
  std::vector<notify::Channel> channels;

  explicit Read(std::string_view text) {
    const auto root = settings::parse_yaml("alerts.yaml", text, problems);
    REQUIRE(root);
    channels = notify::read_channels(*root, "/etc/ntm", problems);
  }
  std::string faults() const {
    std::string out;
    for (const auto& line : problems.lines()) out += line + '\n';
    return out;
  }
};

}  // namespace

TEST_CASE("every kind of channel is read with its defaults") {
  const Read read(R"(
- {id: room, kind: webhook, url: {secret: room_url}, sign: {secret: room_key}}
- {id: am, kind: alertmanager, url: "http://127.0.0.1:9093", timeout: 5s}
- {id: mail, kind: smtp, url: "smtps://mail.example", from: ntmd@example.vn, to: [a@example.vn], user: u, password: {secret: p}}
- {id: script, kind: command, argv: ["on-alert.d/tell", "a b"]}
)");
  CHECK(read.faults().find("is no path") == std::string::npos);
  CHECK(read.faults().empty());
  REQUIRE(read.channels.size() == 4);
  CHECK(read.channels[0].url_secret->name == "room_url");
  CHECK(read.channels[0].timeout == 10s);
  CHECK(read.channels[1].kind == ChannelKind::alertmanager);
  CHECK(read.channels[1].timeout == 5s);
  CHECK(read.channels[2].timeout == 30s);
  CHECK(read.channels[3].argv == std::vector<std::string>{"/etc/ntm/on-alert.d/tell", "a b"});
}

TEST_CASE("an address that could break a header, a command or a line is refused") {
  for (const char* address :
       {"a@b\\r\\nBcc: c@d", "a@b>, <c@d", "a b@c", "a@", "@b", "a@b@c", "a\\u00e3@b", "a", "\\\"a\\\"@b"}) {
    const Read read(std::string("- {id: m, kind: smtp, url: 'smtp://127.0.0.1', from: ntmd@x, to: [\"") + address +
                    "\"]}\n");
    INFO(address);
    CHECK(read.faults().find("expected an address as name@host") != std::string::npos);
  }
}

TEST_CASE("what a kind does not know is a fault at its place") {
  const Read read(R"(- {id: room, kind: webhook, url: "https://a.example", argv: [x], timeout: 1ms}
- {id: m, kind: smtp, url: "smtp://127.0.0.1", from: a@b, to: [], user: u}
- {id: "a b", kind: command, argv: ["true"]}
- {kind: webhook, url: "https://user:word@a.example"}
)");
  for (const char* text : {"alerts.yaml:1:55: unknown key \"argv\"", "timeout: expected 1s to 5m",
                           "channel, to: expected 1 to 100", "has one of user and password", "channel, id \"a b\"",
                           "\"true\" is no path", "key \"id\" is missing", "it has a user name"}) {
    INFO(text);
    INFO(read.faults());
    CHECK(read.faults().find(text) != std::string::npos);
  }
  CHECK(read.faults().find("word@") == std::string::npos);
}
