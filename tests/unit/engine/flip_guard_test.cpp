#include "daemon/engine/flip_guard.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>

#include "schemas/embedded.h"

using namespace ntmd;
using namespace ntmd::engine;
using model::Truth;

namespace {

constexpr std::string_view kCriteria = R"(criteria: small
version: "1"
name: {vi: nho, en: small}
legal: ["none"]
in_force: {from: 2024-01-01}
subject: {unit: [xa]}
window: {kind: calendar_year, carry_over: 45d}
met_when: {all: indicators}
indicators:
  - {id: phones, name: {vi: a, en: a}, figure: {ratio: [adults_with_smartphone, adults], at_least: 85%}}
  - {id: desk, name: {vi: a, en: a}, evidence: [inspection]}
tests: []
)";

const model::Day kDay = model::Day::of(2024, 12, 20).value();

/// 20 communes where 9 of 10 adults have a smartphone; one town that the criteria do not judge.
struct Communes {
  settings::Problems problems;
  model::ElementTable elements;
  model::NameTable sources;
  rules::AssessRequest request;
  std::unique_ptr<rules::Facts> facts;
  std::map<std::string, Truth> known;  // of phones, by unit; T where none is given
  Truth of_desk = Truth::u;

  Communes() {
    rules::parse_elements("elements", schemas::embedded("schemas/elements.yaml"), elements, problems);
    std::string text = "code,name,kind,group,valid_from,valid_to\n";
    for (int i = 1; i <= 20; ++i) text += fmt::format("{:05},Xã {},xa,1,2020-01-01,\n", i, i);
    text += "00099,Thị trấn,thi_tran,1,2020-01-01,\n";
    const std::vector<units::UnitRegister::Csv> csv{{"units", text}};
    auto units = std::make_shared<const units::UnitRegister>(units::UnitRegister::load(csv, {}, {}, problems));
    auto criteria = rules::parse_criteria("small", kCriteria, elements, problems);
    for (const auto& line : problems.lines()) UNSCOPED_INFO(line);
    REQUIRE(criteria);
    request = {kDay, kDay, units, {std::make_shared<const rules::Criteria>(std::move(*criteria))}};
    facts = std::make_unique<rules::Facts>(elements, sources);
    facts->set_source(sources.intern("a"), {"a", {}, {}});
    for (int i = 1; i <= 20; ++i) {
      facts->add(figure(i, "adults", 10, 1));
      facts->add(figure(i, "adults_with_smartphone", 9, 1));
    }
  }

  static model::UnitCode code(int unit) { return model::UnitCode::of(fmt::format("{:05}", unit)).value(); }
  model::Figure figure(int unit, const char* element, std::int64_t value, model::Revision revision) {
    model::Figure out;
    out.unit = code(unit);
    out.element = elements.find(element)->id;
    out.source = sources.intern("a");
    out.period = {kDay, kDay};
    out.value = value;
    out.revision = revision;
    return out;
  }
  /// The units `first` to `last` get `value` owners of a smartphone.
  FactsChange owners(int first, int last, std::int64_t value) {
    FactsChange change;
    for (int i = first; i <= last; ++i) {
      auto row = figure(i, "adults_with_smartphone", value, 2);
      change.cells.push_back({row.unit, row.element, {figure(i, "adults_with_smartphone", 9, 1), row}});
      change.units.push_back(row.unit);
    }
    return change;
  }
  std::optional<std::string> judge(FactsChange change, std::int64_t max_pct = 10) {
    return mass_change(
        *facts, change, request,
        [this](const model::UnitCode& unit, const rules::Criteria& criteria, std::uint32_t rule) {
          if (criteria.indicators[rule].id == "desk") return of_desk;
          const auto found = known.find(std::string(unit.view()));
          return found == known.end() ? Truth::t : found->second;
        },
        max_pct);
  }
};

}  // namespace

TEST_CASE("more than the share of the units that the criteria judge is a mass change, and it says so") {
  Communes communes;
  CHECK_FALSE(communes.judge(communes.owners(1, 2, 1)));
  CHECK(communes.judge(communes.owners(1, 3, 1)) ==
        "it would flip phones (small) of 3 of 20 units, expected at most 2 (flips_max_pct 10); ask its sender whether "
        "it is right");
  CHECK_FALSE(communes.judge(communes.owners(1, 3, 1), 15));
  CHECK(communes.judge(communes.owners(1, 4, 1), 15));
  CHECK_FALSE(communes.judge(communes.owners(1, 2, 1), 0));
  CHECK(communes.judge(communes.owners(1, 3, 1), 0));
  CHECK_FALSE(communes.judge(communes.owners(1, 20, 1), 100));
}

TEST_CASE("the facts are as before, whatever the judgement") {
  Communes communes;
  for (const int last : {2, 20}) {
    auto change = communes.owners(1, last, 1);
    change.evidence = rules::Facts::EvidenceByPlace{};
    model::Evidence record;
    record.unit = Communes::code(1);
    record.indicator = "desk";
    auto known = rules::Facts::arrange({record});
    communes.facts->exchange(known);
    communes.judge(std::move(change));
    CHECK(communes.facts->evidence(Communes::code(1), "desk").size() == 1);
    for (int i = 1; i <= 20; ++i) {
      const auto versions =
          communes.facts->versions(Communes::code(i), communes.elements.find("adults_with_smartphone")->id);
      REQUIRE(versions.size() == 1);
      CHECK(versions[0].value == 9);
    }
  }
}

TEST_CASE("a first verdict, an unknown one and a truth that stays are no flips") {
  Communes communes;
  CHECK_FALSE(communes.judge(communes.owners(1, 20, 10)));
  CHECK_FALSE(communes.judge(communes.owners(1, 20, 11)));  // more than there are adults: an error
  for (int i = 1; i <= 20; ++i) communes.known[fmt::format("{:05}", i)] = Truth::u;
  CHECK_FALSE(communes.judge(communes.owners(1, 20, 1)));
}

TEST_CASE("what flips without the change is not its doing") {
  Communes communes;
  // Known as not met, but what came since and is not assessed yet has met it.
  for (int i = 1; i <= 18; ++i) communes.known[fmt::format("{:05}", i)] = Truth::f;
  CHECK_FALSE(communes.judge(communes.owners(1, 20, 10)));
  CHECK_FALSE(communes.judge(communes.owners(17, 20, 1)));
  CHECK_FALSE(communes.judge(communes.owners(1, 18, 1)));
  communes.known.clear();
  CHECK(communes.judge(communes.owners(17, 20, 1)));
}

TEST_CASE("evidence and every indicator are judged, each for itself") {
  Communes communes;
  communes.of_desk = Truth::t;
  const auto rejected = [&](int last) {
    std::vector<model::Evidence> records;
    FactsChange change;
    for (int i = 1; i <= last; ++i) {
      auto& record = records.emplace_back();
      record.unit = Communes::code(i);
      record.indicator = "desk";
      record.kind = model::EvidenceKind::inspection;
      record.issued_on = kDay;
      record.state = model::EvidenceState::rejected;
      change.units.push_back(record.unit);
    }
    change.evidence = rules::Facts::arrange(std::move(records));
    return change;
  };
  CHECK_FALSE(communes.judge(rejected(2)));
  const auto reason = communes.judge(rejected(5));
  REQUIRE(reason);
  CHECK(reason->starts_with("it would flip desk (small) of 5 of 20 units"));
  // Two of each are two of each, not four.
  auto both = rejected(2);
  both.cells = communes.owners(3, 4, 1).cells;
  both.units.push_back(Communes::code(3));
  both.units.push_back(Communes::code(4));
  CHECK_FALSE(communes.judge(std::move(both)));
}
