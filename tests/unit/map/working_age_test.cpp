#include "connectors/map/working_age.h"

#include <catch2/catch.hpp>

using ntmd::connectors::add_months;
using ntmd::connectors::WorkingAge;
using ntmd::model::Day;

namespace {

Day day(const char* iso) { return Day::parse(iso).value(); }

}  // namespace

TEST_CASE("working age begins on the fifteenth birthday") {
  const WorkingAge age(day("2024-12-18"));
  CHECK(age.holds(day("2009-12-18"), true));
  CHECK_FALSE(age.holds(day("2009-12-19"), true));
}

TEST_CASE("who has reached retirement age of the year no longer counts") {
  const WorkingAge in_2024(day("2024-12-18"));
  CHECK(in_2024.holds(day("1963-12-19"), true));
  CHECK_FALSE(in_2024.holds(day("1963-12-18"), true));
  CHECK(in_2024.holds(day("1968-08-19"), false));
  CHECK_FALSE(in_2024.holds(day("1968-08-18"), false));
  const WorkingAge in_2026(day("2026-06-01"));
  CHECK(in_2026.holds(day("1964-12-02"), true));
  CHECK_FALSE(in_2026.holds(day("1964-12-01"), true));
  CHECK(in_2026.holds(day("1969-06-02"), false));
  CHECK_FALSE(in_2026.holds(day("1969-06-01"), false));
}

TEST_CASE("the last year of the table holds after it") {
  const WorkingAge age(day("2060-01-01"));
  CHECK(age.holds(day("1998-01-02"), true));
  CHECK_FALSE(age.holds(day("1998-01-01"), true));
  CHECK_FALSE(age.holds(day("2000-01-01"), false));
}

TEST_CASE("a month later is the last day of a shorter month") {
  CHECK(add_months(day("2024-01-31"), 1) == day("2024-02-29"));
  CHECK(add_months(day("2008-02-29"), 180) == day("2023-02-28"));
  CHECK(add_months(day("2024-03-15"), -3) == day("2023-12-15"));
}
