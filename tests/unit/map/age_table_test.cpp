#include "connectors/map/age_table.h"

#include <catch2/catch.hpp>

using namespace ntmd;
using namespace ntmd::connectors;

namespace {

model::Day day(int y, unsigned m, unsigned d) { return model::Day::of(y, m, d).value(); }

AgeTable table() {
  return AgeTable::parse(
             "year,men_years,men_months,women_years,women_months\n2024,61,0,56,4\n2025,61,3,56,8\n2026,61,6,57,0\n")
      .value();
}

}  // namespace

TEST_CASE("an age is reached on the birthday's day of the month, or its last") {
  CHECK(reached(day(1963, 12, 1), 61 * 12) == day(2024, 12, 1));
  CHECK(reached(day(1968, 8, 31), (56 * 12) + 4) == day(2024, 12, 31));
  CHECK(reached(day(1968, 10, 31), (56 * 12) + 4) == day(2025, 2, 28));
  CHECK(reached(day(2008, 2, 29), 15 * 12) == day(2023, 2, 28));
}

TEST_CASE("working age begins on the fifteenth birthday and ends on the day the retirement age is reached") {
  const auto ages = table();
  const auto men = ages.on(day(2024, 12, 20), true);
  CHECK(men.holds(day(2009, 12, 20)));
  CHECK_FALSE(men.holds(day(2009, 12, 21)));
  CHECK_FALSE(men.holds(day(1963, 12, 20)));
  CHECK(men.holds(day(1963, 12, 21)));
  const auto women = ages.on(day(2024, 12, 20), false);
  CHECK_FALSE(women.holds(day(1968, 8, 20)));
  CHECK(women.holds(day(1968, 8, 21)));
}

TEST_CASE("the range agrees with counting each birthday by itself, over leap days and month ends") {
  const auto ages = table();
  for (const auto on : {day(2024, 2, 28), day(2024, 2, 29), day(2024, 3, 1), day(2024, 12, 31), day(2025, 1, 31),
                        day(2025, 2, 28), day(2026, 5, 31)}) {
    for (const bool male : {true, false}) {
      const int months = on.year() == 2024   ? (male ? 732 : 676)
                         : on.year() == 2025 ? (male ? 735 : 680)
                                             : (male ? 738 : 684);
      const auto range = ages.on(on, male);
      for (auto born = day(1960, 1, 1); born < day(2013, 1, 1); born = born + 1) {
        const bool counts = reached(born, 180) <= on && reached(born, months) > on;
        if (range.holds(born) != counts) FAIL(born.iso() << " on " << on.iso());
      }
    }
  }
  SUCCEED();
}

TEST_CASE("years before the first row use the first, after the last the last") {
  const auto ages = table();
  CHECK(ages.on(day(2019, 6, 1), true).holds(day(1958, 6, 2)));
  CHECK_FALSE(ages.on(day(2019, 6, 1), true).holds(day(1958, 6, 1)));
  CHECK_FALSE(ages.on(day(2040, 6, 1), true).holds(day(1978, 12, 1)));
  CHECK(ages.on(day(2040, 6, 1), true).holds(day(1978, 12, 2)));
}

TEST_CASE("a table that is none is refused with its line") {
  CHECK(AgeTable::parse("year,men\n").error().what.find(":1:") != std::string::npos);
  CHECK(
      AgeTable::parse("year,men_years,men_months,women_years,women_months\n2024,61,0,56\n").error().what.find(":2:") !=
      std::string::npos);
  CHECK(AgeTable::parse("year,men_years,men_months,women_years,women_months\n2024,61,0,56,4\n2026,61,0,56,4\n")
            .error()
            .what.find(":3:") != std::string::npos);
  CHECK_FALSE(AgeTable::parse("year,men_years,men_months,women_years,women_months\n"));
}
