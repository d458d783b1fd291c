#pragma once
// Registers for tests: from texts, and the one that ships.

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "daemon/units/register.h"

namespace ntmd::units {

struct Loaded {
  UnitRegister units;
  std::vector<std::string> faults;
};

inline Loaded load(const std::string& units, const std::string& lineage = "from_code,to_code,on,share\n",
                   const std::string& aliases = "scheme,alias,code,valid_from,valid_to\n") {
  settings::Problems problems;
  const std::vector<UnitRegister::Csv> registers = {{"units.csv", units}};
  const std::vector<UnitRegister::Csv> edges = {{"lineage.csv", lineage}};
  const std::vector<UnitRegister::Csv> names = {{"aliases.csv", aliases}};
  UnitRegister made = UnitRegister::load(registers, edges, names, problems);
  return {std::move(made), problems.lines()};
}

inline std::string shipped_text(const std::string& name) {
  std::ifstream file("config/units/" + name, std::ios::binary);
  INFO("the tests run in the project's root");
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const UnitRegister& shipped() {
  static const Loaded loaded =
      load(shipped_text("units.csv"), shipped_text("lineage.csv"), shipped_text("aliases.csv"));
  REQUIRE(loaded.faults == std::vector<std::string>{});
  return loaded.units;
}

inline model::Day day(std::string_view iso) {
  const auto parsed = model::Day::parse(iso);
  REQUIRE(parsed.has_value());
  return *parsed;
}

inline model::UnitCode code(std::string_view text) {
  const auto parsed = model::UnitCode::of(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

/// What a look-up gives, as text: a code, "unknown", "not then" or "ambiguous: …".
inline std::string answer(const UnitRegister& units, std::string_view scheme, std::string_view asked,
                          std::string_view on) {
  const Resolution found = units.resolve(scheme, asked, day(on));
  switch (found.kind) {
    case Resolution::Kind::found:
      return std::string(units.at(found.row).code.view());
    case Resolution::Kind::unknown:
      return "unknown";
    case Resolution::Kind::not_valid_then:
      return "not then";
    case Resolution::Kind::ambiguous:
      break;
  }
  std::string text = "ambiguous:";
  for (const UnitRow row : found.candidates) text += " " + std::string(units.at(row).code.view());
  return text;
}

}  // namespace ntmd::units
