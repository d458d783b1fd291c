// The register of Phú Thọ as it ships.

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "daemon/units/fold.h"
#include "tests/unit/units/registers.h"

namespace ntmd::units {

TEST_CASE("the shipped register has 225, 207 and 148 communes on the days of its three lists") {
  for (const char* then : {"2023-12-15", "2024-01-01", "2024-12-01", "2024-12-31"})
    CHECK(shipped().on(day(then)).size() == 225);
  for (const char* then : {"2025-01-01", "2025-03-01", "2025-06-30"}) CHECK(shipped().on(day(then)).size() == 207);
  for (const char* then : {"2025-07-01", "2026-08-01"}) CHECK(shipped().on(day(then)).size() == 148);
}

TEST_CASE("districts are groups until the end of June 2025 and then are no more") {
  for (const char* then : {"2024-12-01", "2025-06-30"}) {
    std::set<std::string> groups;
    for (const UnitRow row : shipped().on(day(then))) groups.insert(shipped().at(row).group);
    CHECK(groups == std::set<std::string>{"227", "228", "230", "231", "232", "233", "234", "235", "236", "237", "238",
                                          "239", "240"});
  }
  for (const UnitRow row : shipped().on(day("2025-07-01"))) CHECK(shipped().at(row).group.empty());
}

TEST_CASE("a code renamed in place is another row, and the name moves to it") {
  const UnitRegister& units = shipped();
  const auto before = units.find(code("08044"), day("2024-12-31"));
  const auto after = units.find(code("08044"), day("2025-01-01"));
  REQUIRE(before);
  REQUIRE(after);
  CHECK(units.at(*before).name == "Xã Minh Phú");
  CHECK(units.at(*after).name == "Xã Chân Mộng");
  CHECK_FALSE(units.same_extent(*before, *after));
  CHECK(answer(units, "gso", "08047", "2024-12-31") == "08047");
  CHECK(answer(units, "gso", "08047", "2025-01-01") == "not then");
  CHECK(answer(units, "name", "Xã Chân Mộng", "2024-12-31") == "08047");
  CHECK(answer(units, "name", "Xã Chân Mộng", "2025-01-01") == "08044");
  CHECK(answer(units, "name", "Xã Minh Phú", "2025-01-01") == "not then");
  CHECK(answer(units, "name", "Xã Tân Phú", "2024-12-31") == "08566");
  CHECK(answer(units, "name", "Xã Tân Phú", "2025-01-01") == "not then");
  CHECK(answer(units, "name", "Thị trấn Tân Phú", "2025-01-01") == "08566");
}

TEST_CASE("a unit that the lists show unchanged over 1 January 2025 is one row") {
  const UnitRegister& units = shipped();
  const auto kept = units.find(code("08515"), day("2024-06-01"));
  REQUIRE(kept);
  CHECK(units.find(code("08515"), day("2025-03-01")) == kept);
  // Nông Trang took in Vân Cơ.
  CHECK(units.find(code("07894"), day("2024-12-31")) != units.find(code("07894"), day("2025-01-01")));
}

TEST_CASE("all 148 portal codes resolve today and none before the units existed") {
  const auto text = shipped_text("aliases.csv");
  std::size_t asked = 0;
  std::set<std::string> codes;
  for (std::size_t at = text.find("portal,"); at != std::string::npos; at = text.find("\nportal,", at)) {
    if (text[at] == '\n') ++at;
    const std::size_t start = at + 7;
    const std::string alias = text.substr(start, text.find(',', start) - start);
    ++asked;
    codes.insert(answer(shipped(), "portal", alias, "2026-08-01"));
    CHECK(answer(shipped(), "portal", alias, "2025-06-30") == "not then");
  }
  CHECK(asked == 148);
  CHECK(codes.size() == 148);
  CHECK_FALSE(codes.contains("unknown"));
  CHECK(shipped().aliases("portal", day("2026-08-01")).size() == 148);
  CHECK(shipped().aliases("portal", day("2025-06-30")).empty());
  CHECK(answer(shipped(), "portal", "H44.128", "2026-08-01") == "08053");
  CHECK(answer(shipped(), "portal", "H44", "2026-08-01") == "unknown");
}

TEST_CASE("the shipped lineage has 482 edges to the 148 units, 6 of them parts that are not stated") {
  const UnitRegister& units = shipped();
  CHECK(units.lineage().size() == 482);
  CHECK(std::ranges::count(units.lineage(), std::optional<double>(1.0), &LineageEdge::share) == 476);
  CHECK(std::ranges::count(units.lineage(), std::optional<double>(), &LineageEdge::share) == 6);
  std::size_t formed = 0;
  for (const UnitRow row : units.on(day("2025-07-01"))) {
    CHECK_FALSE(units.formed_from(row).empty());
    formed += units.formed_from(row).size();
  }
  CHECK(formed == 482);
  std::size_t became = 0;
  for (const UnitRow row : units.on(day("2025-06-30"))) {
    CHECK(units.became(row).size() == 1);  // the split units were of another province
    became += units.became(row).size();
  }
  CHECK(became == 207);
}

TEST_CASE("the two units that only lost their district keep their extent, the others do not") {
  const UnitRegister& units = shipped();
  std::set<std::string> kept;
  for (const UnitRow row : units.on(day("2025-07-01"))) {
    const auto before = units.find(units.at(row).code, day("2025-06-30"));
    if (before && units.same_extent(*before, row)) kept.insert(units.at(row).name);
  }
  CHECK(kept == std::set<std::string>{"Xã Thu Cúc", "Xã Trung Sơn"});
}

TEST_CASE("Hùng Long and Hưng Long are told apart by accents and refused without") {
  const UnitRegister& units = shipped();
  CHECK(answer(units, "name", "Xã Hùng Long", "2024-12-01") == "08029");
  CHECK(answer(units, "name", "xã Hưng Long", "2024-12-01") == "08314");
  CHECK(answer(units, "name", "Xã Hùng Long", "2025-03-01") == "08035");
  for (const char* plain : {"HUNG LONG", "XA HUNG LONG", "hung long", "Xã Hung Long"}) {
    CHECK(answer(units, "name", plain, "2024-12-01") == "ambiguous: 08029 08314");
  }
  CHECK(answer(units, "name", "Xã Hừng Long", "2024-12-01") == "unknown");
  const Resolution refused = units.resolve("name", "hung long", day("2024-12-01"));
  CHECK(refused.describe(units, "hung long") ==
        "name \"hung long\" is ambiguous: 08029 Xã Hùng Long, 08314 Xã Hưng Long");
}

TEST_CASE("a ward and a township of one name need their title") {
  const UnitRegister& units = shipped();
  CHECK(answer(units, "name", "Phong Châu", "2024-12-01") == "ambiguous: 07945 08230");
  CHECK(answer(units, "name", "Phường Phong Châu", "2024-12-01") == "07945");
  CHECK(answer(units, "name", "Thị trấn Phong Châu", "2024-12-01") == "08230");
  CHECK(answer(units, "name", "TT PHONG CHAU", "2024-12-01") == "08230");
  CHECK(answer(units, "name", "Xã Phong Châu", "2024-12-01") == "unknown");
}

TEST_CASE("the portal's spellings mean the units of the list") {
  const UnitRegister& units = shipped();
  for (const char* name : {"UBND xã Hạ Hòa", "Xã Hạ Hoà", "XA HA HOA", "xã hạ hòa", "Ha\u0323 Ho\u0300a"}) {
    CHECK(answer(units, "name", name, "2026-08-01") == "08053");
  }
  CHECK(answer(units, "name", "UBND phường Tân Hòa", "2026-08-01") == "04792");
  CHECK(answer(units, "name", "UBND xã Thanh Thủy", "2026-08-01") == "08674");
  CHECK(answer(units, "name", "UBND xã Lâm Thao - Tỉnh Phú Thọ", "2026-08-01") ==
        answer(units, "name", "Xã Lâm Thao", "2026-08-01"));
  CHECK(answer(units, "name", "UBND xã Vĩnh Tường - tỉnh Phú Thọ", "2026-08-01") ==
        answer(units, "name", "VINH TUONG", "2026-08-01"));
  CHECK(answer(units, "name", "UBND tỉnh Phú Thọ", "2026-08-01") == "unknown");
}

TEST_CASE("every unit of the shipped register is found by its own name in any spelling") {
  const UnitRegister& units = shipped();
  for (const char* then : {"2024-12-01", "2025-03-01", "2026-08-01"}) {
    for (const UnitRow row : units.on(day(then))) {
      const Unit& unit = units.at(row);
      CHECK(answer(units, "name", "UBND " + unit.name + " - Tỉnh Phú Thọ", then) == unit.code.view());
      const std::string plain = answer(units, "name", fold(unit.name), then);
      const bool collides = fold_with_kind(unit.name).plain == "hung long";
      CHECK((plain == unit.code.view() || (collides && plain.starts_with("ambiguous"))));
    }
  }
}

}  // namespace ntmd::units
