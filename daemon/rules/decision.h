#pragma once
// The record of one change of one indicator's status (domain §6): enough to judge it again.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/day.h"
#include "daemon/rules/evaluate.h"
#include "daemon/rules/verdict.h"

namespace ntmd::rules {

/// What made the status change.
enum class CauseKind : std::uint8_t {
  first = 1,
  delivery = 2,
  evidence = 3,
  rule = 4,
  boundary = 5,
  clock = 6,
  retract = 7,
  accept = 8,
  config = 9,  ///< a source was added, removed or given other limits
};
std::string_view to_string(CauseKind kind);

struct Standing {
  State state = State::no_data;
  model::Truth measured = model::Truth::u;
  model::Truth official = model::Truth::u;
  std::vector<Reason> reasons;
  bool operator==(const Standing&) const = default;
};
Standing standing_of(const IndicatorVerdict& verdict);

struct Decision {
  std::uint64_t seq = 0;  ///< place in the chain, from 1
  model::Day day;
  model::Day boundaries;
  model::UnitCode unit;  ///< empty for a group
  std::string group;     ///< the unit's group, or the group judged
  std::string indicator;
  std::string criteria;
  std::string criteria_sha256;
  std::optional<Standing> before;  ///< nullopt: the first verdict
  Standing after;
  IndicatorInputs inputs;
  std::optional<std::int64_t> numerator;
  std::optional<std::int64_t> denominator;
  std::optional<std::int64_t> gap;
  std::optional<std::int64_t> slack;
  CauseKind cause = CauseKind::first;
  std::vector<std::string> cause_ids;  ///< deliveries, sources of a config, or the criteria's sha256
};

/// One line of JSON, the same for the same decision on any machine: what the chain hashes (all fields but `seq`).
std::string canonical_json(const Decision& decision);

/// Likewise of what a verdict depends on: an object.
std::string canonical_json(const IndicatorInputs& inputs);

}  // namespace ntmd::rules
