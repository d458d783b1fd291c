#pragma once
// A register of a few communes, one small criteria set, and facts to put in.

#include <catch2/catch.hpp>
#include <memory>
#include <string_view>

#include "daemon/rules/assess.h"
#include "daemon/rules/criteria.h"
#include "daemon/rules/select.h"
#include "schemas/embedded.h"

namespace rules_test {

using namespace ntmd;

inline model::Day day(const char* iso) { return model::Day::parse(iso).value(); }

inline constexpr std::string_view kCriteria = R"(criteria: small
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

inline constexpr const char* kRegister =
    "code,name,kind,group,valid_from,valid_to\n00001,Xã A,xa,1,2020-01-01,\n00002,Xã B,xa,1,2020-01-01,\n"
    "00003,Xã C,xa,1,2020-01-01,2024-06-30\n00003,Xã D,xa,1,2024-07-01,\n";
inline constexpr const char* kNoLineage = "from_code,to_code,on,share\n";

/// Facts of two sources, a and b, over a small register.
struct World {
  settings::Problems problems;
  model::ElementTable elements;
  model::NameTable sources;
  std::shared_ptr<const units::UnitRegister> units;
  std::unique_ptr<rules::Facts> facts;
  rules::AssessRequest request;
  std::uint32_t row = 0;

  explicit World(const char* register_csv = kRegister, const char* lineage_csv = kNoLineage) {
    rules::parse_elements("elements", schemas::embedded("schemas/elements.yaml"), elements, problems);
    const units::UnitRegister::Csv csv{"units", register_csv};
    const units::UnitRegister::Csv lineage{"lineage", lineage_csv};
    units =
        std::make_shared<const units::UnitRegister>(units::UnitRegister::load({&csv, 1}, {&lineage, 1}, {}, problems));
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

}  // namespace rules_test
