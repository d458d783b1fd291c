#include "daemon/engine/channel_health.h"

#include <catch2/catch.hpp>

using namespace ntmd;
using namespace ntmd::engine;

namespace {

store::OutboxRow row(std::string channel, std::uint32_t attempts) {
  store::OutboxRow row;
  row.channel = std::move(channel);
  row.attempts = attempts;
  row.last_error = "HTTP 500";
  return row;
}

}  // namespace

TEST_CASE("A channel whose first message has failed for long is failing; what waits behind it says nothing") {
  CHECK(failing_channels({}).empty());
  CHECK(failing_channels({row("a", kLongFailing - 1), row("b", 0)}).empty());
  const auto failing =
      failing_channels({row("a", kLongFailing), row("b", 1), row("a", 0), row("b", kLongFailing), row("c", 100)});
  CHECK(failing.size() == 2);
  CHECK(failing.at("a").find("8 tries: HTTP 500") != std::string::npos);
  CHECK(failing.contains("c"));
}
