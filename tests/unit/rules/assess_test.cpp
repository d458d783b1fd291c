#include "daemon/rules/assess.h"

#include <catch2/catch.hpp>
#include <random>

#include "daemon/rules/decision.h"
#include "daemon/rules/evaluate.h"
#include "daemon/rules/select.h"
#include "schemas/embedded.h"

using namespace ntmd;
using model::Day;
using rules::Reason;

namespace {

Day day(const char* iso) { return Day::parse(iso).value(); }

constexpr std::string_view kCriteria = R"(criteria: small
version: "1"
name: {vi: nho, en: small}
legal: ["none"]
in_force: {from: 2024-01-01}
subject: {unit: [xa]}
window: {kind: calendar_year, carry_over: 45d}
met_when: {all: pillars}
pillars:
  - id: "1"
    name: {vi: a, en: a}
    met_when: {all: indicators}
    indicators:
      - id: "1.1"
        name: {vi: a, en: a}
        figure: {ratio: [adults_with_smartphone, adults], at_least: 85%}
        evidence: [confirm_area]
      - id: "1.2"
        name: {vi: a, en: a}
        figure: {ratio: [dossiers_online, dossiers], at_least: 75%}
      - {id: "1.3", name: {vi: a, en: a}, evidence: [inspection]}
tests: []
)";

struct World {
  settings::Problems problems;
  model::ElementTable elements;
  model::NameTable sources;
  std::shared_ptr<const units::UnitRegister> units;
  std::unique_ptr<rules::Facts> facts;
  rules::AssessRequest request;
  std::uint32_t row = 0;

  World() {
    rules::parse_elements("elements", schemas::embedded("schemas/elements.yaml"), elements, problems);
    const std::vector<units::UnitRegister::Csv> csv{
        {"units",
         "code,name,kind,group,valid_from,valid_to\n00001,Xã A,xa,1,2020-01-01,\n00002,Xã B,xa,1,2020-01-01,\n"
         "00003,Xã C,xa,1,2020-01-01,2024-06-30\n00003,Xã D,xa,1,2024-07-01,\n"}};
    units = std::make_shared<const units::UnitRegister>(units::UnitRegister::load(csv, {}, {}, problems));
    facts = std::make_unique<rules::Facts>(elements, sources);
    for (const auto* id : {"a", "b"})
      facts->set_source(sources.intern(id), {id, std::chrono::days(20), std::chrono::days(40)});
    auto criteria = rules::parse_criteria("small", kCriteria, elements, problems);
    for (const auto& line : problems.lines()) UNSCOPED_INFO(line);
    REQUIRE(criteria);
    request = {
        day("2024-12-20"), day("2024-12-20"), units, {std::make_shared<const rules::Criteria>(std::move(*criteria))}};
  }

  model::Figure figure(const char* unit, const char* element, const char* first, const char* last, std::int64_t value,
                       const char* source = "a") {
    model::Figure out;
    out.unit = model::UnitCode::of(unit).value();
    out.element = elements.find(element)->id;
    out.source = sources.intern(source);
    out.period = {day(first), day(last)};
    out.value = value;
    out.revision = out.row = ++row;
    return out;
  }
  void stock(const char* unit, const char* element, const char* on, std::int64_t value, const char* source = "a") {
    facts->add(figure(unit, element, on, on, value, source));
  }
  rules::Operand select(const char* unit, const char* element, const char* on = "2024-12-20") {
    const auto at = units->find(model::UnitCode::of(unit).value(), day(on)).value();
    return rules::select(*facts, *units, at, elements.find(element)->id, day(on), rules::window_of(day(on), 45));
  }
  const rules::IndicatorVerdict& verdict(const rules::Verdicts& verdicts, std::size_t indicator) {
    return verdicts.by_unit[0].indicators[indicator];
  }
};

std::string text_of(const rules::Verdicts& verdicts) {
  std::string out;
  for (const auto& unit : verdicts.by_unit) {
    out += std::to_string(unit.unit) + ' ' + std::string(rules::to_string(unit.state)) + '\n';
    for (const auto& verdict : unit.indicators) {
      rules::Decision decision;
      decision.after = rules::standing_of(verdict);
      decision.inputs = rules::inputs_of(verdict, verdicts.as_of, "1");
      decision.numerator = verdict.numerator;
      decision.denominator = verdict.denominator;
      decision.gap = verdict.gap;
      decision.slack = verdict.slack;
      out += rules::canonical_json(decision) + '\n';
    }
  }
  return out;
}

}  // namespace

TEST_CASE("of a stock the newest on or before the day from the first source that has one is in force") {
  World world;
  world.stock("00001", "adults", "2024-10-01", 100, "b");
  world.stock("00001", "adults", "2024-12-21", 999);
  CHECK(world.select("00001", "adults").value == 100);
  world.stock("00001", "adults", "2024-09-01", 50);
  CHECK(world.select("00001", "adults").value == 50);
  world.stock("00001", "adults", "2024-12-20", 60);
  CHECK(world.select("00001", "adults").value == 60);
  CHECK(world.select("00001", "adults").age_days == 0);
}

TEST_CASE("an operand is stale after error_after, not on its last day") {
  World world;
  world.stock("00001", "adults", "2024-11-10", 100);
  CHECK_FALSE(world.select("00001", "adults").stale);
  CHECK(world.select("00001", "adults", "2024-12-21").stale);
}

TEST_CASE("a figure told for other boundaries is none") {
  World world;
  world.stock("00003", "adults", "2024-06-30", 100);
  const auto operand = world.select("00003", "adults");
  CHECK_FALSE(operand.value);
  CHECK(operand.missing == Reason::boundary);
}

TEST_CASE("a flow is summed over the window, a hole or an overlap makes it missing") {
  World world;
  const auto add = [&](const char* first, const char* last) {
    world.facts->add(world.figure("00001", "dossiers", first, last, 10));
  };
  add("2023-12-01", "2023-12-31");
  add("2024-03-01", "2024-03-31");
  add("2024-04-01", "2024-04-30");
  add("2024-12-01", "2024-12-31");
  CHECK(world.select("00001", "dossiers").value == 20);
  add("2024-06-01", "2024-06-30");
  CHECK(world.select("00001", "dossiers").missing == Reason::window_gap);
  add("2024-05-01", "2024-05-31");
  CHECK(world.select("00001", "dossiers").value == 40);
  add("2024-04-01", "2024-06-30");
  CHECK(world.select("00001", "dossiers").missing == Reason::window_overlap);
}

TEST_CASE("early in a year the whole year before is judged") {
  CHECK(rules::window_of(day("2025-01-10"), 45).previous);
  CHECK(rules::window_of(day("2025-01-10"), 45).period == model::Period{day("2024-01-01"), day("2024-12-31")});
  CHECK_FALSE(rules::window_of(day("2025-03-01"), 45).previous);
}

TEST_CASE("84.99 % is not 85 %, and a confirmation holds only for the verdict it was signed with") {
  World world;
  world.stock("00001", "adults", "2024-12-01", 10000);
  world.stock("00001", "adults_with_smartphone", "2024-12-01", 8499);
  model::Evidence signed_;
  signed_.unit = model::UnitCode::of("00001").value();
  signed_.indicator = "1.1";
  signed_.kind = model::EvidenceKind::confirm_area;
  signed_.issued_on = day("2024-12-02");
  signed_.confirmed_value = 8600;
  world.facts->add(signed_);
  auto first = rules::assess_all(world.request, *world.facts);
  CHECK(world.verdict(*first, 0).state == rules::State::not_met);
  CHECK(world.verdict(*first, 0).percent == "84.99");
  CHECK(world.verdict(*first, 0).gap == 1);
  world.stock("00001", "adults_with_smartphone", "2024-12-02", 8500);
  CHECK(world.verdict(*rules::assess_all(world.request, *world.facts), 0).state == rules::State::met);
  world.stock("00001", "adults", "2024-12-03", 8000);
  CHECK(world.verdict(*rules::assess_all(world.request, *world.facts), 0).state == rules::State::error);
}

TEST_CASE("judging only what was touched gives the same as judging everything") {
  World world;
  std::mt19937 random(7);
  const char* units[] = {"00001", "00002", "00003"};
  const char* stocks[] = {"adults", "adults_with_smartphone"};
  const char* flows[] = {"dossiers", "dossiers_online"};
  auto last = rules::assess_all(world.request, *world.facts);
  for (int round = 0; round < 300; ++round) {
    std::vector<model::UnitCode> touched;
    for (auto n = random() % 3; n > 0; --n) {
      const auto* unit = units[random() % 3];
      touched.push_back(model::UnitCode::of(unit).value());
      if (random() % 2 == 0) {
        const auto on = (day("2024-10-01") + static_cast<int>(random() % 100)).iso();
        world.stock(unit, stocks[random() % 2], on.c_str(), static_cast<std::int64_t>(random() % 100),
                    random() % 2 == 0 ? "a" : "b");
      } else {
        const auto month = std::to_string(10 + random() % 3);
        world.facts->add(world.figure(unit, flows[random() % 2], ("2024-" + month + "-01").c_str(),
                                      ("2024-" + month + "-28").c_str(), 5));
      }
    }
    const auto some = rules::assess_some(world.request, *world.facts, *last, touched);
    REQUIRE(text_of(*some) == text_of(*rules::assess_all(world.request, *world.facts)));
    last = some;
  }
}
