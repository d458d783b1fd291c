#include "daemon/rules/assess.h"

#include <catch2/catch.hpp>
#include <random>

#include "daemon/rules/decision.h"
#include "daemon/rules/evaluate.h"
#include "daemon/rules/select.h"
#include "tests/unit/rules/world.h"

using namespace ntmd;
using rules::Reason;
using rules_test::day;
using rules_test::World;

namespace {

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

TEST_CASE("what is told again for the same day takes the place of what was told, in whatever order it comes") {
  World world;
  auto first = world.figure("00001", "adults", "2024-12-01", "2024-12-01", 100);
  auto second = world.figure("00001", "adults", "2024-12-01", "2024-12-01", 200);
  world.facts->add(second);
  world.facts->add(first);
  CHECK(world.select("00001", "adults").value == 200);
  CHECK(world.facts->versions(first.unit, first.element).size() == 1);
  world.stock("00001", "adults", "2024-11-01", 50);
  world.stock("00001", "adults", "2024-12-01", 300, "b");
  CHECK(world.facts->versions(first.unit, first.element).size() == 3);
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
