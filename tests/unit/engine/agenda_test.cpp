#include "daemon/engine/agenda.h"

#include <catch2/catch.hpp>

using namespace ntmd;
using namespace ntmd::engine;
using namespace std::chrono_literals;

namespace {

base::Instant at(std::string_view day, std::chrono::minutes minutes) {
  const auto zone = base::TimeZone::find("Asia/Ho_Chi_Minh").value();
  int year = 0;
  unsigned month = 0;
  unsigned date = 0;
  REQUIRE(std::sscanf(std::string(day).c_str(), "%d-%u-%u", &year, &month, &date) == 3);
  const auto midnight =
      std::chrono::local_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(date));
  return zone.to_instant(midnight + minutes);
}

AgendaEntry entry(std::string id, std::string_view cron, bool catch_up = true, std::chrono::milliseconds jitter = 0ms,
                  std::string_view zone = "Asia/Ho_Chi_Minh") {
  return {std::move(id), settings::Cron::parse(cron).value(), base::TimeZone::find(zone).value(), jitter, catch_up};
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("an entry is due at its time, once, and again at the next") {
  Agenda agenda;
  const auto start = at("2026-03-01", 60min);
  agenda.add(entry("a", "30 * * * *"), start, start);
  CHECK(agenda.take_due(start + 29min).empty());
  REQUIRE(agenda.next() == start + 30min);
  CHECK(agenda.take_due(start + 30min) == Ids{"a"});
  CHECK(agenda.take_due(start + 31min).empty());
  agenda.done("a", start + 32min);
  CHECK(agenda.take_due(start + 89min).empty());
  CHECK(agenda.take_due(start + 90min) == Ids{"a"});
}

TEST_CASE("what was missed while the daemon was down runs once, or not at all when it is not to catch up") {
  Agenda agenda;
  const auto now = at("2026-03-02", 601min);
  const auto last = at("2026-03-01", 600min);
  agenda.add(entry("last", "0 * * * *", true), last, now);
  agenda.add(entry("skip", "0 * * * *", false), last, now);
  agenda.add(entry("new", "0 0 1 1 *", true), std::nullopt, now);
  CHECK(agenda.take_due(now) == Ids{"last", "new"});
  for (const auto* id : {"last", "new"}) agenda.done(id, now);
  CHECK(agenda.take_due(now + 1min).empty());
  CHECK(agenda.take_due(now + 59min) == Ids{"last", "skip"});
}

TEST_CASE("one that is under way does not start again; the time it overran is caught up once") {
  Agenda agenda;
  const auto start = at("2026-03-01", 0min);
  agenda.add(entry("slow", "*/5 * * * *"), start, start);
  agenda.add(entry("skips", "*/5 * * * *", false), start, start);
  CHECK(agenda.take_due(start + 5min).size() == 2);
  CHECK(agenda.take_due(start + 10min).empty());
  CHECK(agenda.take_due(start + 15min).empty());
  agenda.done("slow", start + 17min);
  agenda.done("skips", start + 17min);
  CHECK(agenda.take_due(start + 17min) == Ids{"slow"});
  agenda.done("slow", start + 18min);
  CHECK(agenda.take_due(start + 19min).empty());
  CHECK(agenda.take_due(start + 20min).size() == 2);
}

TEST_CASE("jitter is the same each time and below its bound, and different ids differ") {
  CHECK(stable_jitter("bank-vcb", 120s) == stable_jitter("bank-vcb", 120s));
  CHECK(stable_jitter("bank-vcb", 0ms) == 0ms);
  std::vector<std::chrono::milliseconds> seen;
  for (int i = 0; i < 50; ++i) seen.push_back(stable_jitter("bank-" + std::to_string(i), 120s));
  for (const auto each : seen) CHECK((each >= 0ms && each < 120s));
  std::ranges::sort(seen);
  CHECK(std::ranges::unique(seen).begin() - seen.begin() > 40);

  Agenda agenda;
  const auto start = at("2026-03-01", 0min);
  agenda.add(entry("j", "0 * * * *", true, 120s), start + 5min, start + 5min);
  const auto due = start + 60min + stable_jitter("j", 120s);
  CHECK(agenda.next() == due);
  CHECK(agenda.take_due(due) == Ids{"j"});
  agenda.done("j", due + 1s);
  CHECK(agenda.next() == due + 60min);
}

TEST_CASE("a jump of the clock ahead makes each due once; back, nothing twice and nothing silent for a year") {
  Agenda agenda;
  const auto start = at("2026-03-01", 0min);
  agenda.add(entry("a", "0 * * * *"), start, start);
  CHECK(agenda.take_due(start + std::chrono::days(365)) == Ids{"a"});
  agenda.done("a", start + std::chrono::days(365));
  // Set back to where it was: the next full hour counts, not the one of next year.
  CHECK(agenda.take_due(start + 1min).empty());
  CHECK(agenda.next() == start + 60min);
  CHECK(agenda.take_due(start + 60min) == Ids{"a"});
}

TEST_CASE("what was asked to wait when the clock was set back is pulled in when its wait is over") {
  Agenda agenda;
  const auto start = at("2026-03-01", 0min);
  agenda.add(entry("a", "0 * * * *"), start, start);
  CHECK(agenda.take_due(start + std::chrono::days(365)) == Ids{"a"});
  agenda.done("a", start + std::chrono::days(365));
  agenda.hold_off("a", start + 30min);
  CHECK(agenda.take_due(start + 1min).empty());
  CHECK(agenda.take_due(start + 31min).empty());
  CHECK(agenda.next() == start + 60min);
  CHECK(agenda.take_due(start + 60min) == Ids{"a"});
}

TEST_CASE("what was under way when the clock was set back is pulled in when it is done") {
  Agenda agenda;
  const auto start = at("2026-03-01", 0min);
  const auto wrong = start + std::chrono::hours(24 * 365);
  for (const auto* id : {"a", "b"}) agenda.add(entry(id, "0 3 * * *"), wrong, wrong);
  CHECK(agenda.take_due(wrong + std::chrono::hours(24)) == Ids{"a", "b"});
  agenda.done("b", start + 1min);
  CHECK(agenda.take_due(start + 1min).empty());
  CHECK(agenda.take_due(start + 2min).empty());
  agenda.done("a", start + 3min);
  CHECK(agenda.take_due(start + 3min).empty());
  CHECK(agenda.take_due(start + std::chrono::hours(4)) == Ids{"a", "b"});
}

TEST_CASE("a daily entry runs once on the days when the zone changes its clocks") {
  for (const auto* day : {"2026-03-08", "2026-11-01"}) {
    Agenda agenda;
    const auto start = at(day, -560min);
    agenda.add(entry("daily", "30 2 * * *", false, 0ms, "America/New_York"), start, start);
    int runs = 0;
    for (auto now = start; now < start + 35h; now += 1min) {
      for (const auto& id : agenda.take_due(now)) {
        ++runs;
        agenda.done(id, now);
      }
    }
    CHECK(runs == 1);
  }
}

TEST_CASE("a source that was asked to wait is not due before, and an operator may start it all the same") {
  Agenda agenda;
  const auto start = at("2026-03-01", 0min);
  agenda.add(entry("a", "*/5 * * * *"), start, start);
  agenda.hold_off("a", start + 22min);
  CHECK(agenda.take_due(start + 21min).empty());
  CHECK(agenda.begin("a"));
  CHECK_FALSE(agenda.begin("a"));
  CHECK(agenda.take_due(start + 23min).empty());
  agenda.done("a", start + 24min);
  CHECK(agenda.take_due(start + 24min) == Ids{"a"});
}

TEST_CASE("a moment is due once, and the last that was named counts") {
  Agenda agenda;
  const auto start = at("2026-03-01", 60min);
  agenda.add(entry("a", "30 * * * *"), start, start);
  agenda.at("alerts", start + 20min);
  agenda.at("alerts", start + 10min);
  CHECK(agenda.next() == start + 10min);
  CHECK(agenda.take_due(start + 9min).empty());
  CHECK(agenda.take_due(start + 10min) == Ids{"alerts"});
  CHECK(agenda.take_due(start + 29min).empty());
  agenda.at("alerts", start + 30min);
  CHECK(agenda.take_due(start + 31min) == Ids{"a", "alerts"});
  agenda.at("alerts", start + 40min);
  agenda.at("alerts", std::nullopt);
  CHECK(agenda.take_due(start + 50min).empty());
}
