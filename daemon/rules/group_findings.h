#pragma once
// What the conditions over a group's members and records find.

#include <span>
#include <string_view>

#include "daemon/model/day.h"
#include "daemon/model/unit_code.h"
#include "daemon/rules/criteria.h"
#include "daemon/rules/evaluate.h"
#include "daemon/rules/facts.h"

namespace ntmd::rules {

/// A member as the criteria named by the condition judged it.
struct MemberStanding {
  model::Truth official = model::Truth::u;
  State state = State::no_data;
};
GroupFinding count_members(std::span<const MemberStanding> members);

/// Records of the condition's indicator and kind in `members`, issued on or before `day`. A unit may hold several: each
/// number is one record, whose newest row decides; those without a number are one.
GroupFinding count_records(const GroupCondition& condition, const Facts& facts,
                           std::span<const model::UnitCode> members, model::Day day);

}  // namespace ntmd::rules
