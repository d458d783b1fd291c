#include <fmt/format.h>
#include <map>

#include "tests/unit/engine/way_fixture.h"

using namespace ntmd;
using namespace ntmd::engine;

TEST_CASE("a bank's delivery is runs of hashes per commune, and counts add up") {
  Way way;
  way.source(kBank);
  const auto made =
      way.deliver("vcb_2024-12-01.csv", std::string(kBankHeader) +
                                            "08515,025090000001,AN,01/02/1990,TK,01/02/2023,ACTIVE\n"
                                            "08515,025090000001,AN,01/02/1990,VI,01/02/2023,ACTIVE\n"
                                            "08092,025191000002,\"LE,TY\",03/04/1991,TK,01/02/2023,CLOSED\n"
                                            "08515,02509000000,BA,01/02/1990,TK,01/02/2023,ACTIVE\n");
  REQUIRE(made);
  CHECK(made->head.source == "bank-vcb");
  CHECK(made->head.connector == "bank-accounts-csv");
  CHECK(made->head.kind == store::LoadKind::snapshot);
  CHECK(made->head.partition == "vcb/2024-12-01");
  CHECK(made->head.part == "vcb_2024-12-01.csv");
  CHECK(made->head.dated == model::Day::of(2024, 12, 1));
  CHECK(made->head.counts == store::Counts{4, 2, 1, 1});
  CHECK(made->head.standing == store::Standing::in_force);
  const auto runs = Way::runs(*made);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].unit.view() == "08092");
  CHECK(runs[0].keys.empty());
  CHECK(runs[1].unit.view() == "08515");
  CHECK(runs[1].keys == std::vector<std::uint64_t>{way.pseudonyms.of("025090000001")});
  CHECK(runs[1].key_id == 7);
  CHECK(way.plan->counted == std::vector<model::ElementId>{way.elements.find("account_holders")->id});
  REQUIRE(made->quarantine.size() == 1);
  CHECK(made->quarantine[0].line == 5);
  CHECK(made->quarantine[0].message == "column \"so_cccd\" has 11 digits, expected 12");
  CHECK_FALSE(made->quarantine[0].value.has_value());
}

TEST_CASE("while the person key is replaced a snapshot has the same people under both, whoever reads it") {
  Way way;
  way.source(kBank);
  std::string text(kBankHeader);
  for (int i = 0; i < 900; ++i) {
    text += fmt::format("{},025090{:06},AN,01/02/{},TK,01/02/2023,{}\n", i % 3 == 0 ? "08515" : "08092", i % 400,
                        i % 7 == 0 ? 1915 : 1990, i % 5 == 0 ? "CLOSED" : "ACTIVE");
  }
  const connectors::PersonKey next{base::SipKey{9, 8, 7}, 8};
  const auto runs_of = [&](const connectors::Pseudonyms& pseudonyms, std::size_t piece) {
    Pipeline pipeline(way.plan, *way.units, way.sources, pseudonyms, way.arrival("vcb_2024-12-01.csv"),
                      Workshop{.piece = piece});
    REQUIRE(pipeline.feed(text));
    auto made = pipeline.finish();
    REQUIRE(made);
    return Way::runs(*made);
  };
  const auto old_ones = runs_of(way.pseudonyms, 0);
  const auto new_ones = runs_of(connectors::Pseudonyms(next), 0);
  REQUIRE(old_ones.size() == 2);
  CHECK(old_ones[0].keys.size() == new_ones[0].keys.size());
  CHECK(old_ones[0].keys != new_ones[0].keys);
  for (const std::size_t piece : {0U, 5000U, 300U}) {
    const auto both = runs_of(connectors::Pseudonyms(way.pseudonyms.key(), next), piece);
    CHECK(both == std::vector<store::Run>{old_ones[0], new_ones[0], old_ones[1], new_ones[1]});
  }
}

TEST_CASE("nothing of a person stands in anything a delivery keeps or says") {
  Way way;
  way.source(kBank);
  const std::string canary = "025090123456";
  const auto made = way.deliver("vcb_2024-12-01.csv", std::string(kBankHeader) + canary + "," + canary +
                                                          ",NGUYEN CANARY,01/02/1990,TK,x,ACTIVE\n" + "08515," +
                                                          canary + "9,NGUYEN CANARY,01/02/1990,TK,01/02/2023,ACTIVE\n" +
                                                          "NGUYEN CANARY,8,AN,01/02/1990,TK,01/02/2023,ACTIVE\n");
  REQUIRE(made);
  CHECK(made->quarantine.size() == 3);
  std::string told = made->head.reason;
  for (const auto& row : made->quarantine) {
    CHECK_FALSE(row.value.has_value());
    told += row.message + row.column;
  }
  for (const auto& note : way.notes) told += note;
  CHECK(told.find(canary.substr(0, 9)) == std::string::npos);
  CHECK(told.find("CANARY") == std::string::npos);
}

TEST_CASE("any cut of the bytes and any order of the rows give the same people") {
  Way way;
  way.source(kBank);
  std::vector<std::string> rows;
  for (int i = 0; i < 300; ++i) {
    rows.push_back(fmt::format("{},0250900{:05},\"A,\"\"{}\"\"\",01/02/19{:02},TK,01/02/2023,{}\n",
                               i % 3 == 0 ? "08515" : "08092", i % 211, i, 50 + (i % 50),
                               i % 7 == 0 ? "CLOSED" : "ACTIVE"));
  }
  const auto join = [&] {
    std::string text(kBankHeader);
    for (const auto& row : rows) text += row;
    return text;
  };
  const auto whole = way.deliver("vcb_2024-12-01.csv", join());
  REQUIRE(whole);
  const auto runs = Way::runs(*whole);
  for (const std::size_t piece : {1, 2, 3, 7, 64, 1000}) {
    const auto cut = way.deliver("vcb_2024-12-01.csv", join(), piece);
    REQUIRE(cut);
    CHECK(cut->head.id == whole->head.id);
    CHECK(cut->head.counts == whole->head.counts);
    CHECK(Way::runs(*cut) == runs);
  }
  std::reverse(rows.begin(), rows.end());
  const auto reversed = way.deliver("vcb_2024-12-01.csv", join());
  REQUIRE(reversed);
  CHECK(reversed->head.id != whole->head.id);
  CHECK(Way::runs(*reversed) == runs);
}

TEST_CASE("the same bytes of the same source and partition are the same delivery") {
  Way way;
  const std::string text = "unit,element,as_of,period_start,period_end,value\n08515,adults,2024-12-01,,,10\n";
  way.source(kFigures);
  const auto first = way.deliver("a.csv", text);
  const auto renamed = way.deliver("b.csv", text);
  const auto changed = way.deliver("a.csv", text + "\n");
  REQUIRE((first && renamed && changed));
  CHECK(first->head.id.size() == 32);
  // Told again under another name, later: it counts again.
  CHECK(first->head.id != renamed->head.id);
  CHECK(first->head.id != changed->head.id);
  CHECK(first->head.content_sha256 == base::sha256_hex(text));
  CHECK(first->head.partition == "a.csv");

  way.source(kBank);
  const auto bank = std::string(kBankHeader) + "08515,025090000001,AN,01/02/1990,TK,01/02/2023,ACTIVE\n";
  const auto monday = way.deliver("vcb_2024-12-02.csv", bank);
  const auto tuesday = way.deliver("vcb_2024-12-03.csv", bank);
  REQUIRE((monday && tuesday));
  CHECK(monday->head.id != tuesday->head.id);
}

TEST_CASE("figures carry what a version needs, the later row of a cell last") {
  Way way;
  way.source(kFigures);
  const auto made = way.deliver(
      "a.csv",
      "unit,element,as_of,period_start,period_end,value\n08515,adults,2024-12-01,,,10\n"
      "08515,adults,2024-12-01,,,11\n08515,dossiers,,2024-10-01,2024-10-31,5\n08515,adults,2024-12-01,,,\n");
  REQUIRE(made);
  CHECK(made->head.kind == store::LoadKind::figures);
  CHECK(made->head.counts == store::Counts{4, 3, 1, 0});
  REQUIRE(made->figures.size() == 3);
  const auto& figure = made->figures[1];
  CHECK(figure.unit.view() == "08515");
  CHECK(figure.element == way.elements.find("adults")->id);
  CHECK(figure.source == way.sources.find("so-lieu-xa"));
  CHECK(figure.value == 11);
  CHECK(figure.row > made->figures[0].row);
  CHECK(figure.received == made->head.received);
  CHECK(figure.period == model::Period{model::Day::of(2024, 12, 1).value(), model::Day::of(2024, 12, 1).value()});
}

TEST_CASE("a delivery beyond what is expected is held, and says the numbers and the first fault") {
  Way way;
  way.source(std::string(kFigures) + "expect: {rows_min: 3, rows_max: 3, quarantine_max_pct: 25}\n");
  const std::string header = "unit,element,as_of,period_start,period_end,value\n";
  const std::string row = "08515,adults,2024-12-01,,,10\n";
  const std::string bad = "08515,adults,2024-12-01,,,x\n";
  CHECK(way.deliver("a.csv", header + row + row + row + bad)->head.standing == store::Standing::in_force);
  const auto faulty = way.deliver("a.csv", header + row + row + row + bad + bad);
  REQUIRE(faulty);
  CHECK(faulty->head.standing == store::Standing::held);
  CHECK(faulty->head.outcome == store::Outcome::held);
  CHECK(faulty->head.reason ==
        "2 of 5 rows are in quarantine, expected at most 25 %; first line 5, integer: column \"value\" is no whole "
        "number from 0 to 10^15 in digits");
  CHECK(way.deliver("a.csv", header + row)->head.reason == "1 valid rows, expected at least 3");
  CHECK(way.deliver("a.csv", header + row + row + row + row)->head.reason == "4 valid rows, expected at most 3");
}

TEST_CASE("an empty snapshot or register is recorded and changes nothing, empty figures are fine") {
  Way way;
  way.source(kBank);
  const auto bank = way.deliver("vcb_2024-12-01.csv", kBankHeader);
  REQUIRE(bank);
  CHECK(bank->head.standing == store::Standing::recorded);
  CHECK(bank->head.outcome == store::Outcome::empty_suspect);
  way.source(kEvidence);
  const auto evidence =
      way.deliver("a.csv", "unit,indicator,kind,number,issued_on,issuer,valid_to,state,confirmed_value,sha256\n");
  REQUIRE(evidence);
  CHECK(evidence->head.standing == store::Standing::recorded);
  CHECK(evidence->head.partition == "ho-so");
  way.source(kFigures);
  const auto figures = way.deliver("a.csv", "unit,element,as_of,period_start,period_end,value\n");
  REQUIRE(figures);
  CHECK(figures->head.standing == store::Standing::in_force);
  CHECK(figures->head.outcome == store::Outcome::ok);
}

TEST_CASE("what cannot be read is refused whole, with file and place") {
  Way way;
  way.source(kBank);
  CHECK(way.deliver("vcb_2024-12-01.csv", "").error().what == "vcb_2024-12-01.csv:1:1: empty file, expected a header");
  CHECK(way.deliver("vcb_2024-12-01.csv", "<html>").error().fault == base::Fault::bad_data);
  CHECK(way.deliver("vcb.csv", kBankHeader).error().what.find("expected yyyy-MM-dd") != std::string::npos);
  const auto half = way.deliver("vcb_2024-12-01.csv", std::string(kBankHeader) + "08515,0250900\n08515,\"0250");
  REQUIRE_FALSE(half);
  CHECK(half.error().what.starts_with("vcb_2024-12-01.csv:3:1: a quote is opened here"));
}

TEST_CASE("a half-written last row is quarantined, the rows before it are loaded") {
  Way way;
  way.source(kBank);
  const auto made =
      way.deliver("vcb_2024-12-01.csv",
                  std::string(kBankHeader) + "08515,025090000001,AN,01/02/1990,TK,01/02/2023,ACTIVE\n08515,0250");
  REQUIRE(made);
  CHECK(made->head.counts == store::Counts{2, 1, 0, 1});
  CHECK(made->quarantine[0].rule == "fields");
}

TEST_CASE("quarantine keeps a bounded number of rows and counts all") {
  Way way;
  way.source(kFigures);
  std::string text = "unit,element,as_of,period_start,period_end,value\n";
  for (int i = 0; i < 10'500; ++i) text += "08515,adults,2024-12-01,,,x\n";
  const auto made = way.deliver("a.csv", text);
  REQUIRE(made);
  CHECK(made->quarantine.size() == 10'000);
  CHECK(made->head.quarantine_left_out == 500);
  CHECK(made->head.counts == store::Counts{10'500, 0, 0, 10'500});
}

TEST_CASE("a connector in place reads JSON records, sums a cell and skips what it is told to skip") {
  Way way;
  way.source(R"(
id: cho-dan
connector:
  fetch: {files: {dir: in, match: "*.json"}}
  decode: {json: {records: /data}}
  map:
    unit: {path: /code, type: unit, scheme: portal, on: [day]}
    day: {path: /day, type: date, format: "yyyy-MM-dd*"}
    total: {path: /total, type: integer}
    online: {path: /channels/online, type: integer}
    level: {path: /level, type: text, optional: true}
  check: {skip: {level: PROVINCE}}
  load:
    figures: {unit: unit, values: {dossiers: total, dossiers_online: online}, period: [day, day], aggregate: sum}
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
expect: {quarantine_max_pct: 50}
)");
  const auto made = way.deliver("a.json", R"({"data":[
    {"code":"H44","level":"PROVINCE","total":"not looked at"},
    {"code":"H44.131","day":"2024-03-01T00:00:00Z","total":10,"channels":{"online":7}},
    {"code":"H44.131","day":"2024-03-01T12:00:00Z","total":5,"channels":{"online":null}},
    {"code":"H44.131","day":"2024-03-02T12:00:00Z","total":null,"channels":null},
    {"code":"H44.999","day":"2024-03-02T12:00:00Z","total":1},
    {"code":"H44.128","day":"2024-03-02T12:00:00Z","total":1.5}]})");
  REQUIRE(made);
  CHECK(made->head.counts == store::Counts{6, 2, 2, 2});
  REQUIRE(made->figures.size() == 2);
  CHECK(made->figures[0].value == 15);
  CHECK(made->figures[1].value == 7);
  CHECK(made->figures[0].unit.view() == "08515");
  REQUIRE(made->quarantine.size() == 2);
  CHECK(made->quarantine[0].line == 0);
  CHECK(
      made->quarantine[0].message.starts_with("record 5: column \"/code\" on 2024-03-02: unit \"H44.999\" is unknown"));
  CHECK(made->quarantine[1].column == "/total");
  CHECK(made->quarantine[1].value == "1.5");
  CHECK_FALSE(way.deliver("a.json", R"({"data":[{"code":"H44.131",)").has_value());
}

TEST_CASE("rows are counted per commune, all of them or those that fulfil a condition; none that does is a 0") {
  Way way;
  way.source(R"(
id: y-te
connector:
  fetch: {files: {dir: in, match: "*.csv"}, date: {from: file_name, pattern: yyyy-MM-dd}}
  decode: {csv: {}}
  map:
    unit: {column: unit, type: unit}
    score: {column: score, type: text, optional: true}
    calls: {column: calls, type: integer}
  load:
    figures:
      unit: unit
      values:
        health_facilities: {count: rows}
        health_facilities_synced: {count: rows, where: {score: ["1", "1.0"]}}
        telehealth_encounters: calls
      as_of: $date
      period: [$date, $date]
      aggregate: sum
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
)");
  const auto made =
      way.deliver("y-2024-12-01.csv", "unit,score,calls\n08515,1.0,3\n08515,0.9,\n08515,1,4\n08053,,0\n08053,0.5,2\n");
  REQUIRE(made);
  CHECK(made->head.counts == store::Counts{5, 5, 0, 0});
  std::map<std::string, std::int64_t> got;
  for (const auto& figure : made->figures) {
    got[std::string(figure.unit.view()) + " " + std::string(way.elements.names().name(figure.element))] = figure.value;
  }
  CHECK(got == std::map<std::string, std::int64_t>{{"08515 health_facilities", 3},
                                                   {"08515 health_facilities_synced", 2},
                                                   {"08515 telehealth_encounters", 7},
                                                   {"08053 health_facilities", 2},
                                                   {"08053 health_facilities_synced", 0},
                                                   {"08053 telehealth_encounters", 2}});
}

TEST_CASE("a row that would make a sum larger than any number is refused whole") {
  Way way;
  way.source(R"(
id: y-te
connector:
  fetch: {files: {dir: in, match: "*.csv"}, date: {from: file_name, pattern: yyyy-MM-dd}}
  decode: {csv: {}}
  map:
    unit: {column: unit, type: unit}
    calls: {column: calls, type: integer}
    more: {column: more, type: integer}
  load:
    figures:
      unit: unit
      values: {telehealth_encounters: calls, dossiers: more}
      period: [$date, $date]
      aggregate: sum
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
expect: {quarantine_max_pct: 50}
)");
  // The largest number that a row may have fits 9,223 times.
  std::string text = "unit,calls,more\n";
  for (int i = 0; i < 9224; ++i) text += "08515,1000000000000000,1\n";
  const auto made = way.deliver("y-2024-12-01.csv", text + "08515,0,7\n");
  REQUIRE(made);
  CHECK(made->head.counts == store::Counts{9225, 9224, 0, 1});
  REQUIRE(made->figures.size() == 2);
  for (const auto& figure : made->figures) {
    const bool calls = way.elements.names().name(figure.element) == "telehealth_encounters";
    CHECK(figure.value == (calls ? 9'223'000'000'000'000'000 : 9230));
  }
  REQUIRE(made->quarantine.size() == 1);
  CHECK(made->quarantine[0].line == 9225);
  CHECK(made->quarantine[0].rule == "sum");
}

TEST_CASE("distinct things are counted without a person key") {
  Way way;
  way.source(R"(
id: cameras
connector:
  fetch: {files: {dir: in, match: "*"}, date: {from: file_name, pattern: yyyy-MM-dd}}
  decode: {csv: {}}
  map:
    unit: {column: unit, type: unit, scheme: name}
    area: {column: area, type: text, keep: hash}
    online: {column: online, type: boolean}
  load:
    snapshot: {partition: [$source, $date]}
    derive:
      residential_areas_with_connected_camera: {count: distinct area, by: unit, where: {online: true}}
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
)");
  const auto made = way.deliver(
      "c-2024-12-01.csv",
      "unit,area,online\nUBND xã Hy Cương,K1,true\nxa hy cuong,K1,true\nHY CƯƠNG,K2,false\nHy Cương,K3,true\n");
  REQUIRE(made);
  CHECK(made->head.counts == store::Counts{4, 4, 0, 0});
  CHECK(made->head.partition == "cameras/2024-12-01");
  const auto runs = Way::runs(*made);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].keys.size() == 2);
  CHECK(runs[0].key_id == 0);
}

TEST_CASE("rows dated after today are stored and noted, with the first line") {
  Way way;
  way.source(kFigures);
  const auto made = way.deliver("a.csv",
                                "unit,element,as_of,period_start,period_end,value\n08515,adults,2024-12-20,,,10\n"
                                "08515,adults,2024-12-21,,,11\n08515,adults,2024-12-25,,,12\n");
  REQUIRE(made);
  CHECK(made->figures.size() == 3);
  REQUIRE(way.notes.size() == 1);
  CHECK(way.notes[0] ==
        "a.csv: 2 rows are dated after 2024-12-20, first line 3; they are stored and wait for their day");
}
