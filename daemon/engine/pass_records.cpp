#include "daemon/engine/pass_records.h"

#include "daemon/engine/assessor.h"
#include "daemon/engine/decision_reader.h"

namespace ntmd::engine {
namespace {

constexpr std::size_t kTogether = std::size_t{256} << 10U;  // bytes of text

std::string reason_codes(const std::vector<rules::Reason>& reasons) {
  std::string out;
  for (const auto reason : reasons) {
    if (!out.empty()) out += ',';
    out += rules::to_string(reason);
  }
  return out;
}

store::StatusRow status_of(const Change& change, std::string_view indicator) {
  const auto& verdict = *change.verdict;
  store::StatusRow status;
  status.subject = change.subject;
  status.criteria = change.criteria->id;
  status.indicator = indicator;
  status.state = static_cast<std::uint8_t>(verdict.state);
  status.measured = static_cast<std::uint8_t>(verdict.measured);
  status.official = static_cast<std::uint8_t>(verdict.official);
  status.known = static_cast<std::uint8_t>(change.known());
  status.reasons = reason_codes(verdict.reasons);
  status.decision = verdict.decision;
  return status;
}

}  // namespace

PassRecords::PassRecords(const Pass& pass, std::vector<RecordedSubject> subjects, store::ChainHead head,
                         base::ShareWork share)
    : pass_(pass),
      subjects_(std::move(subjects)),
      head_(std::move(head)),
      ahead_(std::move(share), [this](Batch& batch) { make(batch); }) {}

bool PassRecords::empty() {
  if (subjects_.empty()) return true;
  batch_ = &ahead_.next();
  return batch_->records.empty();
}

base::Result<const store::SubjectRecord*> PassRecords::next() {
  if (batch_ == nullptr || given_ == batch_->records.size()) {
    batch_ = &ahead_.next();
    given_ = 0;
  }
  if (batch_->records.empty()) return nullptr;
  return &batch_->records[given_++];
}

void PassRecords::make(Batch& batch) {
  for (std::size_t bytes = 0; bytes < kTogether && at_ < subjects_.size(); ++at_) {
    auto& record = batch.records.emplace_back();
    bytes += make(at_, record);
    if (record.decisions.empty() && !record.verdict) batch.records.pop_back();
  }
}

/// Gives how many bytes of text it took.
std::size_t PassRecords::make(std::size_t place, store::SubjectRecord& record) {
  const auto& subject = subjects_[place];
  record.subject = subject.subject;
  record.criteria = subject.criteria;
  if (subject.rules == nullptr) {
    record.verdict.emplace();
    return 0;
  }
  std::size_t bytes = 0;
  for (auto change = subject.first_change; change < subject.first_change + subject.changes; ++change) {
    auto& row = record.decisions.emplace_back(decide(subject, change));
    record.statuses.push_back(status_of(pass_.changes[change], row.indicator));
    bytes += row.body.size();
  }
  auto text = kept_text(*subject.rules, *subject.indicators, pass_.day, subject.group);
  bytes += text.size();
  const auto digest = base::sha256(text);
  if (subject.kept != nullptr && *subject.kept == digest) return bytes;
  kept_.emplace_back(place, digest);
  record.verdict = std::move(text);
  return bytes;
}

store::DecisionRow PassRecords::decide(const RecordedSubject& subject, std::size_t number) {
  const auto& change = pass_.changes[number];
  const auto& verdict = *change.verdict;
  rules::Decision decision;
  decision.seq = head_.seq + 1;
  decision.day = pass_.day;
  decision.boundaries = pass_.boundaries;
  if (subject.subject.starts_with("u/"))
    decision.unit = model::UnitCode::of(std::string_view(subject.subject).substr(2)).value();
  decision.group = subject.group;
  decision.indicator = subject.rules->indicators[verdict.rule].id;
  decision.criteria = subject.criteria;
  decision.criteria_sha256 = subject.rules->sha256;
  if (change.before) decision.before = (*subject.before)[verdict.rule].value().standing;
  decision.after = rules::standing_of(verdict);
  decision.inputs = rules::inputs_of(verdict, pass_.day, subject.group);
  decision.numerator = verdict.numerator;
  decision.denominator = verdict.denominator;
  decision.gap = verdict.gap;
  decision.slack = verdict.slack;
  decision.cause = change.cause.kind;
  decision.cause_ids = change.cause.ids;

  store::DecisionRow row;
  row.seq = decision.seq;
  row.day = pass_.day.iso();
  row.subject = subject.subject;
  row.criteria = decision.criteria;
  row.indicator = decision.indicator;
  row.body = rules::canonical_json(decision);
  row.prev_hash = head_.hash;
  row.hash = base::sha256_hex(row.prev_hash + row.body);
  head_ = {row.seq, row.hash};
  return row;
}

}  // namespace ntmd::engine
