#include <catch2/catch.hpp>

#include "daemon/base/clock.h"
#include "daemon/base/time_zone.h"

using namespace ntmd::base;
using namespace std::chrono_literals;
using std::chrono::local_days;
using std::chrono::sys_days;
using std::chrono::year;

TEST_CASE("an instant prints as RFC 3339 in UTC, with microseconds in an order that sorts as text") {
  const Instant at{sys_days{year{2024} / 12 / 20} + 3h + 4min + 5s + 123us};
  CHECK(to_rfc3339(at) == "2024-12-20T03:04:05Z");
  CHECK(to_rfc3339_micros(at) == "2024-12-20T03:04:05.000123Z");
  const Instant before_epoch{sys_days{year{1969} / 12 / 31} + 23h + 59min + 59s + 999999us};
  CHECK(to_rfc3339(before_epoch) == "1969-12-31T23:59:59Z");
  CHECK(to_rfc3339_micros(before_epoch) == "1969-12-31T23:59:59.999999Z");
  CHECK(to_rfc3339_micros(at) < to_rfc3339_micros(at + 1us));
}

TEST_CASE("a manual clock stands until it is told") {
  ManualClock clock(Instant{sys_days{year{2024} / 1 / 1}});
  const auto now = clock.now();
  const auto steady = clock.steady();
  CHECK(clock.now() == now);
  clock.advance(90s);
  CHECK(clock.now() - now == 90s);
  CHECK(clock.steady() - steady == 90s);
}

TEST_CASE("a time zone is found by its name, and an unknown one is named in the fault") {
  const auto zone = TimeZone::find("Asia/Ho_Chi_Minh");
  REQUIRE(zone);
  CHECK(zone->name() == "Asia/Ho_Chi_Minh");
  const Instant at{sys_days{year{2024} / 12 / 31} + 17h};
  CHECK(zone->to_local(at) == local_days{year{2025} / 1 / 1} + 0us);
  CHECK(zone->to_instant(local_days{year{2025} / 1 / 1} + 0us) == at);
  for (const auto* name : {"Asia/Hanoi", "", "../../etc/passwd", "Asia"}) {
    const auto unknown = TimeZone::find(name);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().fault == Fault::bad_config);
    CHECK_THAT(unknown.error().what, Catch::Contains(name));
  }
}

TEST_CASE("a local time that is skipped becomes the first instant after the gap") {
  const auto zone = TimeZone::find("America/New_York").value();
  const auto day = local_days{year{2024} / 3 / 10};
  const Instant gap_end{sys_days{year{2024} / 3 / 10} + 7h};
  CHECK(zone.to_instant(day + 1h + 59min) == gap_end - 1min);
  CHECK(zone.to_instant(day + 2h) == gap_end);
  CHECK(zone.to_instant(day + 2h + 30min) == gap_end);
  CHECK(zone.to_instant(day + 3h) == gap_end);
}

TEST_CASE("a local time that occurs twice becomes its first occurrence") {
  const auto zone = TimeZone::find("America/New_York").value();
  const auto local = local_days{year{2024} / 11 / 3} + 1h + 30min;
  const Instant first{sys_days{year{2024} / 11 / 3} + 5h + 30min};
  CHECK(zone.to_instant(local) == first);
  CHECK(zone.to_local(first) == local);
  CHECK(zone.to_local(first + 1h) == local);
}
