// Look-ups on small registers.

#include "daemon/units/register.h"

#include <catch2/catch.hpp>

#include "tests/unit/units/registers.h"

namespace ntmd::units {
namespace {

const std::string kHeader = "code,name,kind,group,valid_from,valid_to\n";

std::vector<std::string> none() { return {}; }

}  // namespace

TEST_CASE("a unit is valid from its first to its last day, both included") {
  const auto loaded = load(kHeader + "1,Xã A,xa,10,2024-01-01,2024-06-30\n");
  REQUIRE(loaded.faults == none());
  CHECK(answer(loaded.units, "", "1", "2023-12-31") == "not then");
  CHECK(answer(loaded.units, "", "1", "2024-01-01") == "1");
  CHECK(answer(loaded.units, "gso", "1", "2024-06-30") == "1");
  CHECK(answer(loaded.units, "gso", "1", "2024-07-01") == "not then");
  CHECK(answer(loaded.units, "gso", "2", "2024-06-30") == "unknown");
  CHECK(answer(loaded.units, "gso", "no code", "2024-06-30") == "unknown");
  CHECK(answer(loaded.units, "gso", "", "2024-06-30") == "unknown");
}

TEST_CASE("on a day that two rows of a code share the later one wins, by code, name and alias") {
  const auto loaded =
      load(kHeader +
               "1,Xã Mới,xa,,2025-01-01,\n"
               "1,Xã Cũ,xa,,2024-01-01,2025-01-01\n",
           "from_code,to_code,on,share\n1,1,2025-01-01,1\n", "scheme,alias,code,valid_from,valid_to\np,A,1,,\n");
  REQUIRE(loaded.faults == none());
  const UnitRegister& units = loaded.units;
  CHECK(units.at(*units.find(code("1"), day("2024-12-31"))).name == "Xã Cũ");
  CHECK(units.at(*units.find(code("1"), day("2025-01-01"))).name == "Xã Mới");
  CHECK(units.on(day("2025-01-01")).size() == 1);
  CHECK(answer(units, "name", "Xã Cũ", "2025-01-01") == "not then");
  CHECK(answer(units, "name", "Xã Mới", "2025-01-01") == "1");
  CHECK(units.at(units.resolve("p", "A", day("2025-01-01")).row).name == "Xã Mới");
  CHECK(units.became(*units.find(code("1"), day("2024-12-31"))).size() == 1);
}

TEST_CASE("a group is found by its code on any day, and is no unit") {
  const auto made = load(
      "code,name,kind,group,valid_from,valid_to\n"
      "08515,Xã A,xa,227,2020-01-01,2024-06-30\n08290,Xã B,xa,230,2020-01-01,\n07900,Xã C,xa,,2020-01-01,\n");
  const auto group = made.units.find_group("227");
  REQUIRE(group);
  CHECK(made.units.code(*group).view() == "227");
  CHECK(made.units.code(0).view() == "07900");
  CHECK(made.units.find_group("230") != group);
  CHECK_FALSE(made.units.find_group("228"));
  CHECK_FALSE(made.units.find_group(""));
  CHECK_FALSE(made.units.find_group("08515"));
  CHECK(made.units.resolve("gso", "227", *model::Day::parse("2024-01-01")).kind == Resolution::Kind::unknown);
}

TEST_CASE("rows are ordered by code and day whatever the order of the file") {
  const auto loaded =
      load(kHeader + "2,Xã B,xa,,2024-01-01,\n1,Xã A2,xa,,2025-01-01,\n1,Xã A1,xa,,2024-01-01,2024-12-31\n");
  REQUIRE(loaded.faults == none());
  REQUIRE(loaded.units.all().size() == 3);
  CHECK(loaded.units.all()[0].name == "Xã A1");
  CHECK(loaded.units.all()[1].name == "Xã A2");
  CHECK(loaded.units.on(day("2025-01-01")) == std::vector<UnitRow>{1, 2});
}

TEST_CASE("several registers are one, and files may have a BOM, CRLF, quotes and columns in any order") {
  settings::Problems problems;
  const std::vector<UnitRegister::Csv> registers = {
      {"a.csv",
       "\xEF\xBB\xBF"
       "valid_to,valid_from,group,kind,name,code\r\n,2024-01-01,,xa,\"Xã \"\"A\"\", B\",1\r\n\r\n"},
      {"b.csv", kHeader + "2,Phường C,phuong,7,2024-01-01,"},
      {"empty.csv", kHeader}};
  const auto units = UnitRegister::load(registers, {}, {}, problems);
  CHECK(problems.lines() == none());
  REQUIRE(units.all().size() == 2);
  CHECK(units.all()[0].name == "Xã \"A\", B");
  CHECK(units.all()[1].group == "7");
}

TEST_CASE("an exact name wins over one that differs by accents only") {
  const auto loaded = load(kHeader + "1,Xã Chi Ne,xa,,2024-01-01,\n2,Xã Chi Nê,xa,,2024-01-01,\n");
  CHECK(answer(loaded.units, "name", "Chi Ne", "2024-01-01") == "1");
  CHECK(answer(loaded.units, "name", "Chi Nê", "2024-01-01") == "2");
  CHECK(answer(loaded.units, "name", "Chi Né", "2024-01-01") == "unknown");
}

TEST_CASE("a name without accents does not reach units of other days while one of the day fits") {
  const auto loaded = load(kHeader + "1,Xã Hùng Long,xa,,2024-01-01,2024-12-31\n2,Xã Hưng Long,xa,,2024-01-01,\n");
  CHECK(answer(loaded.units, "name", "HUNG LONG", "2024-06-01") == "ambiguous: 1 2");
  CHECK(answer(loaded.units, "name", "HUNG LONG", "2025-06-01") == "2");
  CHECK(answer(loaded.units, "name", "Hùng Long", "2025-06-01") == "not then");
  CHECK(answer(loaded.units, "name", "HUNG LONG", "2023-06-01") == "not then");
}

TEST_CASE("a name that begins like a title is still found whole") {
  const auto loaded = load(kHeader + "1,Xã Xa Lung,xa,,2024-01-01,\n2,Phường Xa Mát,phuong,,2024-01-01,\n");
  CHECK(answer(loaded.units, "name", "Xa Lung", "2024-01-01") == "1");
  CHECK(answer(loaded.units, "name", "Xã Xa Lung", "2024-01-01") == "1");
  CHECK(answer(loaded.units, "name", "Phường Xa Mát", "2024-01-01") == "2");
}

TEST_CASE("an alias means its unit only within its own days and those of the unit") {
  const auto loaded =
      load(kHeader + "1,Xã A,xa,,2024-01-01,\n2,Xã B,xa,,2024-01-01,2024-12-31\n", "from_code,to_code,on,share\n",
           "scheme,alias,code,valid_from,valid_to\n"
           "p,X,1,2024-03-01,2024-05-31\np,X,2,2024-05-31,\nq,X,1,,\n");
  REQUIRE(loaded.faults == none());
  const UnitRegister& units = loaded.units;
  CHECK(answer(units, "p", "X", "2024-02-29") == "not then");
  CHECK(answer(units, "p", "X", "2024-05-30") == "1");
  CHECK(answer(units, "p", "X", "2024-05-31") == "2");
  CHECK(answer(units, "p", "X", "2025-01-01") == "not then");
  CHECK(answer(units, "q", "X", "2025-01-01") == "1");
  CHECK(answer(units, "p", "Y", "2024-05-30") == "unknown");
  CHECK(answer(units, "r", "X", "2024-05-30") == "unknown");
  CHECK(units.aliases("gso", day("2024-05-01")).size() == 2);
  CHECK(units.aliases("p", day("2024-05-01")) == std::vector<std::pair<std::string, UnitRow>>{{"X", 0}});
}

TEST_CASE("lineage belongs to the row that ended and the row that began") {
  const auto loaded = load(
      kHeader +
          "1,Xã A,xa,,2024-01-01,2024-12-31\n1,Xã A,xa,,2025-01-01,\n"
          "2,Xã B,xa,,2024-01-01,2024-12-31\n3,Xã C,xa,,2025-01-01,\n",
      "from_code,to_code,on,share\n1,1,2025-01-01,0.25\n1,3,2025-01-01,0.75\n2,3,2025-01-01,1\n99,3,2025-01-01,\n");
  REQUIRE(loaded.faults == none());
  const UnitRegister& units = loaded.units;
  CHECK(units.lineage().size() == 4);
  CHECK(units.became(0).size() == 2);
  CHECK(units.became(1).empty());
  CHECK(units.formed_from(0).empty());
  CHECK(units.formed_from(1).size() == 1);
  CHECK(units.formed_from(1).front().share == 0.25);
  CHECK(units.formed_from(3).size() == 3);
  CHECK(units.formed_from(3).back().share == std::nullopt);
}

TEST_CASE("two rows of a code are one extent only when a whole edge says so and nothing else joins or leaves") {
  const std::string rows = kHeader +
                           "1,Xã A,xa,5,2024-01-01,2024-12-31\n1,Xã A,xa,,2025-01-01,\n"
                           "2,Xã B,xa,,2024-01-01,2024-12-31\n3,Xã C,xa,,2025-01-01,\n";
  const auto same = [&](const std::string& edges) {
    const auto loaded = load(rows, "from_code,to_code,on,share\n" + edges);
    REQUIRE(loaded.faults == none());
    CHECK(loaded.units.same_extent(0, 0));
    CHECK(loaded.units.same_extent(0, 1) == loaded.units.same_extent(1, 0));
    CHECK_FALSE(loaded.units.same_extent(0, 3));
    return loaded.units.same_extent(0, 1);
  };
  CHECK(same("1,1,2025-01-01,1\n"));
  CHECK_FALSE(same(""));
  CHECK_FALSE(same("1,1,2025-01-01,\n"));
  CHECK_FALSE(same("1,1,2025-01-01,1\n2,1,2025-01-01,1\n"));
  CHECK_FALSE(same("1,1,2025-01-01,1\n1,3,2025-01-01,\n"));
}

TEST_CASE("a message about a unit shows neither a person's number nor a line break") {
  const auto loaded = load(kHeader + "1,Xã A,xa,,2024-01-01,2024-06-30\n");
  const auto told = [&](std::string_view asked) {
    return loaded.units.resolve("", asked, day("2025-01-01")).describe(loaded.units, asked);
  };
  CHECK(told("025090000001") == "unit \"############\" is unknown, expected a unit of the register");
  CHECK(told("a\nb").find('\n') == std::string::npos);
  CHECK(told(std::string(500, 'x')).size() < 200);
  CHECK(told("1") == "unit \"1\" is not valid on that day: 1 Xã A from 2024-01-01 to 2024-06-30");
}

}  // namespace ntmd::units
