#pragma once
// What is said of one element of one unit on one day, before it is shown as an operand.

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/model/figure.h"
#include "daemon/rules/verdict.h"

namespace ntmd::rules {

/// Neither `value` nor `missing`: there is no figure.
struct Told {
  std::optional<std::int64_t> value;
  std::optional<Reason> missing;
  bool elsewhere = false;  ///< what there is was told for other boundaries
  bool jumped = false;
  bool disputed = false;
  bool derived = false;  ///< distinct people: sets that may overlap, so never added
  model::Period period;
  model::SourceId source = 0;
  std::vector<model::Revision> deliveries;  ///< ascending
  std::vector<model::UnitCode> parts;       ///< units whose figures were added up, ascending; empty: told for the unit

  [[nodiscard]] bool speaks() const { return value.has_value() || missing.has_value(); }
};

}  // namespace ntmd::rules
