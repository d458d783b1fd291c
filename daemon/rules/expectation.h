#pragma once
// What a test inside a criteria file expects of a verdict, compared field by field.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/rules/criteria.h"
#include "daemon/rules/verdict.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::rules {

/// A published field as text: nothing is null.
struct ShownField {
  std::string_view name;
  std::optional<std::string> text;
  std::optional<std::vector<std::string>> list;
};

/// What can be expected of an indicator, and of a pillar or unit.
std::vector<ShownField> shown_fields(const IndicatorVerdict& verdict);
template <class Parent>  // PillarVerdict or UnitVerdict
std::vector<ShownField> shown_fields(const Criteria& criteria, const Parent& parent);

/// One line per field of the map `expected` that differs: `1.1.1: status is "met", expected "not_met"`. A field that is
/// none is a problem.
std::vector<std::string> differences(std::string_view id, const settings::Node& expected,
                                     const std::vector<ShownField>& actual, settings::Problems& problems);

}  // namespace ntmd::rules
