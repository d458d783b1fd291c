#pragma once
// One assessment: every unit of the boundaries' day under every criteria set. Pure; no clock, no I/O.

#include <memory>
#include <span>
#include <vector>

#include "daemon/rules/criteria.h"
#include "daemon/rules/facts.h"
#include "daemon/rules/verdict.h"
#include "daemon/units/register.h"

namespace ntmd::rules {

struct AssessRequest {
  model::Day day;
  model::Day boundaries;
  std::shared_ptr<const units::UnitRegister> units;
  std::vector<std::shared_ptr<const Criteria>> criteria;
};

/// Everything, from scratch. A unit that comes to the same, field by field but for the decisions' numbers, as in
/// `previous` (of the same units and criteria; nullptr: there is none) shares its verdict.
std::shared_ptr<Verdicts> assess_all(const AssessRequest& request, const Facts& facts,
                                     const Verdicts* previous = nullptr);

/// Only `touched` units (by code) and those formed from them: by unit code, then criteria. No groups.
std::vector<UnitVerdict> assess_units(const AssessRequest& request, const Facts& facts,
                                      std::span<const model::UnitCode> touched);

/// Whether units of `kind` are judged under `criteria`.
bool judges(const Criteria& criteria, units::UnitKind kind);

/// The same answer as assess_all, field by field, recomputing only `touched` units (by code), those formed from
/// them, and the groups; every other unit is taken from `previous`, which must be of the same day, boundaries, units
/// and criteria.
std::shared_ptr<Verdicts> assess_some(const AssessRequest& request, const Facts& facts, const Verdicts& previous,
                                      std::span<const model::UnitCode> touched);

}  // namespace ntmd::rules
