#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "daemon/settings/cron.h"

using namespace ntmd::settings;
using namespace std::chrono_literals;
using ntmd::base::Instant;
using ntmd::base::TimeZone;
using ntmd::base::to_rfc3339;
using std::chrono::sys_days;
using std::chrono::year;

namespace {

Cron cron(std::string_view expression) {
  auto parsed = Cron::parse(expression);
  INFO((parsed ? std::string() : parsed.error().what));
  REQUIRE(parsed);
  return *std::move(parsed);
}

TimeZone zone(std::string_view name) { return TimeZone::find(name).value(); }

/// The next `n` instants after `from`, as UTC text.
std::vector<std::string> run(const Cron& schedule, const TimeZone& where, Instant from, int n) {
  std::vector<std::string> found;
  for (int i = 0; i < n; ++i) {
    from = schedule.next(from, where).value();
    found.push_back(to_rfc3339(from));
  }
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the next instant lies strictly after the one given, in the zone's own time") {
  const Instant midnight{sys_days{year{2024} / 12 / 20}};
  CHECK(run(cron("10 */2 * * *"), zone("Asia/Ho_Chi_Minh"), midnight, 3) ==
        Texts{"2024-12-20T01:10:00Z", "2024-12-20T03:10:00Z", "2024-12-20T05:10:00Z"});
  const auto utc = zone("UTC");
  CHECK(cron("*/15 * * * *").next(midnight, utc) == midnight + 15min);
  CHECK(cron("*/15 * * * *").next(midnight - 1us, utc) == midnight);
  CHECK(cron("0 0 1 1 *").next(midnight, utc) == Instant{sys_days{year{2025} / 1 / 1}});
}

TEST_CASE("lists, ranges, steps and names mean what cron means by them") {
  const auto utc = zone("UTC");
  const Instant friday{sys_days{year{2024} / 12 / 20}};
  CHECK(run(cron("5,35 9-10 * * *"), utc, friday, 5) == Texts{"2024-12-20T09:05:00Z", "2024-12-20T09:35:00Z",
                                                              "2024-12-20T10:05:00Z", "2024-12-20T10:35:00Z",
                                                              "2024-12-21T09:05:00Z"});
  CHECK(run(cron("0 0-12/6 * JAN-feb,dec mon"), utc, friday, 4) ==
        Texts{"2024-12-23T00:00:00Z", "2024-12-23T06:00:00Z", "2024-12-23T12:00:00Z", "2024-12-30T00:00:00Z"});
  const auto sundays = run(cron("0 0 * * 7"), utc, friday, 2);
  CHECK(sundays == Texts{"2024-12-22T00:00:00Z", "2024-12-29T00:00:00Z"});
  CHECK(run(cron("0 0 * * 0"), utc, friday, 2) == sundays);
  CHECK(run(cron("0 0 * * sun"), utc, friday, 2) == sundays);
  CHECK(run(cron("0 0 * * sat-sun"), utc, friday, 3) ==
        Texts{"2024-12-21T00:00:00Z", "2024-12-22T00:00:00Z", "2024-12-28T00:00:00Z"});
  CHECK(run(cron("0 0 * * */2"), utc, friday, 4) ==
        Texts{"2024-12-21T00:00:00Z", "2024-12-22T00:00:00Z", "2024-12-24T00:00:00Z", "2024-12-26T00:00:00Z"});
}

TEST_CASE("with both day fields given either of them is enough") {
  const auto utc = zone("UTC");
  CHECK(run(cron("0 0 24 * fri"), utc, Instant{sys_days{year{2024} / 12 / 20}}, 3) ==
        Texts{"2024-12-24T00:00:00Z", "2024-12-27T00:00:00Z", "2025-01-03T00:00:00Z"});
}

TEST_CASE("a leap day is found however far, and a day that never comes is none") {
  const auto utc = zone("UTC");
  const auto leap = cron("0 0 29 2 *");
  CHECK(leap.next(Instant{sys_days{year{2024} / 3 / 1}}, utc) == Instant{sys_days{year{2028} / 2 / 29}});
  CHECK(leap.next(Instant{sys_days{year{2096} / 2 / 29}}, utc) == Instant{sys_days{year{2104} / 2 / 29}});
  CHECK_FALSE(cron("30 2 31 2 *").next(Instant{sys_days{year{2024} / 1 / 1}}, utc));
  CHECK_FALSE(cron("0 0 31 4,6,9,11 *").next(Instant{sys_days{year{2024} / 1 / 1}}, utc));
}

TEST_CASE("a daily job fires exactly once on every local day of a year with both clock changes") {
  const auto new_york = zone("America/New_York");
  for (const auto* expression : {"0 0 * * *", "30 1 * * *", "0 2 * * *", "30 2 * * *", "0 3 * * *", "59 23 * * *"}) {
    const auto schedule = cron(expression);
    std::map<std::chrono::local_days, int> fired;
    Instant at{sys_days{year{2024} / 1 / 1} + 5h - 1us};  // just before local midnight
    const Instant end{sys_days{year{2025} / 1 / 1} + 5h - 1us};
    while ((at = schedule.next(at, new_york).value()) <= end) {
      ++fired[std::chrono::floor<std::chrono::days>(new_york.to_local(at))];
    }
    INFO(expression);
    CHECK(fired.size() == 366);
    for (const auto& [day, times] : fired) CHECK(times == 1);
  }
}

TEST_CASE("what a clock change skips fires at its end, and what it repeats fires the first time") {
  const auto new_york = zone("America/New_York");
  CHECK(run(cron("30 2 * * *"), new_york, Instant{sys_days{year{2024} / 3 / 9} + 12h}, 2) ==
        Texts{"2024-03-10T07:00:00Z", "2024-03-11T06:30:00Z"});
  CHECK(run(cron("*/30 1-3 * * *"), new_york, Instant{sys_days{year{2024} / 3 / 10} + 6h}, 4) ==
        Texts{"2024-03-10T06:30:00Z", "2024-03-10T07:00:00Z", "2024-03-10T07:30:00Z", "2024-03-11T05:00:00Z"});
  const auto repeated = cron("30 1 * * *");
  const Instant first{sys_days{year{2024} / 11 / 3} + 5h + 30min};
  CHECK(repeated.next(first - 1min, new_york) == first);
  CHECK(repeated.next(first, new_york) == first + 25h);
  CHECK(repeated.next(first + 45min, new_york) == first + 25h);  // asked within the second 01:xx
}

TEST_CASE("an expression that is no cron is refused with the field and what it may hold") {
  const auto fault = [](std::string_view expression) {
    const auto parsed = Cron::parse(expression);
    INFO(expression);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().fault == ntmd::base::Fault::bad_config);
    return parsed.error().what;
  };
  CHECK_THAT(fault("* * * *"), Catch::Contains("4 fields, expected 5"));
  CHECK_THAT(fault(""), Catch::Contains("0 fields, expected 5"));
  CHECK_THAT(fault("@daily"), Catch::Contains("1 fields, expected 5"));
  CHECK_THAT(fault("* * * * * *"), Catch::Contains("6 fields, expected 5"));
  CHECK_THAT(fault("60 * * * *"), Catch::Contains("minute: found \"60\", expected 0-59"));
  CHECK_THAT(fault("* 24 * * *"), Catch::Contains("hour: found \"24\", expected 0-23"));
  CHECK_THAT(fault("* * 0 * *"), Catch::Contains("day of month: found \"0\", expected 1-31"));
  CHECK_THAT(fault("* * * 13 *"), Catch::Contains("month: found \"13\", expected 1-12 or jan-dec"));
  CHECK_THAT(fault("* * * * 8"), Catch::Contains("day of week: found \"8\", expected 0-7 or sun-sat"));
  for (const auto* expression :
       {"a * * * *", "-5 * * * *", "5- * * * *", "1,,2 * * * *", "10-5 * * * *", "*/0 * * * *", "*/x * * * *",
        "*/60 * * * *", "5/10 * * * *", "1-2-3 * * * *", "*-5 * * * *", "+5 * * * *", "1.5 * * * *", "* * mon * *",
        "* * * monday *", "** * * * *", "99999999999 * * * *"}) {
    fault(expression);
  }
  CHECK(cron("10 */2 * * *").text() == "10 */2 * * *");
}
