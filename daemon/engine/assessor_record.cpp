// What a pass decided, as it is recorded: decisions, statuses, and the verdicts with their inputs.

#include <algorithm>
#include <unordered_set>

#include "daemon/base/digest.h"
#include "daemon/engine/assessor.h"
#include "daemon/engine/decision_reader.h"
#include "daemon/engine/pass_frame.h"

namespace ntmd::engine {
namespace {

std::vector<rules::Reason> parse_reasons(std::string_view codes) {
  std::vector<rules::Reason> out;
  while (!codes.empty()) {
    const auto end = std::min(codes.find(','), codes.size());
    if (const auto reason = rules::parse_reason(codes.substr(0, end))) out.push_back(*reason);
    codes.remove_prefix(std::min(end + 1, codes.size()));
  }
  return out;
}

}  // namespace

Stood stood(const store::StatusRow& row) {
  return {{static_cast<rules::State>(row.state), static_cast<model::Truth>(row.measured),
           static_cast<model::Truth>(row.official), parse_reasons(row.reasons)},
          static_cast<model::Truth>(row.known),
          row.decision};
}

const PassFrame& Assessor::frame_on(model::Day day) {
  if (!frame_now_) frame_now_ = frame_of(setup_, day);
  frame_now_->boundaries = request(day).boundaries;
  return *frame_now_;
}

std::vector<bool> Assessor::of_the_pass_before(const rules::Verdicts& verdicts) const {
  if (!last_ || last_->as_of != verdicts.as_of || last_->by_unit.size() != verdicts.by_unit.size()) return {};
  std::vector<bool> unchanged(verdicts.by_unit.size());
  for (std::size_t i = 0; i < unchanged.size(); ++i) unchanged[i] = verdicts.by_unit.shares(i, last_->by_unit, i);
  return unchanged;
}

base::Result<std::vector<RecordedSubject>> Assessor::compare(rules::Verdicts& verdicts,
                                                             const std::vector<bool>& unchanged,
                                                             const store::Dirty& dirty, Pass& pass) {
  Causes causes(setup_, store_, verdicts, dirty);
  if (auto begun = causes.begin(last_day_, frame_, frame_on(verdicts.as_of)); !begun)
    return std::unexpected(begun.error());
  std::vector<RecordedSubject> subjects;
  for (std::size_t i = 0; i < verdicts.by_unit.size(); ++i) {
    if (!unchanged.empty() && unchanged[i]) continue;
    auto& unit = verdicts.by_unit.change(i);
    const auto& row = verdicts.units->at(unit.unit);
    auto compared = compare_subject("u/" + std::string(row.code.view()), *verdicts.criteria[unit.criteria], row.group,
                                    unit.indicators, causes, {}, pass);
    if (!compared) return std::unexpected(compared.error());
    subjects.push_back(std::move(*compared));
  }
  std::vector<ChangedMember> members;
  if (!verdicts.by_group.empty()) {
    for (const auto& change : pass.changes) members.push_back({change.subject, change.criteria->id, change.cause});
  }
  for (auto& group : verdicts.by_group) {
    auto compared = compare_subject("g/" + group.group, *verdicts.criteria[group.criteria], group.group,
                                    group.indicators, causes, members, pass);
    if (!compared) return std::unexpected(compared.error());
    subjects.push_back(std::move(*compared));
  }
  // Else there are no other subjects than before.
  if (unchanged.empty()) add_judged_no_more(subjects);
  return subjects;
}

base::Result<RecordedSubject> Assessor::compare_subject(std::string subject, const rules::Criteria& criteria,
                                                        std::string_view group,
                                                        std::vector<rules::IndicatorVerdict>& indicators,
                                                        Causes& causes, std::span<const ChangedMember> members,
                                                        Pass& pass) {
  const auto key = standing_key(subject, criteria.id);
  const auto found = standings_.find(key);
  const auto kept = kept_.find(key);
  RecordedSubject recorded{std::move(subject), criteria.id, &criteria, group, &indicators, pass.changes.size()};
  if (found != standings_.end()) recorded.before = &found->second;
  if (kept != kept_.end()) recorded.kept = &kept->second;
  for (auto& verdict : indicators) {
    const bool known = recorded.before != nullptr && verdict.rule < recorded.before->size();
    const auto* before = known && (*recorded.before)[verdict.rule] ? &*(*recorded.before)[verdict.rule] : nullptr;
    if (before != nullptr && before->standing == rules::standing_of(verdict)) {
      verdict.decision = before->decision;
      continue;
    }
    auto cause = causes.of({recorded.subject, group, &criteria, &verdict, before}, members);
    if (!cause) return std::unexpected(cause.error());
    pass.changes.push_back({recorded.subject, &criteria, &verdict,
                            before == nullptr ? std::nullopt : std::optional(before->standing.state),
                            before == nullptr ? model::Truth::u : before->known, std::move(*cause)});
    verdict.decision = head_.seq + pass.changes.size();
  }
  recorded.changes = pass.changes.size() - recorded.first_change;
  return recorded;
}

void Assessor::add_judged_no_more(std::vector<RecordedSubject>& subjects) const {
  std::unordered_set<std::string> judged;
  for (const auto& subject : subjects) judged.insert(standing_key(subject.subject, subject.criteria));
  for (const auto& [key, digest] : kept_) {
    if (judged.contains(key)) continue;
    const auto end = key.find('\n');
    auto& subject = subjects.emplace_back();
    subject.subject = key.substr(0, end);
    subject.criteria = key.substr(end + 1);
  }
}

void Assessor::committed(const store::AssessmentCommit& commit, const Pass& pass, const PassRecords& records) {
  generation_ = commit.generation;
  frame_ = commit.frame;
  head_ = records.head();
  const auto& subjects = records.subjects();
  for (const auto& subject : subjects) {
    auto key = standing_key(subject.subject, subject.criteria);
    if (subject.rules == nullptr) {
      kept_.erase(key);
    } else if (subject.changes > 0) {
      auto& standings = standings_[std::move(key)];
      standings.resize(subject.rules->indicators.size());
      for (auto i = subject.first_change; i < subject.first_change + subject.changes; ++i) {
        const auto& change = pass.changes[i];
        standings[change.verdict->rule] =
            Stood{rules::standing_of(*change.verdict), change.known(), change.verdict->decision};
      }
    }
  }
  for (const auto& [place, digest] : records.kept())
    kept_[standing_key(subjects[place].subject, subjects[place].criteria)] = digest;
}

}  // namespace ntmd::engine
