#include <algorithm>
#include <catch2/catch.hpp>

#include "daemon/base/files.h"
#include "daemon/base/log.h"
#include "tests/unit/base/temp_folder.h"

using namespace ntmd::base;
using ntmd::test::bytes_of;
using ntmd::test::TempFolder;

namespace {

const Instant kAt{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1} + std::chrono::hours(10) +
                  std::chrono::microseconds(123'456)};

}  // namespace

TEST_CASE("a log line reads time, level, event, fields and text") {
  CHECK(log::render(log::Format::text, kAt, log::Level::info, "delivery.loaded",
                    {{"run", "r-1"}, {"rows", std::int64_t{-5}}, {"held", true}}, "all rows are in") ==
        R"(2026-08-01T10:00:00.123Z info  delivery.loaded run=r-1 rows=-5 held=true text="all rows are in")");
  CHECK(log::render(log::Format::text, kAt, log::Level::error, "x", {}, {}) == "2026-08-01T10:00:00.123Z error x");
  CHECK(
      log::render(log::Format::json, kAt, log::Level::warn, "delivery.held",
                  {{"run", "r-1"}, {"rows", 5}, {"first", false}}, "wait") ==
      R"({"ts":"2026-08-01T10:00:00.123Z","level":"warn","event":"delivery.held","run":"r-1","rows":5,"first":false,"text":"wait"})");
}

TEST_CASE("whatever a value holds, one event is one line and cannot pose as another field") {
  const std::string hostile = "a\r\n2026-08-01T10:00:00.123Z error fake\x1b[2J \"q\" k=v \\ \t\x7f\xff\xe2\x80\xae";
  for (const auto format : {log::Format::text, log::Format::json}) {
    const auto line = log::render(format, kAt, log::Level::info, "e", {{"value", hostile}}, hostile);
    CHECK(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
    CHECK_THAT(line, !Catch::Contains("\xff"));
    CHECK_THAT(line, !Catch::Contains("\xe2\x80\xae"));  // reverses what follows on a screen
  }
  CHECK(log::render(log::Format::text, kAt, log::Level::info, "e", {{"v", "a b=\"c\\\n\x1b"}}, {}) ==
        R"(2026-08-01T10:00:00.123Z info  e v="a b=\"c\\\n\x1b")");
  CHECK(log::render(log::Format::text, kAt, log::Level::info, "e", {{"v", ""}, {"w", "Xã"}}, {}) ==
        R"(2026-08-01T10:00:00.123Z info  e v="" w=Xã)");
}

TEST_CASE("the log file has mode 0640, keeps to its level and is rotated") {
  const TempFolder folder;
  const auto files = make_system_files();
  log::Settings settings;
  settings.level = log::Level::warn;
  settings.format = log::Format::json;
  settings.file = folder / "ntmd.log";
  settings.rotate_bytes = 400;
  settings.keep_files = 2;
  REQUIRE(log::configure(settings));
  log::info("quiet", {});
  log::warn("loud", {{"n", 1}}, "line\nbreak");
  log::flush();
  const auto first = bytes_of(folder / "ntmd.log");
  CHECK_THAT(first, Catch::Contains(R"("event":"loud","n":1,"text":"line\nbreak"})") && !Catch::Contains("quiet"));
  CHECK(std::ranges::count(first, '\n') == 1);
  CHECK(files->state(folder / "ntmd.log")->mode == 0640);
  for (int i = 0; i < 20; ++i) log::warn("again", {{"i", i}});
  log::flush();
  CHECK(files->list(folder.path()).value() == std::vector<std::string>{"ntmd.1.log", "ntmd.2.log", "ntmd.log"});
  for (const auto* name : {"ntmd.log", "ntmd.1.log", "ntmd.2.log"}) {
    CHECK(files->state(folder / name)->size <= 400);
    CHECK(files->state(folder / name)->mode == 0640);
  }
  REQUIRE(log::configure({}));
}

TEST_CASE("a log file that cannot be opened is told, and lines go where they went before") {
  const TempFolder folder;
  folder.put("file", "");
  log::Settings good;
  good.file = folder / "good.log";
  REQUIRE(log::configure(good));
  log::Settings bad;
  bad.file = folder / "file/ntmd.log";
  const auto refused = log::configure(bad);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::bad_config);
  CHECK_THAT(refused.error().what, Catch::Contains("file/ntmd.log"));
  log::info("still.here", {});
  log::flush();
  CHECK_THAT(bytes_of(folder / "good.log"), Catch::Contains("still.here"));
  REQUIRE(log::configure({}));
}
