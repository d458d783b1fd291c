#include <fmt/format.h>

#include "daemon/store/record_months.h"
#include "tests/unit/engine/way_fixture.h"

using namespace ntmd;
using namespace ntmd::engine;

namespace {

std::string source(std::string_view upsert, std::string_view decode = "ndjson: {encoding: utf-8}") {
  return fmt::format(R"(id: s
schedule: {{cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}}
connector:
  fetch: {{files: {{dir: in}}}}
  decode: {{{}}}
  map:
    key: {{path: /k, type: text, keep: hash}}
    name: {{path: /n, type: text, optional: true}}
    unit: {{path: /u, type: unit, on: day}}
    group: {{path: /u, type: unit, on: day, groups: true}}
    day: {{path: /d, type: date}}
    changed: {{path: /c, type: date, format: yyyyMMddHHmmss, optional: true}}
    number: {{path: /v, type: integer, optional: true}}
  load: {{upsert: {}}}
)",
                     decode, upsert);
}

std::vector<std::string> figures(const base::Result<store::StagedDelivery>& delivery, const Way& way) {
  REQUIRE(delivery);
  REQUIRE(delivery->records);
  const auto told = store::figures_alone(*delivery->records);
  REQUIRE(told);
  std::vector<std::string> out;
  for (const auto& figure : *told) {
    out.push_back(fmt::format("{} {} {} {}", figure.unit.view(), way.elements.names().name(figure.element),
                              figure.period.first.iso(), figure.value));
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("every fault of load: upsert is told") {
  const std::pair<std::string, std::string> cases[] = {
      {"{unit: unit, counters: {dossiers: {on: day}}}", "key \"key\" is missing"},
      {"{key: name, unit: unit, counters: {dossiers: {on: day}}}", "expected keep: hash"},
      {"{key: key, unit: group, counters: {dossiers: {on: day}}}", "takes groups"},
      {"{key: key, unit: unit, version: unit, counters: {dossiers: {on: day}}}",
       "is of type unit, expected date or integer"},
      {"{key: key, unit: unit}", "key \"counters\" is missing"},
      {"{key: key, unit: unit, counters: {}}", "expected element: {on: field"},
      {"{key: key, unit: unit, counters: {adults: {on: day}}}", "is a stock, expected a flow"},
      {"{key: key, unit: unit, counters: {dosiers: {on: day}}}", "did you mean \"dossiers\""},
      {"{key: key, unit: unit, counters: {dossiers: {}}}", "key \"on\" is missing"},
      {"{key: key, unit: unit, counters: {dossiers: {on: []}}}", "names no date field"},
      {"{key: key, unit: unit, counters: {dossiers: {on: $date}}}", "is a day of the delivery"},
      {"{key: key, unit: unit, counters: {dossiers: {on: number}}}", "is of type integer, expected date"},
      {"{key: key, unit: unit, counters: {dossiers: {on: day, where: {number: 1}}}}", "cannot be compared"},
      {"{key: key, unit: unit, counters: {dossiers: {on: day}}, kye: 1}", "unknown key \"kye\""},
  };
  for (const auto& [text, message] : cases) {
    Way way;
    const auto faults = way.read(source(text));
    CAPTURE(text, faults);
    CHECK(way.plan == nullptr);
    CHECK(std::ranges::any_of(faults, [&](const auto& line) { return line.find(message) != std::string::npos; }));
  }
  Way way;
  CHECK_FALSE(
      way.read(source("{key: key, unit: unit, counters: {dossiers: {on: day}}}", "csv: {}, ndjson: {}")).empty());
  CHECK_FALSE(way.read(source("{key: key, unit: unit, counters: {dossiers: {on: day}}}", "ndjson: {encoding: latin1}"))
                  .empty());
}

TEST_CASE("of two rows of a key the greater version counts, wherever it stands; one without is the least") {
  Way way;
  way.source(source("{key: key, unit: unit, version: changed, counters: {dossiers: {on: day}}}"));
  const auto row = [](std::string_view changed, int day) {
    return fmt::format(R"({{"k":"1","u":"08515","d":"2024-{:02}-01","c":"{}"}})"
                       "\n",
                       day, changed);
  };
  const auto in = [&](const std::string& text) { return figures(way.deliver("a", text), way); };
  CHECK(in(row("20241201100001", 3) + row("20241201100000", 4)) == Lines{"08515 dossiers 2024-03-01 1"});
  CHECK(in(row("20241201100000", 3) + row("20241201100000", 4)) == Lines{"08515 dossiers 2024-04-01 1"});
  CHECK(in(row("20241201235959", 3) + row("20241202000000", 4)) == Lines{"08515 dossiers 2024-04-01 1"});
  CHECK(in(row("20241201100000", 3) + row("", 4)) == Lines{"08515 dossiers 2024-03-01 1"});

  way.source(
      source("{key: key, unit: unit, version: number, counters: {dossiers: {on: [changed, day], where: {name: x}}}}"));
  CHECK(in(R"({"k":"1","u":"08515","d":"2024-03-01","v":9,"n":"x"})"
           "\n"
           R"({"k":"1","u":"08515","d":"2024-03-01","v":8,"n":"y","c":"20240501000000"})"
           "\n"
           R"({"k":"2","u":"08515","d":"2024-03-01","v":1,"n":"z","c":"20240502000000"})"
           "\n") == Lines{"08515 dossiers 2024-03-01 1", "08515 dossiers 2024-04-01 0", "08515 dossiers 2024-05-01 0"});
}

TEST_CASE("the same lines in pieces of any size are the same delivery") {
  Way way;
  way.source(source("{key: key, unit: unit, version: changed, counters: {dossiers: {on: day}}}"));
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += fmt::format(R"({{"k":"{}","u":"{}","d":"2024-{:02}-01","x":"\u1ec7"}})"
                        "\n",
                        i % 150, i % 7 == 0 ? "99999" : "08515", 1 + i % 12);
  }
  const auto whole = way.deliver("a", text);
  REQUIRE(whole);
  CHECK(whole->head.kind == store::LoadKind::records);
  CHECK(whole->head.counts == store::Counts{200, 171, 0, 29});
  const auto expected = figures(way.deliver("a", text), way);
  for (const std::size_t piece : {1, 3, 100, 5'000}) {
    const auto cut = way.deliver("a", text, piece);
    REQUIRE(cut);
    CHECK(cut->head.id == whole->head.id);
    CHECK(cut->quarantine == whole->quarantine);
    CHECK(figures(cut, way) == expected);
  }
}

TEST_CASE("lines read side by side are the same delivery, their places too") {
  Way way;
  way.source(source("{key: key, unit: unit, version: changed, counters: {dossiers: {on: day}}}"));
  way.today = model::Day::of(2024, 9, 30).value();
  std::string text = "\xEF\xBB\xBF\n";
  for (int i = 0; i < 400; ++i) {
    text += i % 23 == 0
                ? std::string("{\"k\":\"x\",\r\n")
                : fmt::format(R"({{"k":"{}","u":"{}","d":"2024-{:02}-0{}","x":"\u1ec7"}})"
                              "\n",
                              i % 150, i % 7 == 0 ? "99999" : "08515", i < 250 ? 1 + i % 9 : 1 + i % 12, 1 + i % 9);
    if (i % 40 == 0) text += "\n";
  }
  text.pop_back();
  const auto read = [&](std::size_t block, std::size_t piece) {
    Pipeline pipeline(way.plan, *way.units, way.sources, way.pseudonyms, way.arrival("a"),
                      Workshop{.share = [](const std::function<void()>& task) { task(); }, .piece = piece});
    for (std::size_t at = 0; at < text.size(); at += block) {
      const std::string bytes(text.substr(at, block));
      REQUIRE(pipeline.feed(bytes));
    }
    auto delivery = pipeline.finish();
    REQUIRE(delivery);
    std::string out = fmt::format("{} {} {}\n", delivery->head.id, delivery->head.counts.loaded, delivery->head.reason);
    for (const auto& row : delivery->quarantine)
      out += fmt::format("{} {} {} {}\n", row.line, row.byte, row.rule, row.message);
    for (const auto& note : pipeline.notes()) out += note + '\n';
    for (const auto& line : figures(delivery, way)) out += line + '\n';
    return out;
  };
  const auto whole = read(text.size(), text.size() + 1);
  CHECK(whole.find("rows are dated after 2024-09-30, first line 2") != std::string::npos);
  for (const std::size_t piece : {6'000, 1'000, 200, 1}) {
    CHECK(read(text.size(), piece) == whole);
    CHECK(read(777, piece) == whole);
    CHECK(read(1, piece) == whole);
  }
}
