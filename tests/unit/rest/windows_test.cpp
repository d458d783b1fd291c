#include <catch2/catch.hpp>

#include "connectors/rest/rest_exchange.h"

namespace ntmd::connectors {
namespace {

model::Day day(std::string_view iso) { return model::Day::parse(iso).value(); }

std::string names(std::string_view today, const std::optional<std::string>& cursor = std::nullopt, RestSpec spec = {}) {
  spec.window = WindowKind::finished_months;
  std::string out;
  for (const auto& window : windows_to_poll(spec, day(today), cursor)) out += (out.empty() ? "" : " ") + window.name;
  return out;
}

TEST_CASE("Every finished month of the year is asked for, a month from the day after its last") {
  CHECK(names("2026-04-30") == "2026-01 2026-02 2026-03");
  CHECK(names("2026-05-01") == "2026-01 2026-02 2026-03 2026-04");
  CHECK(names("2026-02-28") == "2026-01");
  CHECK(names("2026-12-31") ==
        "2026-01 2026-02 2026-03 2026-04 2026-05 2026-06 2026-07 2026-08 2026-09 2026-10 2026-11");
}

TEST_CASE("A month is a period from its first to its last day") {
  RestSpec spec;
  spec.window = WindowKind::finished_months;
  const auto windows = windows_to_poll(spec, day("2024-03-15"), std::nullopt);
  REQUIRE(windows.size() == 2);
  CHECK(windows[1].period == model::Period{day("2024-02-01"), day("2024-02-29")});
}

TEST_CASE("After a cursor only what is new is asked for, and the last two again") {
  CHECK(names("2026-08-13", "2026-07") == "2026-06 2026-07");
  CHECK(names("2026-09-01", "2026-07") == "2026-07 2026-08");
  CHECK(names("2026-08-13", "2026-03") == "2026-04 2026-05 2026-06 2026-07");
  CHECK(names("2026-02-20", "2026-01") == "2026-01");
  RestSpec never;
  never.ask_again = 0;
  CHECK(names("2026-08-13", "2026-07", never).empty());
}

TEST_CASE("Last year's months are asked for until 14 February, all of them on a first poll") {
  CHECK(names("2026-01-01") ==
        "2025-01 2025-02 2025-03 2025-04 2025-05 2025-06 2025-07 2025-08 2025-09 2025-10 2025-11 2025-12");
  CHECK(names("2026-01-01", "2025-11") == "2025-11 2025-12");
  CHECK(names("2026-02-14", "2025-12") == "2025-12 2026-01");
  CHECK(names("2026-02-15", "2025-12") == "2026-01");
  CHECK(names("2026-02-15") == "2026-01");
}

TEST_CASE("A source that asks for no earlier year has nothing to ask in January") {
  RestSpec spec;
  spec.previous_year_until = std::chrono::days(0);
  CHECK(names("2026-01-31", std::nullopt, spec).empty());
  CHECK(names("2026-02-01", std::nullopt, spec) == "2026-01");
}

TEST_CASE("A cursor ahead of a past day asks its last two months only") {
  CHECK(names("2026-04-10", "2026-07") == "2026-02 2026-03");
}

TEST_CASE("A source of what is true now has one window, the day") {
  const auto windows = windows_to_poll(RestSpec{}, day("2026-08-13"), "2026-08-12");
  REQUIRE(windows.size() == 1);
  CHECK(windows[0].name == "2026-08-13");
  CHECK(windows[0].period == model::Period{day("2026-08-13"), day("2026-08-13")});
}

TEST_CASE("The cursor moves forward only, and only past windows that were all delivered") {
  const RestWindow july{"2026-07", {day("2026-07-01"), day("2026-07-31")}};
  CHECK(cursor_after(std::nullopt, july, true) == "2026-07");
  CHECK(cursor_after("2026-06", july, true) == "2026-07");
  CHECK(cursor_after("2026-08", july, true) == "2026-08");
  CHECK(cursor_after("2026-05", july, false) == "2026-05");
  CHECK(cursor_after(std::nullopt, july, false) == std::nullopt);
}

}  // namespace
}  // namespace ntmd::connectors
