#pragma once
// Domain §4 told again, slowly and simply, from the texts of the deliveries: what the province's figures should be.

#include <map>
#include <optional>
#include <string>

#include "tests/unit/engine/random_province.h"

namespace ntmd::engine {

/// What should be in force for one unit and element. Neither: no figure.
struct Expected {
  std::optional<std::int64_t> value;
  std::optional<rules::Reason> missing;
  bool disputed = false;
};

/// Of every told or counted element of every unit, by "unit element".
std::map<std::string, Expected> expected_figures(Province& province);

}  // namespace ntmd::engine
