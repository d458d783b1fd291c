#include "daemon/rules/merge.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "daemon/rules/decision.h"
#include "tests/unit/rules/world.h"

using namespace ntmd;
using rules::Reason;
using rules_test::day;
using rules_test::World;

namespace {

/// On 2024-07-01 A and B became C, which kept nobody's code; D took in E under its own code; F was renamed G; of H half
/// went to I, as stated, and an unstated part of J went to K; L only lost its district.
constexpr const char* kUnits =
    "code,name,kind,group,valid_from,valid_to\n"
    "00001,Xã A,xa,1,2020-01-01,2024-06-30\n00002,Xã B,xa,1,2020-01-01,2024-06-30\n00003,Xã C,xa,1,2024-07-01,\n"
    "00004,Xã D,xa,1,2020-01-01,2024-06-30\n00004,Xã D,xa,1,2024-07-01,\n00005,Xã E,xa,1,2020-01-01,2024-06-30\n"
    "00006,Xã F,xa,1,2020-01-01,2024-06-30\n00007,Xã G,xa,1,2024-07-01,\n"
    "00008,Xã H,xa,1,2020-01-01,2024-06-30\n00009,Xã I,xa,1,2024-07-01,\n"
    "00010,Xã J,xa,1,2020-01-01,2024-06-30\n00011,Xã K,xa,1,2024-07-01,\n"
    "00012,Xã L,xa,1,2020-01-01,2024-06-30\n00012,Xã L,xa,,2024-07-01,\n";
constexpr const char* kLineage =
    "from_code,to_code,on,share\n"
    "00001,00003,2024-07-01,1\n00002,00003,2024-07-01,1\n"
    "00004,00004,2024-07-01,1\n00005,00004,2024-07-01,1\n"
    "00006,00007,2024-07-01,1\n"
    "00008,00009,2024-07-01,0.5\n"
    "00010,00011,2024-07-01,\n"
    "00012,00012,2024-07-01,1\n";

struct Merged : World {
  Merged() : World(kUnits, kLineage) {}

  void flow(const char* unit, const char* first, const char* last, std::int64_t value, const char* source = "a") {
    facts->add(figure(unit, "dossiers", first, last, value, source));
  }
  void counted(const char* unit, const char* on, std::int64_t value) {
    auto people = figure(unit, "account_holders", on, on, value);
    people.derived = true;
    facts->add(people);
  }
};

}  // namespace

TEST_CASE("on a merge the counts of the units that became one are added") {
  Merged world;
  world.stock("00001", "adults", "2024-06-01", 100);
  CHECK(world.select("00003", "adults").missing == Reason::boundary);  // what B has is not 0
  world.stock("00002", "adults", "2024-05-01", 50, "b");
  const auto operand = world.select("00003", "adults", "2024-07-10");
  CHECK(operand.value == 150);
  CHECK(operand.source == "b");  // of the oldest part
  CHECK(operand.period == model::Period{day("2024-05-01"), day("2024-05-01")});
  CHECK(operand.stale);
  CHECK(operand.deliveries.size() == 2);
  CHECK(operand.added_from == std::vector{model::UnitCode::of("00001").value(), model::UnitCode::of("00002").value()});
  // Told for the unit itself it stands alone, whatever the parts had.
  world.stock("00003", "adults", "2024-07-05", 149);
  CHECK(world.select("00003", "adults", "2024-07-10").value == 149);
  CHECK(world.select("00003", "adults", "2024-07-10").added_from.empty());
  CHECK(world.select("00003", "adults", "2024-07-04").value == 150);
}

TEST_CASE("a commune that takes in another under its own code has the counts of both") {
  Merged world;
  world.stock("00004", "adults", "2024-06-01", 100);
  CHECK(world.select("00004", "adults").missing == Reason::boundary);
  world.stock("00005", "adults", "2024-06-01", 20);
  CHECK(world.select("00004", "adults").value == 120);
  CHECK(world.select("00004", "adults", "2024-06-20").value == 100);
  world.stock("00005", "adults", "2024-07-02", 999);  // it is no unit any more
  CHECK(world.select("00004", "adults").value == 120);
}

TEST_CASE("of a split unit a stated share counts, an unstated one is no figure") {
  Merged world;
  world.stock("00008", "adults", "2024-06-01", 101);
  CHECK(world.select("00009", "adults").value == 51);
  world.stock("00010", "adults", "2024-06-01", 100);
  CHECK(world.select("00011", "adults").missing == Reason::boundary);
}

TEST_CASE("distinct people are not added over a merge, but go on with a commune that only changed its code") {
  Merged world;
  world.counted("00001", "2024-06-01", 10);
  world.counted("00002", "2024-06-01", 10);
  CHECK(world.select("00003", "account_holders").missing == Reason::boundary);
  world.counted("00006", "2024-06-01", 10);
  CHECK(world.select("00007", "account_holders").value == 10);
}

TEST_CASE("a flow goes on from what the parts told before the merge") {
  Merged world;
  for (const char* unit : {"00001", "00002"}) {
    world.flow(unit, "2024-05-01", "2024-05-31", 10);
    world.flow(unit, "2024-06-01", "2024-06-30", 10);
  }
  CHECK(world.select("00003", "dossiers").value == 40);
  world.flow("00003", "2024-07-01", "2024-07-31", 5);
  const auto operand = world.select("00003", "dossiers");
  CHECK(operand.value == 45);
  CHECK(operand.period == model::Period{day("2024-05-01"), day("2024-07-31")});
  CHECK(operand.added_from.size() == 2);
  CHECK(operand.deliveries.size() == 5);
  // In the year after nothing of the parts lies in the window.
  world.flow("00003", "2025-01-01", "2025-01-31", 7);
  CHECK(world.select("00003", "dossiers", "2025-03-01").value == 7);
}

TEST_CASE("a hole, an overlap or a silent part at the merge is no number") {
  Merged world;
  world.flow("00001", "2024-06-01", "2024-06-30", 10);
  world.flow("00003", "2024-07-01", "2024-07-31", 5);
  // Part of the land told nothing: what the other told is for other boundaries, as if nobody had told it.
  CHECK(world.select("00003", "dossiers").value == 5);
  world.flow("00002", "2024-05-01", "2024-05-31", 10);
  CHECK(world.select("00003", "dossiers").missing == Reason::window_gap);
  world.flow("00002", "2024-06-01", "2024-06-30", 10);
  CHECK(world.select("00003", "dossiers").value == 35);
  world.flow("00003", "2024-06-15", "2024-07-15", 5);
  CHECK(world.select("00003", "dossiers").missing == Reason::window_overlap);
}

TEST_CASE("a commune that only lost its district keeps its figures, once") {
  Merged world;
  world.flow("00012", "2024-06-01", "2024-06-30", 10);
  world.flow("00012", "2024-07-01", "2024-07-31", 5);
  const auto operand = world.select("00012", "dossiers");
  CHECK(operand.value == 15);
  CHECK(operand.added_from.empty());
}

TEST_CASE("a part whose own figure is missing makes the sum missing for its reason") {
  Merged world;
  world.flow("00001", "2024-03-01", "2024-03-31", 10);
  world.flow("00001", "2024-05-01", "2024-05-31", 10);
  world.flow("00002", "2024-05-01", "2024-05-31", 10);
  CHECK(world.select("00003", "dossiers").missing == Reason::window_gap);
}

TEST_CASE("a document of a unit of another extent under the same code is not about the merged one") {
  Merged world;
  const auto inspected = [&](const char* on) {
    model::Evidence record;
    record.unit = model::UnitCode::of("00004").value();
    record.indicator = "1.3";
    record.kind = model::EvidenceKind::inspection;
    record.issued_on = day(on);
    world.facts->add(record);
  };
  const auto found = [&](const char* on) {
    const auto row = world.units->find(model::UnitCode::of("00004").value(), day(on)).value();
    const auto finding =
        rules::find_evidence(*world.facts, *world.units, row, "1.3", model::EvidenceKind::inspection, day(on));
    return finding.record.has_value();
  };
  inspected("2024-06-01");
  CHECK(found("2024-06-20"));
  CHECK_FALSE(found("2024-07-20"));
  inspected("2024-07-02");
  CHECK(found("2024-07-20"));
}

TEST_CASE("a figure of a unit that is gone reaches the commune it went into") {
  Merged world;
  world.request.day = world.request.boundaries = day("2024-07-10");
  for (const char* unit : {"00001", "00002"}) {
    world.stock(unit, "adults", "2024-06-20", 100);
    world.stock(unit, "adults_with_smartphone", "2024-06-20", 90);
  }
  const auto before = rules::assess_all(world.request, *world.facts);
  world.stock("00002", "adults_with_smartphone", "2024-06-20", 70);  // told anew
  const std::vector touched{model::UnitCode::of("00002").value()};
  const auto some = rules::assess_some(world.request, *world.facts, *before, touched);
  const auto of = [&](const rules::Verdicts& verdicts) {
    const auto unit = std::ranges::find_if(
        verdicts.by_unit, [&](const auto& each) { return world.units->at(each.unit).code.view() == "00003"; });
    return unit->indicators.front();
  };
  CHECK(of(*before).measured == model::Truth::t);
  CHECK(of(*some).numerator == 160);
  CHECK(of(*some).denominator == 200);
  CHECK(of(*some).measured == model::Truth::f);
}
