#include <catch2/catch.hpp>

#include "daemon/engine/connector_test.h"
#include "schemas/embedded.h"

using namespace ntmd;

TEST_CASE("every connector of the catalogue passes its own tests") {
  std::size_t connectors = 0;
  for (const auto& file : schemas::embedded()) {
    if (!file.path.starts_with("connectors/catalogue/")) continue;
    ++connectors;
    settings::Problems problems;
    const auto results = engine::run_connector_tests(file.path, file.text, problems);
    CAPTURE(file.path, problems.lines());
    CHECK(problems.empty());
    CHECK_FALSE(results.empty());
    for (const auto& result : results) {
      CAPTURE(result.name, result.differences);
      CHECK(result.differences.empty());
    }
  }
  CHECK(connectors >= 3);
}

TEST_CASE("a connector's test that expects something else fails and says what it got") {
  const std::string head = R"(connector: t
fetch: {files: {dir: in}}
decode: {csv: {}}
map: {unit: {column: u, type: unit}, n: {column: n, type: integer}}
load: {figures: {unit: unit, values: {adults: n}, as_of: $date}}
tests:
  - name: one
    today: 2024-12-20
    file: {name: a.csv, text: "u,n\n08515,5\n08515,x\n"}
    expect: )";
  const auto run = [&](const std::string& expect) {
    settings::Problems problems;
    const auto results = engine::run_connector_tests("t.yaml", head + expect, problems);
    CAPTURE(problems.lines());
    REQUIRE(results.size() == 1);
    return results[0].differences;
  };
  using Lines = std::vector<std::string>;
  CHECK(run("{rows: {loaded: 1, quarantined: 1}, figures: [{unit: \"08515\", element: adults, as_of: 2024-12-20, "
            "value: 5}]}") == Lines{});
  CHECK(run("{rows: {loaded: 2}}") == Lines{"rows.loaded: got 1, expected 2"});
  CHECK(run("{quarantine: []}") == Lines{"quarantine rows: got 1, expected 0"});
  CHECK(run("{quarantine: [{line: 2, rule: unit}]}") ==
        Lines{"quarantine[0].line: got 3, expected 2", "quarantine[0].rule: got integer, expected unit"});
  CHECK(run("{figures: [{unit: \"08515\", element: adults, as_of: 2024-12-20, value: 6}]}").size() == 2);
  CHECK(run("{figures: []}") == Lines{"figures: got 08515 adults 2024-12-20 = 5, expected none"});
  CHECK(run("{refused: anything}") == Lines{"refused: got a delivery, expected \"anything\""});
  CHECK(run("{held: everything}").size() == 1);
  CHECK(run("{notes: something}").size() == 1);
}

TEST_CASE("a connector without tests is a problem") {
  settings::Problems problems;
  CHECK(engine::run_connector_tests("t.yaml", "connector: t\n", problems).empty());
  REQUIRE(problems.size() == 1);
  CHECK(problems.lines()[0].find("expected at least one") != std::string::npos);
}

TEST_CASE("a connector in place of a source is tested like one of the catalogue") {
  const std::string source = R"(id: own
schedule: {cron: "0 * * * *", timezone: UTC}
connector:
  fetch: {files: {dir: in}}
  decode: {csv: {}}
  map: {unit: {column: u, type: unit}, n: {column: n, type: integer}}
  load: {figures: {unit: unit, values: {adults: n}, as_of: $date}}
)";
  settings::Problems problems;
  CHECK(engine::run_connector_tests("own.yaml", source, problems).empty());
  REQUIRE(problems.size() == 1);
  CHECK(problems.lines()[0].find("tests: there are none, expected at least one") != std::string::npos);

  settings::Problems none;
  const auto results = engine::run_connector_tests("own.yaml", source + R"(  tests:
    - {name: one, today: 2024-12-20, file: {name: a.csv, text: "u,n\n08515,5\n"}, expect: {rows: {loaded: 1}}}
    - {name: two, today: 2024-12-20, file: {name: a.csv, text: "u,n\n08515,5\n"}, expect: {rows: {loaded: 2}}}
)",
                                                   none);
  CAPTURE(none.lines());
  CHECK(none.empty());
  REQUIRE(results.size() == 2);
  CHECK(results[0].differences.empty());
  CHECK(results[1].differences.size() == 1);

  // The tests of a source that names one of the catalogue are that connector's.
  CHECK(engine::run_connector_tests("s.yaml", "id: s\nconnector: figures-csv\nschedule: {}\n", none).empty());
  CHECK(none.empty());
}

TEST_CASE("a test that expects nothing is a problem, not a pass") {
  settings::Problems problems;
  const auto results = engine::run_connector_tests("t.yaml", R"(connector: t
fetch: {files: {dir: in}}
decode: {csv: {}}
map: {unit: {column: u, type: unit}, n: {column: n, type: integer}}
load: {figures: {unit: unit, values: {adults: n}, as_of: $date}}
tests: [{name: one, file: {name: a.csv, text: "u,n\n08515,5\n"}, expect: {}}]
)",
                                                   problems);
  CHECK(results.empty());
  CHECK_FALSE(problems.empty());
}
