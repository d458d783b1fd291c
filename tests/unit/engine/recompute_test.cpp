// Judging only what changed is judging everything; a process that starts anew sees what the one before saw; and how
// often one looked on the way does not matter.

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "daemon/engine/verify.h"
#include "tests/unit/engine/naive.h"
#include "tests/unit/engine/random_province.h"

using namespace ntmd;
using engine::Event;
using engine::Fate;
using engine::Province;

namespace {

constexpr std::uint32_t kLives = 40;
constexpr int kSteps = 40;

/// The first line where two texts differ, with what stands there.
std::string difference(const std::string& a, const std::string& b) {
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  if (at == a.size() && at == b.size()) return {};
  const auto from = at < 400 ? 0 : at - 400;
  return a.substr(from, 700) + "\n---- expected\n" + b.substr(from, 700);
}

void check_figures(const rules::Verdicts& verdicts, const std::map<std::string, engine::Expected>& expected) {
  for (const auto& unit : verdicts.by_unit) {
    for (const auto& verdict : unit.indicators) {
      for (const auto& operand : verdict.operands) {
        const auto key = std::string(verdicts.units->at(unit.unit).code.view()) + ' ' + operand.element_name.str();
        const auto found = expected.find(key);
        const auto should = found == expected.end() ? engine::Expected{{}, rules::Reason::no_figure} : found->second;
        const bool counted = operand.element_name == "account_holders";
        // A count told for other boundaries is none, whatever it counts.
        if (counted && operand.missing == rules::Reason::boundary) continue;
        CAPTURE(key);
        CHECK(operand.value == should.value);
        CHECK(operand.missing == should.missing);
        if (!counted) CHECK(operand.disputed == should.disputed);
      }
    }
  }
}

/// All officials of the communes that are there all the time have a smartphone, or none.
Event all_officials(model::Day day, int step) {
  Event event;
  event.kind = Event::Kind::deliver;
  event.source = "numbers-a";
  event.file = fmt::format("officials-{}.csv", step);
  event.text = "unit,element,as_of,period_start,period_end,value\n";
  for (int unit = 1; unit <= 3; ++unit) {
    event.text += fmt::format("{:05},officials,{},,,5\n{:05},officials_with_smartphone,{},,,{}\n", unit, day.iso(),
                              unit, day.iso(), step % 2 == 0 ? 5 : 0);
  }
  event.received_us = 1'900'000'000'000'000 + step;
  return event;
}

}  // namespace

TEST_CASE("what changed, judged again, is what everything judged from nothing is, whatever happens") {
  engine::log_errors_only();
  for (std::uint32_t life = 1; life <= kLives; ++life) {
    CAPTURE(life);
    Province province;
    Province hasty;  // the same life, judged once at its end
    Fate fate(life);
    for (int step = 0; step < kSteps; ++step) {
      CAPTURE(step);
      // One thing at a time, or many between two looks.
      for (auto events = step % 7 == 0 ? 9U : 1 + (step + life) % 3; events > 0; --events) {
        const auto event = fate.next(province);
        province.happen(event);
        hasty.happen(event);
      }
      if (step % 9 == 8) province.restart();
      const auto pass = province.assess(false);
      REQUIRE(difference(province.text(*pass.verdicts, true), province.text_of_a_fresh_reader()).empty());
      check_figures(*pass.verdicts, engine::expected_figures(province));
    }
    const auto slow = province.assess(true);
    const auto quick = hasty.assess(true);
    REQUIRE(difference(hasty.text(*quick.verdicts, false), province.text(*slow.verdicts, false)) == "");
    auto report = engine::verify(province.engine().setup(), province.engine().store(), nullptr);
    REQUIRE(report);
    CHECK(report->differences == std::vector<std::string>{});
  }
}

TEST_CASE("with the mass-change guard too, what changed, judged again, is what everything judged from nothing is") {
  engine::log_errors_only();
  std::size_t held = 0;
  for (std::uint32_t life = 1; life <= kLives / 2; ++life) {
    CAPTURE(life);
    Province province({"bank-x", "bank-y"}, 0);
    Fate fate(life);
    for (int step = 0; step < kSteps; ++step) {
      CAPTURE(step);
      for (auto events = 1 + (step + life) % 3; events > 0; --events) province.happen(fate.next(province));
      if (step % 5 == 4) province.happen(all_officials(province.today(), step));
      if (step % 9 == 8) province.restart();
      const auto pass = province.assess(false);
      REQUIRE(difference(province.text(*pass.verdicts, true), province.text_of_a_fresh_reader()).empty());
      check_figures(*pass.verdicts, engine::expected_figures(province));
    }
    const auto heads = province.engine().store().held_deliveries();
    REQUIRE(heads);
    held += static_cast<std::size_t>(std::ranges::count_if(
        *heads, [](const auto& head) { return head.reason.find("would flip") != std::string::npos; }));
    auto report = engine::verify(province.engine().setup(), province.engine().store(), nullptr);
    REQUIRE(report);
    CHECK(report->differences == std::vector<std::string>{});
  }
  CHECK(held > 10);
}
