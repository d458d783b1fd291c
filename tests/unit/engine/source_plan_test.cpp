#include "tests/unit/engine/way_fixture.h"

using namespace ntmd;
using namespace ntmd::engine;

namespace {

/// Whether one of the faults holds all of `text`.
bool tells(const std::vector<std::string>& faults, std::string_view text) {
  return std::any_of(faults.begin(), faults.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

std::string connector_with(std::string_view map, std::string_view load, std::string_view more = {}) {
  return "id: s\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\nconnector:\n" + std::string(more) +
         "  fetch: {files: {dir: in}}\n  decode: {csv: {}}\n  map:\n" + std::string(map) + "  load:\n" +
         std::string(load);
}

constexpr std::string_view kMap =
    "    unit: {column: u, type: unit}\n    day: {column: d, type: date}\n    n: {column: n, type: integer}\n";
constexpr std::string_view kLoad = "    figures: {unit: unit, values: {adults: n}, as_of: day}\n";

}  // namespace

TEST_CASE("a source is its connector with its parameters, folders relative to its file") {
  Way way;
  const auto plan = way.source(std::string(kBank) + "freshness: {warn_after: 30d, error_after: 60d}\n");
  CHECK(plan->id == "bank-vcb");
  CHECK(plan->connector == "bank-accounts-csv");
  REQUIRE(plan->folder);
  CHECK(plan->folder->dir == "in/banks");
  CHECK(plan->folder->match == "vcb_*.csv");
  CHECK(plan->folder->stable_for == std::chrono::seconds(30));
  CHECK(plan->folder->date_pattern == "yyyy-MM-dd");
  CHECK_FALSE(plan->rest);
  CHECK(plan->personal);
  CHECK(plan->spool == Spooling::digest);
  CHECK(plan->schedule.missed == MissedRuns::last);
  CHECK(plan->schedule.deadline == std::chrono::minutes(20));
  CHECK(plan->expect.quarantine_max_pct == 50);
  CHECK(plan->expect.flips_max_pct == 10);
  CHECK(plan->freshness.error_after == std::chrono::hours(60 * 24));
  CHECK(way.source(kFigures)->spool == Spooling::copy);
  CHECK(way.source(kFigures)->counted.empty());
}

TEST_CASE("every fault of a source is told, with file, line and column") {
  Way way;
  const auto faults = way.read(R"(id: Bank VCB
connector: bank-acounts-csv
with: {dir: in}
schedule: {cron: "61 * * * *", missed: always, deadlin: 5m}
freshness: {warn_after: 90d, error_after: 60d}
expect: {quarantine_max_pct: 101, rows_min: 5, rows_max: 4}
shedule: {}
)");
  CHECK(way.plan == nullptr);
  CHECK(tells(faults, "sources.d/s.yaml:1:"));
  CHECK(tells(faults, "sources.d/s.yaml:2:"));
  CHECK(tells(faults, "did you mean \"bank-accounts-csv\"?"));
  CHECK(tells(faults, "timezone"));
  CHECK(tells(faults, "deadlin"));
  CHECK(tells(faults, "missed"));
  CHECK(tells(faults, "warn_after"));
  CHECK(tells(faults, "quarantine_max_pct"));
  CHECK(tells(faults, "rows_min"));
  CHECK(tells(faults, "sources.d/s.yaml:7:"));
  CHECK(tells(faults, "did you mean \"schedule\"?"));
}

TEST_CASE("a bad cron or time zone is told") {
  Way way;
  CHECK(tells(way.read("id: s\nconnector: figures-csv\nwith: {dir: a, match: b}\nschedule: {cron: \"61 * * * *\", "
                       "timezone: Asia/Hanoi}\n"),
              "schedule.cron"));
  CHECK(tells(way.read("id: s\nconnector: figures-csv\nwith: {dir: a, match: b}\nschedule: {cron: \"1 * * * *\", "
                       "timezone: Asia/Hanoi}\n"),
              "schedule.timezone"));
}

TEST_CASE("parameters are asked by the connector: unknown, missing and mistyped ones are faults") {
  Way way;
  const std::string head =
      "id: s\nconnector: bank-accounts-csv\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\n";
  CHECK(tells(way.read(head + "with: {dir: in, match: \"*\", bnk: vcb}\n"),
              "unknown parameter \"bnk\", did you mean \"bank\"?"));
  CHECK(tells(way.read(head + "with: {dir: in, match: \"*\"}\n"), "parameter \"bank\" is missing"));
  CHECK(tells(way.read(head), "parameter \"dir\" is missing"));
  CHECK(tells(way.read(head + "with: {dir: in, match: \"*\", bank: \"v/cb\"}\n"), "is no id"));
  CHECK(tells(way.read(head + "with: {dir: in, match: \"a/*\", bank: vcb}\n"), "no pattern on a file name"));
  CHECK(tells(way.read(head + "with: {dir: in, match: [a], bank: vcb}\n"), "with.match"));
}

TEST_CASE("a copy of people's rows cannot be asked for") {
  Way way;
  CHECK(tells(way.read(std::string(kBank) + "spool: copy\n"), "spool: copy would keep people's rows"));
}

TEST_CASE("a connector in place is read as strictly as one of the catalogue") {
  Way way;
  CHECK(way.read(connector_with(kMap, kLoad)).empty());
  CHECK(tells(way.read(connector_with("    unit: {column: u, type: units}\n", kLoad)), "did you mean \"unit\"?"));
  CHECK(tells(way.read(connector_with("    unit: {colum: u, type: unit}\n", kLoad)), "colum"));
  CHECK(tells(way.read(connector_with("    unit: {path: /u, type: unit}\n", kLoad)), "expected one of column, value"));
  CHECK(tells(way.read(connector_with(kMap, "    figures: {unit: unti, values: {adults: n}, as_of: day}\n")),
              "did you mean \"unit\"?"));
  CHECK(tells(way.read(connector_with(kMap, "    figures: {unit: unit, values: {adult: n}, as_of: day}\n")),
              "did you mean \"adults\"?"));
  CHECK(tells(way.read(connector_with(kMap, "    figures: {unit: unit, values: {adults: day}, as_of: day}\n")),
              "expected integer"));
  CHECK(tells(way.read(connector_with(kMap, "    figures: {unit: unit, values: {dossiers: n}, as_of: day}\n")),
              "is a flow, expected period"));
  const auto counted = [&](const std::string& value, std::string_view more = ", aggregate: sum") {
    return way.read(connector_with(
        kMap, "    figures: {unit: unit, values: {adults: " + value + "}, as_of: day" + std::string(more) + "}\n"));
  };
  CHECK(counted("{count: rows}").empty());
  CHECK(tells(counted("{count: rows}", ""), "adults counts rows, expected aggregate: sum"));
  CHECK(tells(counted("{count: columns}"), "expected rows"));
  CHECK(tells(counted("{cuont: rows}"), "did you mean \"count\"?"));
  CHECK(tells(counted("{count: rows, where: {nn: x}}"), "field \"nn\" is not in map"));
  CHECK(tells(counted("{count: rows, where: {n: 1}}"), "cannot be compared"));
  CHECK(tells(way.read(connector_with(kMap, "    figures: {unit: n, values: {adults: n}, as_of: day}\n")),
              "expected unit"));
  CHECK(tells(way.read(connector_with(kMap, "    figure: {}\n")), "expected one of figures, evidence, snapshot"));
  CHECK(tells(way.read(connector_with(
                  kMap, "    snapshot: {partition: [$bank]}\n    derive: {adults: {count: distinct n, by: unit}}\n")),
              "$bank"));
  CHECK(tells(way.read(connector_with(
                  kMap, "    snapshot: {partition: [a]}\n    derive: {adults: {count: distinct n, by: unit}}\n")),
              "expected \"distinct FIELD\""));
  CHECK(tells(way.read(connector_with("    day: {column: d, type: date, format: dd/MM}\n", kLoad)),
              "names no whole day"));
  CHECK(tells(way.read(connector_with("    unit: {column: u, type: unit, on: $window.last}\n    day: {column: d, type: "
                                      "date}\n    n: {column: n, type: integer}\n",
                                      kLoad)),
              "known of a poll only"));
}

TEST_CASE("a citizen number needs a personal connector and is only ever kept as a pseudonym") {
  Way way;
  const std::string map =
      "    unit: {column: u, type: unit}\n    p: {column: p, type: citizen_number, keep: pseudonym}\n";
  const std::string load =
      "    snapshot: {partition: [a]}\n    derive: {account_holders: {count: distinct p, by: unit}}\n";
  CHECK(tells(way.read(connector_with(map, load)), "expected personal: true"));
  CHECK(way.read(connector_with(map, load, "  personal: true\n")).empty());
  CHECK(tells(way.read(connector_with("    unit: {column: u, type: unit}\n    p: {column: p, type: citizen_number}\n",
                                      load, "  personal: true\n")),
              "keep: pseudonym"));
  CHECK(tells(way.read(connector_with(
                  "    unit: {column: u, type: unit}\n    p: {column: p, type: citizen_number, keep: text}\n", load,
                  "  personal: true\n")),
              "keep"));
}

TEST_CASE("an operator's connector folder adds to the catalogue and overrides it") {
  Way way;
  const auto faults = way.read("id: s\nconnector: own\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\n",
                               "sources.d/s.yaml", "tests/unit/engine/connectors");
  CAPTURE(faults);
  CHECK(faults.empty());
  const auto overridden = way.read(kFigures, "sources.d/s.yaml", "tests/unit/engine/connectors");
  CHECK(tells(overridden, "tests/unit/engine/connectors/figures-csv/figures-csv.yaml:1:"));
}

TEST_CASE("a connector's sections stand in the order of the way that the data goes") {
  Way way;
  const std::string head = "id: s\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\nconnector:\n";
  const std::string fetch = "  fetch: {files: {dir: in}}\n";
  const std::string verify = "  verify: {manifest: required}\n";
  const std::string map = "  map:\n" + std::string(kMap);
  const std::string load = "  load:\n" + std::string(kLoad);
  const std::string decode = "  decode: {csv: {}}\n";
  CHECK(way.read(head + fetch + verify + decode + map + load).empty());
  const auto faults = way.read(head + fetch + map + decode + verify + load);
  CAPTURE(faults);
  CHECK(faults.size() == 2);
  CHECK(tells(faults,
              "\"decode\" stands after \"map\", expected the order fetch, verify, decode, map, check, load, tests"));
  CHECK(tells(faults, "\"verify\" stands after \"map\""));
}

TEST_CASE("verify asks for a manifest, of files only") {
  Way way;
  const std::string manifest = "  verify: {manifest: required}\n";
  way.source(connector_with(kMap, kLoad));
  CHECK_FALSE(way.plan->folder->manifest_required);
  std::string text = connector_with(kMap, kLoad);
  text.insert(text.find("  decode:"), manifest);
  way.source(text);
  CHECK(way.plan->folder->manifest_required);
  text.replace(text.find("required"), 8, "requird");
  CHECK(tells(way.read(text), "did you mean \"required\"?"));
  text.replace(text.find("requird"), 7, "required");
  text.replace(text.find("{files: {dir: in}}"), 18,
               "{rest: {base_url: \"http://127.0.0.1\", steps: [{request: {path: \"/x\"}}]}}");
  CHECK(tells(way.read(text), "verify: stands beside a fetch without files"));
}

TEST_CASE("a connector may be a folder with connector.yaml in it") {
  Way way;
  const auto faults =
      way.read("id: s\nconnector: foldered\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\n",
               "sources.d/s.yaml", "tests/unit/engine/connectors");
  CAPTURE(faults);
  CHECK(faults.empty());
  CHECK(tells(way.read("id: s\nconnector: folderd\nschedule: {cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}\n",
                       "sources.d/s.yaml", "tests/unit/engine/connectors"),
              "did you mean \"foldered\"?"));
}
