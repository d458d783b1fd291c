// What is listed, of one source or of all, and what is dropped from the lists.
#include <catch2/catch.hpp>

#include "daemon/store/sqlite_connection.h"
#include "daemon/store/sqlite_listings.h"
#include "tests/contract/store/home.h"

using namespace ntmd;

namespace {

store::RunRow poll(std::string id, std::string source, store::Outcome outcome, int minute) {
  store::RunRow row;
  row.id = std::move(id);
  row.source = std::move(source);
  row.outcome = outcome;
  row.ended = row.started = base::Instant(std::chrono::minutes(minute));
  return row;
}

/// How SQLite goes about a statement, one step a line.
std::string plan(store::Connection& db, const std::string& sql) {
  std::string out;
  store::Query query(db, "EXPLAIN QUERY PLAN " + sql);
  while (query.next()) out += query.text(3) + "\n";
  REQUIRE(query.status());
  return out;
}

}  // namespace

TEST_CASE("the last success is known however many polls have failed since") {
  test::Home home;
  CHECK(home.store->last_success("bank").value() == std::nullopt);
  REQUIRE(home.store->record_run(poll("a", "bank", store::Outcome::failed, 1)));
  CHECK(home.store->last_success("bank").value() == std::nullopt);
  for (const auto outcome : {store::Outcome::ok, store::Outcome::unchanged, store::Outcome::partial}) {
    REQUIRE(home.store->record_run(
        poll(std::string(store::to_string(outcome)), "bank", outcome, 10 + static_cast<int>(outcome))));
    CHECK(home.store->last_success("bank").value() ==
          base::Instant(std::chrono::minutes(10 + static_cast<int>(outcome))));
  }
  for (const auto outcome : {store::Outcome::empty_suspect, store::Outcome::held, store::Outcome::refused,
                             store::Outcome::failed, store::Outcome::interrupted, store::Outcome::skipped}) {
    REQUIRE(home.store->record_run(poll(std::string(store::to_string(outcome)), "bank", outcome, 100)));
  }
  REQUIRE(home.store->record_run(poll("other", "school", store::Outcome::ok, 200)));
  CHECK(home.store->last_success("bank").value() == base::Instant(std::chrono::minutes(13)));
}

TEST_CASE("polls are kept to a number, and the last success beyond it") {
  test::Home home;
  REQUIRE(home.store->record_run(poll("first", "bank", store::Outcome::ok, 1)));
  REQUIRE(home.store->record_run(poll("last", "bank", store::Outcome::ok, 2)));
  const auto db = store::Connection::open(home.folder / "ntmd.db");
  REQUIRE(db);
  REQUIRE((*db)->write([&] {
    return (*db)->run(
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 10000)"
        " INSERT INTO poll (id, source, started, ended, outcome, fetched, loaded, filtered, quarantined, deliveries,"
        " message) SELECT 'bulk ' || n, poll.source, n, n, 7, 0, 0, 0, 0, 0, '' FROM poll, number WHERE id = 'last'");
  }));
  REQUIRE(home.store->record_run(poll("newest", "bank", store::Outcome::failed, 3)));
  CHECK(home.store->last_success("bank").value() == base::Instant(std::chrono::minutes(2)));
  const auto kept = home.store->run_rows("bank", 0).value();
  CHECK(kept.size() == 10'001);
  CHECK(kept.front().id == "newest");
  CHECK(kept.back().id == "last");
}

TEST_CASE("an alert that is over is dropped with the assessment that says so") {
  test::Home home;
  store::AssessmentCommit commit;
  commit.as_of = "2024-12-20";
  commit.generation = 1;
  for (const char* key : {"held 1", "held 2"}) {
    store::AlertRow row;
    row.key = key;
    row.name = "DeliveryHeld";
    row.state = "resolved";
    row.body = "{}";
    commit.alerts.push_back(row);
  }
  REQUIRE(home.store->commit_assessment(commit));
  store::AssessmentCommit next;
  next.as_of = "2024-12-20";
  next.generation = 2;
  next.alerts_over = {"held 1"};
  REQUIRE(home.store->commit_assessment(next));
  const auto kept = home.store->alerts().value();
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].key == "held 2");
}

TEST_CASE("how new figures are is told by the days they speak of, up to the day asked for") {
  test::Home home;
  const auto commit = [&](std::string id, std::string part, std::vector<int> days, bool whole) {
    store::StagedDelivery staged;
    staged.head.id = std::move(id);
    staged.head.source = "so-lieu";
    staged.head.connector = "figures-csv";
    staged.head.part = std::move(part);
    staged.head.whole = whole;
    staged.head.received = home.clock.now();
    for (const auto day : days) {
      model::Figure figure;
      figure.unit = model::UnitCode::of("08515").value();
      figure.element = home.elements->intern("adults");
      figure.period = {model::Day(day), model::Day(day)};
      staged.figures.push_back(figure);
    }
    staged.head.counts.fetched = staged.head.counts.loaded = days.size();
    REQUIRE(home.store->commit(staged));
  };
  const auto newest = [&](int day) { return home.store->newest_in_force("so-lieu", model::Day(day))->dated; };
  CHECK(newest(1000) == std::nullopt);
  commit("aaaaaaaaaaaaaaaa", "a.csv", {100, 200, 900}, true);
  CHECK(newest(99) == std::nullopt);
  CHECK(newest(199) == model::Day(100));
  CHECK(newest(500) == model::Day(200));
  CHECK(newest(900) == model::Day(900));
  commit("bbbbbbbbbbbbbbbb", "b.csv", {300}, true);
  CHECK(newest(500) == model::Day(300));
  commit("cccccccccccccccc", "b.csv", {150}, true);  // the file says another thing now
  CHECK(newest(500) == model::Day(200));
  REQUIRE(home.store->set_standing("aaaaaaaaaaaaaaaa", store::Standing::retracted, "wrong"));
  CHECK(newest(1000) == model::Day(150));
  CHECK(home.store->newest_in_force("other", model::Day(1000))->dated == std::nullopt);
}

TEST_CASE("of one source the polls and deliveries are found without reading those of others") {
  test::Home home;
  const auto db = store::Connection::open(home.folder / "ntmd.db");
  REQUIRE(db);
  for (const auto& sql :
       {store::kPollsOfSource, store::kHeadsOfSource, store::kLastSuccess, store::kNewestDay, store::kNewestRegister}) {
    const auto steps = plan(**db, sql);
    CAPTURE(sql, steps);
    for (const char* table : {"delivery", "poll", "source", "figure", "told", "later"})
      CHECK(steps.find(std::string("SCAN ") + table) == std::string::npos);
  }
}
