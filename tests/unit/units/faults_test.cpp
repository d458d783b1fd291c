// Each fault of a register's files, with its place.

#include <catch2/catch.hpp>

#include "tests/unit/units/registers.h"

namespace ntmd::units {
namespace {

const std::string kUnits = "code,name,kind,group,valid_from,valid_to\n";
const std::string kLineage = "from_code,to_code,on,share\n";
const std::string kAliases = "scheme,alias,code,valid_from,valid_to\n";

using Lines = std::vector<std::string>;

Lines faults_of(const std::string& rows) { return load(kUnits + rows).faults; }

}  // namespace

TEST_CASE("a bad cell of a unit is told with line and column, in characters") {
  CHECK(faults_of(",Xã A,xa,,2024-01-01,\n") == Lines{"units.csv:2:1: column \"code\" is empty, expected a unit code"});
  CHECK(faults_of("0 1,Xã A,xa,,2024-01-01,\n") ==
        Lines{"units.csv:2:1: column \"code\" is \"0 1\", expected a code of 1 to 15 characters 0-9 A-Z a-z . _ -"});
  CHECK(faults_of("1,,xa,,2024-01-01,\n") == Lines{"units.csv:2:3: column \"name\" is empty, expected a text"});
  CHECK(faults_of("1,\u200B,xa,,2024-01-01,\n") ==
        Lines{"units.csv:2:3: column \"name\" has no letter, expected a name"});
  CHECK(faults_of("1,Xã Ạ,xax,,2024-01-01,\n") ==
        Lines{"units.csv:2:8: column \"kind\" is \"xax\", expected xa, phuong or thi_tran, did you mean \"xa\"?"});
  CHECK(faults_of("1,Xã Ạ,xa,\"2 7\",2024-01-01,\n") ==
        Lines{"units.csv:2:11: column \"group\" is \"2 7\", expected a code of 1 to 15 characters 0-9 A-Z a-z . _ -"});
  CHECK(faults_of("1,Xã Ạ,xa,,,\n") ==
        Lines{"units.csv:2:12: column \"valid_from\" is empty, expected a date yyyy-MM-dd"});
  CHECK(faults_of("1,Xã A,xa,,2024-02-30,\n") ==
        Lines{"units.csv:2:12: column \"valid_from\" is \"2024-02-30\", expected a date yyyy-MM-dd"});
  CHECK(faults_of("1,Xã A,xa,,2024-01-01,31/12/2024\n") ==
        Lines{"units.csv:2:23: column \"valid_to\" is \"31/12/2024\", expected a date yyyy-MM-dd"});
  CHECK(faults_of("1,Xã A,xa,,2024-01-02,2024-01-01\n") ==
        Lines{"units.csv:2:23: column \"valid_to\" is 2024-01-01, expected 2024-01-02 or later"});
}

TEST_CASE("all faults are told, not the first, and good rows between them are kept") {
  const auto loaded = load(kUnits + "1,Xã A,x,,2024-01-01,\n2,Xã B,xa,,2024-01-01,\n3,Xã C,xa,,soon,late\n");
  REQUIRE(loaded.faults.size() == 3);
  CHECK(loaded.faults[0].starts_with("units.csv:2:8: "));
  CHECK(loaded.faults[1].starts_with("units.csv:4:12: "));
  CHECK(loaded.faults[2].starts_with("units.csv:4:17: "));
  CHECK(loaded.units.all().size() == 1);
}

TEST_CASE("rows of one code that overlap by more than a day are a fault at the later row") {
  CHECK(faults_of("1,Xã A,xa,,2024-01-01,2024-07-02\n1,Xã B,xa,,2024-07-01,\n") ==
        Lines{"units.csv:3:1: unit 1: 2024-07-01 to now overlaps 2024-01-01 to 2024-07-02 of the same code, expected "
              "one row a day"});
  CHECK(faults_of("1,Xã B,xa,,2024-07-01,\n1,Xã A,xa,,2024-01-01,\n").size() == 1);
  CHECK(faults_of("1,Xã A,xa,,2024-01-01,2024-01-01\n1,Xã B,xa,,2024-01-01,\n").size() == 1);
  CHECK(faults_of("1,Xã A,xa,,2024-01-01,2024-07-01\n1,Xã B,xa,,2024-07-01,\n").empty());
  CHECK(faults_of("1,Xã A,xa,,2024-01-01,2024-06-30\n1,Xã B,xa,,2024-08-01,\n").empty());
}

TEST_CASE("a header that is missing, incomplete, unknown or repeated is told") {
  CHECK(load("").faults ==
        Lines{"units.csv:1:1: header: missing, expected \"code,name,kind,group,valid_from,valid_to\""});
  CHECK(load("code,name,kind,group,valid_from\n1,Xã A,xa,,2024-01-01\n").faults ==
        Lines{"units.csv:1:1: header: column \"valid_to\" is missing, expected "
              "\"code,name,kind,group,valid_from,valid_to\""});
  CHECK(
      load("code,name,knd,group,valid_from,valid_to\n").faults ==
      Lines{
          "units.csv:1:11: header: unknown column \"knd\", did you mean \"kind\"?",
          "units.csv:1:1: header: column \"kind\" is missing, expected \"code,name,kind,group,valid_from,valid_to\""});
  CHECK(load("code,code,name,kind,group,valid_from,valid_to\n").faults ==
        Lines{"units.csv:1:6: header: column \"code\" stands twice, expected once"});
}

TEST_CASE("text that is no strict CSV in UTF-8 is told at its place") {
  CHECK(faults_of("1,Xã A,xa,,2024-01-01\n") == Lines{"units.csv:2:1: row: 5 fields, expected 6"});
  CHECK(faults_of("1,Xã A,xa,,2024-01-01,,\n") == Lines{"units.csv:2:1: row: 7 fields, expected 6"});
  CHECK(faults_of("1,Xã A,xa,,2024-01-01,\n2,\"Xã B,xa,,2024-01-01,\n3,x,x,x,x,x\n") ==
        Lines{"units.csv:3:3: quote: never closed, expected a closing quote; the rest of the file is not read"});
  CHECK(faults_of("1,\"Xã\nA\",xa,,2024-01-01,\n") ==
        Lines{"units.csv:2:3: field: has a line break inside, expected one line"});
  CHECK(faults_of("1,Xã \"A\",xa,,2024-01-01,\n") ==
        Lines{"units.csv:2:6: quote: inside a field without quotes, expected the whole field in quotes"});
  CHECK(faults_of("1,\"Xã\" A,xa,,2024-01-01,\n") ==
        Lines{"units.csv:2:7: quote: text after the closing quote, expected a comma or the line's end"});
  CHECK(faults_of("1,X\xE3 A,xa,,2024-01-01,\n") ==
        Lines{"units.csv:2:4: text: a byte is no UTF-8, expected UTF-8; save the file as UTF-8"});
  CHECK(faults_of("1,Xã \x1B"
                  "A,xa,,2024-01-01,\n") == Lines{"units.csv:2:6: text: character U+001B, expected printable text"});
  CHECK(faults_of("1,Xã \u202EA,xa,,2024-01-01,\n") ==
        Lines{"units.csv:2:6: text: character U+202E, expected printable text"});
  CHECK(faults_of(std::string("1,X\0,xa,,2024-01-01,\n", 21)) ==
        Lines{"units.csv:2:4: text: character U+0000, expected printable text"});
  CHECK(faults_of("1," + std::string(513, 'x') + ",xa,,2024-01-01,\n") ==
        Lines{"units.csv:2:3: field: longer than 512 bytes, expected a short text"});
}

TEST_CASE("too many rows and too many faults end in one named fault") {
  std::string rows = kUnits;
  for (int i = 0; i <= 200'000; ++i) rows += std::to_string(i) + ",Xã A,xa,,2024-01-01,\n";
  const auto many = load(rows);
  CHECK(many.faults == Lines{"units.csv:200002:1: file: more than 200000 rows, expected fewer"});
  CHECK(many.units.all().size() == 200'000);

  std::string bad = kUnits;
  for (int i = 0; i < 3000; ++i) bad += std::to_string(i) + ",Xã A,what,,2024-01-01,\n";
  const auto faults = load(bad).faults;
  CHECK(faults.size() == 1001);
  CHECK(faults.back() == "units.csv:1001:10: file: 1000 faults, the rest is not told");
}

TEST_CASE("lineage to a unit that is unknown or not valid then, a bad share or day, is told; one from outside is not") {
  const std::string units = kUnits + "1,Xã A,xa,,2024-01-01,2024-12-31\n2,Xã B,xa,,2025-01-01,\n";
  const auto faults = [&](const std::string& rows) { return load(units, kLineage + rows).faults; };
  CHECK(faults("999,2,2025-01-01,1\n").empty());
  CHECK(faults("1,3,2025-01-01,1\n") ==
        Lines{"lineage.csv:2:3: column \"to_code\" is 3, expected a unit of the register"});
  CHECK(faults("1,2,2024-12-31,1\n") ==
        Lines{"lineage.csv:2:3: column \"to_code\" is 2, which is not valid on 2024-12-31"});
  CHECK(faults("1,2,,1\n") == Lines{"lineage.csv:2:5: column \"on\" is empty, expected a date yyyy-MM-dd"});
  for (const char* share : {"0", "1.01", "-1", "nan", "half", "1 "}) {
    CHECK(faults(std::string("1,2,2025-01-01,") + share + "\n") ==
          Lines{std::string("lineage.csv:2:16: column \"share\" is \"") + share +
                "\", expected a number above 0 to 1, or empty"});
  }
  CHECK(faults("1,2,2025-01-01,1\n1,2,2025-01-01,\n") ==
        Lines{"lineage.csv:3:1: lineage 1 to 2: stands twice for 2025-01-01, expected once"});
  const std::string more = "3,Xã C,xa,,2025-01-01,\n";
  CHECK(load(units + more, kLineage + "1,2,2025-01-01,0.6\n1,3,2025-01-01,0.5\n").faults ==
        Lines{"lineage.csv:3:1: lineage 1: its shares on 2025-01-01 add up to more than 1, expected at most 1"});
  CHECK(load(units + more, kLineage + "1,2,2025-01-01,0.7\n1,3,2025-01-01,0.3\n").faults.empty());
}

TEST_CASE("an alias of an unknown unit, of a reserved scheme or for two units at once is told") {
  const std::string units = kUnits + "1,Xã A,xa,,2024-01-01,\n2,Xã B,xa,,2024-01-01,\n";
  const auto faults = [&](const std::string& rows) { return load(units, kLineage, kAliases + rows).faults; };
  CHECK(faults("p,X,3,,\n") == Lines{"aliases.csv:2:5: column \"code\" is 3, expected a unit of the register"});
  CHECK(faults(",X,1,,\n") == Lines{"aliases.csv:2:1: column \"scheme\" is empty, expected a text"});
  CHECK(faults("p,,1,,\n") == Lines{"aliases.csv:2:3: column \"alias\" is empty, expected a text"});
  CHECK(
      faults("gso,X,1,,\n") ==
      Lines{
          "aliases.csv:2:1: column \"scheme\" is \"gso\", which the register itself answers, expected another scheme"});
  CHECK(faults("p,X,1,2024-02-01,2024-01-01\n") ==
        Lines{"aliases.csv:2:18: column \"valid_to\" is 2024-01-01, expected 2024-02-01 or later"});
  CHECK(faults("p,X,1,,\np,X,2,2024-02-01,\n") == Lines{"aliases.csv:3:3: alias \"X\" of p: 2024-02-01 to now overlaps "
                                                        "ever to now for unit 1, expected one unit a day"});
  CHECK(faults("p,X,1,,\nq,X,2,,\n").empty());
}

TEST_CASE("what refers to a unit whose own row is at fault is not told again") {
  const auto loaded =
      load(kUnits + "1,Xã A,what,,2024-01-01,\n", kLineage + "9,1,2024-01-01,1\n", kAliases + "p,X,1,,\n");
  CHECK(loaded.faults.size() == 1);
}

}  // namespace ntmd::units
