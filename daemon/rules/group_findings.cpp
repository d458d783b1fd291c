#include "daemon/rules/group_findings.h"

#include <map>

namespace ntmd::rules {

GroupFinding count_members(std::span<const MemberStanding> members) {
  GroupFinding finding;
  for (const auto& member : members) {
    if (member.official == model::Truth::n) continue;
    ++finding.of;
    if (member.official == model::Truth::t) ++finding.met;
    if (member.official != model::Truth::u) continue;
    finding.word = finding.open == 0 ? member.state : first_word(finding.word, member.state);
    ++finding.open;
  }
  return finding;
}

GroupFinding count_records(const GroupCondition& condition, const Facts& facts,
                           std::span<const model::UnitCode> members, model::Day day) {
  GroupFinding finding;
  for (const auto& member : members) {
    std::map<std::string_view, const model::Evidence*> newest;  // by number
    for (const auto& on_file : facts.evidence(member, condition.indicator)) {
      const auto& record = *on_file;
      if (record.kind != condition.evidence || record.issued_on > day) continue;
      auto& known = newest[record.number];
      if (known == nullptr || model::newer(record, *known)) known = &record;
    }
    for (const auto& [number, record] : newest) {
      if (record->state != model::EvidenceState::accepted) continue;
      const bool expired = record->valid_to && *record->valid_to < day;
      ++(expired ? finding.open : finding.met);
    }
  }
  return finding;
}

}  // namespace ntmd::rules
