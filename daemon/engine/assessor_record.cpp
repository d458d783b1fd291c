// What a pass decided, as it is recorded: decisions, statuses, and the verdicts with their inputs.

#include <algorithm>
#include <unordered_set>

#include "daemon/base/digest.h"
#include "daemon/engine/assessor.h"
#include "daemon/engine/decision_reader.h"
#include "daemon/engine/pass_frame.h"

namespace ntmd::engine {
namespace {

std::string reason_codes(const std::vector<rules::Reason>& reasons) {
  std::string out;
  for (const auto reason : reasons) {
    if (!out.empty()) out += ',';
    out += rules::to_string(reason);
  }
  return out;
}

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

base::Status Assessor::compare(rules::Verdicts& verdicts, const std::vector<bool>& unchanged, const store::Dirty& dirty,
                               Pass& pass, store::AssessmentCommit& commit) {
  Causes causes(setup_, store_, verdicts, dirty);
  if (auto begun = causes.begin(last_day_, frame_, frame_on(verdicts.as_of)); !begun) return begun;
  for (std::size_t i = 0; i < verdicts.by_unit.size(); ++i) {
    if (!unchanged.empty() && unchanged[i]) continue;
    auto& unit = verdicts.by_unit.change(i);
    const auto& row = verdicts.units->at(unit.unit);
    const auto& criteria = *verdicts.criteria[unit.criteria];
    if (auto done = compare_subject("u/" + std::string(row.code.view()), criteria, row.group, unit.indicators, verdicts,
                                    causes, {}, pass, commit);
        !done) {
      return done;
    }
  }
  std::vector<ChangedMember> members;
  if (!verdicts.by_group.empty()) {
    for (const auto& change : pass.changes) members.push_back({change.subject, change.criteria->id, change.cause});
  }
  for (auto& group : verdicts.by_group) {
    const auto& criteria = *verdicts.criteria[group.criteria];
    if (auto done = compare_subject("g/" + group.group, criteria, group.group, group.indicators, verdicts, causes,
                                    members, pass, commit);
        !done) {
      return done;
    }
  }
  return {};
}

base::Status Assessor::compare_subject(const std::string& subject, const rules::Criteria& criteria,
                                       std::string_view group, std::vector<rules::IndicatorVerdict>& indicators,
                                       const rules::Verdicts& verdicts, Causes& causes,
                                       std::span<const ChangedMember> members, Pass& pass,
                                       store::AssessmentCommit& commit) {
  const auto found = standings_.find(standing_key(subject, criteria.id));
  for (auto& verdict : indicators) {
    const bool known = found != standings_.end() && verdict.rule < found->second.size() && found->second[verdict.rule];
    const auto* before = known ? &*found->second[verdict.rule] : nullptr;
    if (before != nullptr && before->standing == rules::standing_of(verdict)) {
      verdict.decision = before->decision;
      continue;
    }
    const auto& rule = criteria.indicators[verdict.rule];
    auto cause = causes.of({subject, group, &criteria, &verdict, before}, members);
    if (!cause) return std::unexpected(cause.error());

    rules::Decision decision;
    decision.seq = commit.expected_head.seq + commit.decisions.size() + 1;
    decision.day = verdicts.as_of;
    decision.boundaries = verdicts.boundaries;
    if (subject.starts_with("u/")) decision.unit = model::UnitCode::of(std::string_view(subject).substr(2)).value();
    decision.group = group;
    decision.indicator = rule.id;
    decision.criteria = criteria.id;
    decision.criteria_sha256 = criteria.sha256;
    if (before != nullptr) decision.before = before->standing;
    decision.after = rules::standing_of(verdict);
    decision.inputs = rules::inputs_of(verdict, verdicts.as_of, group);
    decision.numerator = verdict.numerator;
    decision.denominator = verdict.denominator;
    decision.gap = verdict.gap;
    decision.slack = verdict.slack;
    decision.cause = cause->kind;
    decision.cause_ids = cause->ids;

    store::DecisionRow row;
    row.seq = decision.seq;
    row.day = verdicts.as_of.iso();
    row.subject = subject;
    row.criteria = criteria.id;
    row.indicator = rule.id;
    row.body = rules::canonical_json(decision);
    row.prev_hash = commit.decisions.empty() ? commit.expected_head.hash : commit.decisions.back().hash;
    row.hash = base::sha256_hex(row.prev_hash + row.body);
    verdict.decision = row.seq;

    store::StatusRow status;
    status.subject = subject;
    status.criteria = criteria.id;
    status.indicator = rule.id;
    status.state = static_cast<std::uint8_t>(verdict.state);
    status.measured = static_cast<std::uint8_t>(verdict.measured);
    status.official = static_cast<std::uint8_t>(verdict.official);
    const auto known_before = static_cast<std::uint8_t>(before == nullptr ? model::Truth::u : before->known);
    const bool decided = verdict.official == model::Truth::t || verdict.official == model::Truth::f;
    status.known = decided ? status.official : known_before;
    status.reasons = reason_codes(verdict.reasons);
    status.decision = row.seq;

    pass.changes.push_back({subject, &criteria, &verdict,
                            before == nullptr ? std::nullopt : std::optional(decision.before->state),
                            static_cast<model::Truth>(known_before), std::move(*cause)});
    commit.decisions.push_back(std::move(row));
    commit.statuses.push_back(std::move(status));
  }
  return {};
}

void Assessor::committed(const store::AssessmentCommit& commit) {
  generation_ = commit.generation;
  frame_ = commit.frame;
  if (!commit.decisions.empty()) head_ = {commit.decisions.back().seq, commit.decisions.back().hash};
  for (const auto& row : commit.verdicts) {
    auto key = standing_key(row.subject, row.criteria);
    if (row.body.empty()) {
      kept_.erase(key);
    } else {
      kept_[std::move(key)] = base::sha256(row.body);
    }
  }
  for (const auto& row : commit.statuses) {
    auto& subject = standings_[standing_key(row.subject, row.criteria)];
    const auto criteria = std::ranges::find(setup_.criteria, row.criteria, [](const auto& set) { return set->id; });
    const auto& rules = (*criteria)->indicators;
    subject.resize(rules.size());
    const auto rule = std::ranges::find(rules, row.indicator, &rules::IndicatorRule::id);
    subject[static_cast<std::size_t>(rule - rules.begin())] = stood(row);
  }
}

void Assessor::keep(const rules::Verdicts& verdicts, const std::vector<bool>& unchanged,
                    store::AssessmentCommit& commit) const {
  if (commit.frame != frame_) {
    for (const auto& criteria : setup_.criteria) commit.criteria_texts.emplace_back(criteria->sha256, criteria->text);
  }
  for (std::size_t i = 0; i < verdicts.by_unit.size(); ++i) {
    if (!unchanged.empty() && unchanged[i]) continue;
    const auto& unit = verdicts.by_unit[i];
    const auto& row = verdicts.units->at(unit.unit);
    keep_one("u/" + std::string(row.code.view()), *verdicts.criteria[unit.criteria], unit.indicators, row.group,
             verdicts.as_of, commit);
  }
  for (const auto& group : verdicts.by_group) {
    keep_one("g/" + group.group, *verdicts.criteria[group.criteria], group.indicators, group.group, verdicts.as_of,
             commit);
  }
  if (!unchanged.empty()) return;  // no other subjects than before
  std::unordered_set<std::string> judged;
  for (const auto& unit : verdicts.by_unit) {
    judged.insert(standing_key("u/" + std::string(verdicts.units->at(unit.unit).code.view()),
                               verdicts.criteria[unit.criteria]->id));
  }
  for (const auto& group : verdicts.by_group)
    judged.insert(standing_key("g/" + group.group, verdicts.criteria[group.criteria]->id));
  for (const auto& [key, digest] : kept_) {
    const auto end = key.find('\n');
    if (!judged.contains(key)) commit.verdicts.push_back({key.substr(0, end), key.substr(end + 1), {}});
  }
}

void Assessor::keep_one(std::string subject, const rules::Criteria& criteria,
                        const std::vector<rules::IndicatorVerdict>& indicators, std::string_view group, model::Day day,
                        store::AssessmentCommit& commit) const {
  auto text = kept_text(criteria, indicators, day, group);
  const auto known = kept_.find(standing_key(subject, criteria.id));
  if (known != kept_.end() && known->second == base::sha256(text)) return;
  commit.verdicts.push_back({std::move(subject), criteria.id, std::move(text)});
}

}  // namespace ntmd::engine
