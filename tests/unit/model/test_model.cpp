#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "daemon/model/day.h"
#include "daemon/model/element.h"
#include "daemon/model/evidence.h"
#include "daemon/model/figure.h"
#include "daemon/model/truth.h"

using namespace ntmd::model;

namespace {

Element element(std::string name, ElementKind kind = ElementKind::stock, std::string label_en = {}) {
  Element made;
  made.name = std::move(name);
  made.kind = kind;
  made.label_en = std::move(label_en);
  return made;
}

}  // namespace

TEST_CASE("truths combine as the criteria ask: no before unknown before yes, not applicable left out") {
  const std::string order = "TFUN";
  const auto of = [](char c) { return c == 'T' ? Truth::t : c == 'F' ? Truth::f : c == 'U' ? Truth::u : Truth::n; };
  // Rows and columns in the order T F U N.
  const std::string table[4] = {"TFUT", "FFFF", "UFUU", "TFUN"};
  for (std::size_t a = 0; a < 4; ++a) {
    for (std::size_t b = 0; b < 4; ++b) CHECK(letter(of(order[a]) & of(order[b])) == table[a][b]);
  }
}

TEST_CASE("numbers of truths, element kinds and evidence are stored and stay what they are") {
  CHECK(static_cast<int>(Truth::f) == 0);
  CHECK(static_cast<int>(Truth::t) == 1);
  CHECK(static_cast<int>(Truth::u) == 2);
  CHECK(static_cast<int>(Truth::n) == 3);
  CHECK(static_cast<int>(ElementKind::stock) == 1);
  CHECK(static_cast<int>(ElementKind::flow) == 2);
  const char* const kinds[] = {"decision", "plan",   "activity",        "inspection",   "channel",   "radio",
                               "website",  "social", "confirm_commune", "confirm_area", "exemption", "recognition"};
  int number = 0;
  for (const auto* text : kinds) {
    const auto kind = parse_evidence_kind(text);
    REQUIRE(kind);
    CHECK(static_cast<int>(*kind) == ++number);
    CHECK(to_string(*kind) == text);
  }
  number = 0;
  for (const auto* text : {"accepted", "rejected", "withdrawn"}) {
    const auto state = parse_evidence_state(text);
    REQUIRE(state);
    CHECK(static_cast<int>(*state) == ++number);
    CHECK(to_string(*state) == text);
  }
  CHECK_FALSE(parse_evidence_kind("Plan"));
  CHECK_FALSE(parse_evidence_kind(""));
  CHECK_FALSE(parse_evidence_state("accepted "));
}

TEST_CASE("a day is read only from a real date written yyyy-MM-dd") {
  CHECK(Day::parse("2024-02-29"));
  CHECK(Day::parse("2000-02-29"));
  CHECK(Day::parse("0001-01-01"));
  CHECK(Day::parse("9999-12-31"));
  for (const auto* text : {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-01-00",
                           "2024-2-1", "0000-01-01", "", "2024-02-29 ", " 2024-02-29", "2024/02/29", "2024-02-2x",
                           "+024-02-29", "20240229", "2024-02-29T00:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(Day::parse(text));
  }
}

TEST_CASE("a day built from numbers that wrap around in the calendar types is refused") {
  CHECK_FALSE(Day::of(2024, 257, 1));
  CHECK_FALSE(Day::of(2024, 1, 257));
  CHECK_FALSE(Day::of(10000, 1, 1));
  CHECK_FALSE(Day::of(-1, 1, 1));
  CHECK(Day::of(2024, 12, 31));
}

TEST_CASE("days count, compare and print") {
  const Day day = Day::parse("2024-12-31").value();
  CHECK(day.iso() == "2024-12-31");
  CHECK((day + 1).iso() == "2025-01-01");
  CHECK((day - 366).iso() == "2023-12-31");
  CHECK(Day::parse("2025-01-01").value() - day == 1);
  CHECK(day < day + 1);
  CHECK(day.year() == 2024);
  CHECK(Day(0).iso() == "1970-01-01");
  CHECK(Day::parse("0001-01-01").value().iso() == "0001-01-01");
  const Period year{Day::parse("2024-01-01").value(), day};
  CHECK(Period{day - 30, day}.inside(year));
  CHECK_FALSE(Period{day - 30, day + 1}.inside(year));
}

TEST_CASE("an element is found by name and by id, and replacing it keeps its id") {
  ElementTable table;
  table.names().intern("seen_in_a_store_only");
  const auto adults = table.put(element("adults"));
  const auto dossiers = table.put(element("dossiers", ElementKind::flow));
  CHECK(adults != dossiers);
  CHECK(table.put(element("adults", ElementKind::stock, "Adults")) == adults);
  CHECK(table.all().size() == 2);
  REQUIRE(table.find("adults"));
  CHECK(table.find("adults")->label_en == "Adults");
  CHECK(table.find("adults")->id == adults);
  CHECK(table.get(dossiers)->kind == ElementKind::flow);
  CHECK(table.find("seen_in_a_store_only") == nullptr);
  CHECK(table.get(table.names().find("seen_in_a_store_only").value()) == nullptr);
  CHECK(table.get(99) == nullptr);
  CHECK(table.find("none") == nullptr);
}

TEST_CASE("of two figures of one date the later received is in force, then the later delivery, then the later row") {
  Figure older;
  older.revision = 5;
  older.row = 9;
  Figure newer = older;
  newer.received += std::chrono::seconds(1);
  newer.revision = 4;
  newer.row = 1;
  CHECK(supersedes(newer, older));
  CHECK_FALSE(supersedes(older, newer));
  newer.received = older.received;
  CHECK(supersedes(older, newer));
  newer.revision = older.revision;
  CHECK(supersedes(older, newer));
  CHECK_FALSE(supersedes(older, older));
}

TEST_CASE("the newest evidence is the one issued last, then recorded last, then the later row") {
  Evidence a;
  Evidence b;
  a.issued_on = Day::parse("2024-05-02").value();
  b.issued_on = Day::parse("2024-05-01").value();
  b.revision = 7;
  CHECK(newer(a, b));
  b.issued_on = a.issued_on;
  CHECK(newer(b, a));
  a.revision = b.revision;
  a.row = 3;
  CHECK(newer(a, b));
  CHECK_FALSE(newer(b, a));
}

TEST_CASE("a unit code is 1 to 15 plain characters and sorts as text") {
  CHECK(UnitCode::of("08515")->view() == "08515");
  CHECK(UnitCode::of("H44.128"));
  CHECK(UnitCode::of("123456789012345"));
  for (const auto* text : {"", "1234567890123456", "085 15", "Xã", "a/b", "08515\n"}) CHECK_FALSE(UnitCode::of(text));
  CHECK(UnitCode::of("08515").value() < UnitCode::of("0852").value());
  CHECK(UnitCode::of("085").value() != UnitCode::of("0850").value());
}
