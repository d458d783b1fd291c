#pragma once
// A criteria file as the evaluator needs it: indicators, thresholds, evidence, roll-ups. Nothing here names a commune.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/model/day.h"
#include "daemon/model/element.h"
#include "daemon/model/evidence.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"
#include "daemon/units/register.h"

namespace ntmd::rules {

/// An exact decimal: 85 % is {85, 1}, 84.5 % is {845, 10}. `text` as published: "85", "84.5".
struct Threshold {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  std::string text;
};

/// numerator / denominator ≥ threshold %, or a count ≥ threshold.
struct FigureCondition {
  enum class Kind : std::uint8_t { ratio, count };
  Kind kind = Kind::ratio;
  model::ElementId numerator = 0;
  std::optional<model::ElementId> denominator;  ///< ratio only
  Threshold at_least;
  std::unordered_map<std::string, Threshold> by_commune_group;  ///< overrides by the unit's group
  [[nodiscard]] const Threshold& threshold_for(std::string_view commune_group) const;
};

/// How children make a parent (domain §5): all of them, or at least so many.
struct RollUp {
  std::optional<std::int64_t> at_least;  ///< nullopt: all
};

/// A condition over a group's members or its records (criteria whose subject is a group).
struct GroupCondition {
  enum class Kind : std::uint8_t { members, records };
  Kind kind = Kind::members;
  std::string criteria;                                             ///< members: officially met under this set
  std::string indicator;                                            ///< records: of this indicator …
  model::EvidenceKind evidence = model::EvidenceKind::recognition;  ///< … and this kind, accepted and valid
  std::int64_t at_least = 1;
};

struct IndicatorRule {
  std::string id;  ///< "1.1.1"
  std::string name_vi;
  std::string name_en;
  std::string recorded_as;  ///< what evidence records call it; the id unless the file says otherwise
  std::vector<std::string> legal;
  std::optional<FigureCondition> figure;
  std::vector<model::EvidenceKind> evidence;  ///< one condition per kind
  std::vector<model::ElementId> supporting;   ///< shown, never deciding
  /// A second reading shown beside the verdict (domain §4, 1.2.1): flagged when it falls on the other side of the
  /// threshold.
  std::optional<FigureCondition> alternate;
  std::vector<GroupCondition> group_conditions;
  bool group_all = true;  ///< all of the group conditions, else any
  settings::Place place;
};

struct PillarRule {
  std::string id;
  std::string name_vi;
  std::string name_en;
  RollUp roll_up;
  std::vector<std::uint32_t> indicators;  ///< into Criteria::indicators
};

struct Criteria {
  std::string id;  ///< "xa-thong-minh-2024"
  std::string version;
  std::string sha256;  ///< of the file's bytes
  std::string text;    ///< the file itself: decisions are replayed with it
  std::string name_vi;
  std::string name_en;
  std::vector<std::string> legal;
  std::optional<model::Day> in_force_from;
  std::optional<model::Day> in_force_to;
  bool of_group = false;                    ///< subject: a dated group of communes
  std::vector<units::UnitKind> unit_kinds;  ///< subject: these units
  int carry_over_days = 0;                  ///< days of a new year that still look at the whole year before
  RollUp roll_up;                           ///< pillars → unit; without pillars indicators → unit
  std::vector<PillarRule> pillars;
  std::vector<IndicatorRule> indicators;  ///< by id in the order of the file
};

/// Reads and checks a criteria file; faults with their places. Unknown elements are faults with a suggestion.
std::optional<Criteria> parse_criteria(std::string_view file, std::string_view text,
                                       const model::ElementTable& elements, settings::Problems& problems);

/// Reads elements.yaml (the built-in one, then the operator's) into `into`. A key left out of a known element keeps its
/// value.
void parse_elements(std::string_view file, std::string_view text, model::ElementTable& into,
                    settings::Problems& problems);

/// The outcome of one test inside a criteria file.
struct CriteriaTest {
  std::string name;
  std::vector<std::string> differences;  ///< empty: passed
};
/// Runs the `tests:` of a criteria file. No tests at all is a problem.
std::vector<CriteriaTest> run_criteria_tests(std::string_view file, std::string_view text,
                                             const model::ElementTable& elements, settings::Problems& problems);

}  // namespace ntmd::rules
