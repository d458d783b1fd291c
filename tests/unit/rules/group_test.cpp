// Indicators of a district that are decided by what was told for the district itself.
#include <catch2/catch.hpp>

#include "daemon/rules/assess.h"
#include "daemon/rules/evaluate.h"
#include "schemas/embedded.h"

using namespace ntmd;
using model::Day;
using model::Truth;

namespace {

constexpr std::string_view kCriteria = R"(criteria: district
version: "1"
name: {vi: huyen, en: district}
legal: ["none"]
subject: {group: district}
indicators:
  - {id: "8.4", name: {vi: a, en: a}, evidence: [inspection]}
  - {id: "15.2", name: {vi: a, en: a}, figure: {ratio: [dossiers_online, dossiers], at_least: 50%}}
  - id: "9.9"
    name: {vi: a, en: a}
    figure: {ratio: [dossiers_online, dossiers], at_least: 50%}
    evidence: [confirm_commune]
    met_when: {all: [{members: {criteria: none}, at_least: 1}, {members: {criteria: empty}, at_least: 3}]}
tests: []
)";

struct World {
  settings::Problems problems;
  model::ElementTable elements;
  model::NameTable sources;
  std::unique_ptr<rules::Facts> facts;
  rules::AssessRequest request;

  World() {
    rules::parse_elements("elements", schemas::embedded("schemas/elements.yaml"), elements, problems);
    const std::vector<units::UnitRegister::Csv> csv{
        {"units",
         "code,name,kind,group,valid_from,valid_to\n00001,Xã A,xa,227,2020-01-01,\n00002,Xã B,xa,228,2020-01-01,\n"}};
    facts = std::make_unique<rules::Facts>(elements, sources);
    facts->set_source(sources.intern("a"), {"a", std::chrono::days(20), std::chrono::days(40)});
    auto criteria = rules::parse_criteria("district", kCriteria, elements, problems);
    auto units = std::make_shared<const units::UnitRegister>(units::UnitRegister::load(csv, {}, {}, problems));
    CAPTURE(problems.lines());
    REQUIRE(criteria);
    const auto day = *Day::parse("2024-12-20");
    request = {day, day, std::move(units), {std::make_shared<const rules::Criteria>(std::move(*criteria))}};
  }

  void told(const char* code, const char* element, const char* first, const char* last, std::int64_t value) {
    model::Figure figure;
    figure.unit = *model::UnitCode::of(code);
    figure.element = elements.find(element)->id;
    figure.source = sources.intern("a");
    figure.period = {*Day::parse(first), *Day::parse(last)};
    figure.value = value;
    facts->add(figure);
  }
  void inspected(const char* code) {
    model::Evidence record;
    record.unit = *model::UnitCode::of(code);
    record.indicator = "8.4";
    record.kind = model::EvidenceKind::inspection;
    record.state = model::EvidenceState::accepted;
    record.issued_on = *Day::parse("2024-11-01");
    facts->add(record);
  }
  /// Of the district 227.
  rules::IndicatorVerdict verdict(std::string_view id) {
    const auto verdicts = rules::assess_all(request, *facts);
    REQUIRE(verdicts->by_group.size() == 2);
    const auto& group = verdicts->by_group.front();
    REQUIRE(group.group == "227");
    for (const auto& indicator : group.indicators) {
      if (request.criteria.front()->indicators[indicator.rule].id == id) return indicator;
    }
    FAIL("no such indicator");
    return {};
  }
};

}  // namespace

TEST_CASE("a district's ratio comes from figures told for the district, not from its communes") {
  World world;
  world.told("00001", "dossiers", "2024-01-01", "2024-11-30", 100);
  world.told("00001", "dossiers_online", "2024-01-01", "2024-11-30", 90);
  CHECK(world.verdict("15.2").state == rules::State::no_data);
  CHECK(world.verdict("15.2").reasons == std::vector{rules::Reason::no_figure});

  world.told("227", "dossiers", "2024-01-01", "2024-11-30", 1000);
  world.told("227", "dossiers_online", "2024-01-01", "2024-11-30", 499);
  const auto verdict = world.verdict("15.2");
  CHECK(verdict.official == Truth::f);
  CHECK(verdict.percent == "49.90");
  CHECK(verdict.gap == 1);
}

TEST_CASE("a district's figures go stale and leave gaps like a commune's") {
  World world;
  world.told("227", "dossiers", "2024-01-01", "2024-09-30", 1000);
  world.told("227", "dossiers_online", "2024-01-01", "2024-09-30", 600);
  CHECK(world.verdict("15.2").state == rules::State::stale);
  CHECK(world.verdict("15.2").last_truth == Truth::t);
  world.told("227", "dossiers", "2024-11-01", "2024-11-30", 1000);
  CHECK(world.verdict("15.2").reasons == std::vector{rules::Reason::window_gap});
}

TEST_CASE("evidence about a district decides for that district only") {
  World world;
  world.inspected("228");
  CHECK(world.verdict("8.4").state == rules::State::no_data);
  world.inspected("227");
  CHECK(world.verdict("8.4").state == rules::State::met);
}

TEST_CASE("a verdict about a district is the same when its recorded inputs are judged again") {
  World world;
  world.told("227", "dossiers", "2024-01-01", "2024-11-30", 1000);
  world.told("227", "dossiers_online", "2024-01-01", "2024-11-30", 500);
  const auto verdict = world.verdict("15.2");
  CHECK(verdict.official == Truth::t);
  const auto& rule = world.request.criteria.front()->indicators[verdict.rule];
  const auto again = rules::evaluate(rule, rules::inputs_of(verdict, world.request.day, "227"));
  CHECK(again.state == verdict.state);
  CHECK(again.percent == verdict.percent);
}

TEST_CASE("a confirmation does not bind where the members decide and the figure it was signed for is missing") {
  World world;
  model::Evidence record;
  record.unit = *model::UnitCode::of("227");
  record.indicator = "9.9";
  record.kind = model::EvidenceKind::confirm_commune;
  record.state = model::EvidenceState::accepted;
  record.issued_on = *Day::parse("2024-11-01");
  record.confirmed_value = 0;
  world.facts->add(record);
  const auto verdict = world.verdict("9.9");
  CHECK(verdict.state == rules::State::not_met);
  CHECK_FALSE(verdict.denominator);
  CHECK(std::ranges::find(verdict.reasons, rules::Reason::reconfirm) != verdict.reasons.end());
}
