#include "daemon/engine/assessor.h"

#include <algorithm>
#include <charconv>

namespace ntmd::engine {
namespace {

constexpr std::string_view kLastAssessed = "last_assessed";
constexpr std::string_view kGeneration = "generation";

}  // namespace

Assessor::Assessor(const Setup& setup, store::Store& store) : setup_(setup), store_(store) {}

std::string Assessor::standing_key(std::string_view subject, std::string_view criteria) {
  std::string key(subject);
  key += '\n';
  key += criteria;
  return key;
}

base::Status Assessor::load() {
  auto facts = load_facts(setup_, store_);
  if (!facts) return base::fail_within("loading", facts);
  facts_ = std::move(*facts);
  const auto rows = store_.statuses();
  if (!rows) return base::fail_within("loading statuses", rows);
  std::unordered_map<std::string_view, const rules::Criteria*> by_id;
  for (const auto& criteria : setup_.criteria) by_id.emplace(criteria->id, criteria.get());
  for (const auto& row : *rows) {
    const auto criteria = by_id.find(row.criteria);
    if (criteria == by_id.end()) continue;
    const auto& rules = criteria->second->indicators;
    const auto rule = std::ranges::find(rules, row.indicator, &rules::IndicatorRule::id);
    if (rule == rules.end()) continue;
    auto& subject = standings_[standing_key(row.subject, row.criteria)];
    subject.resize(rules.size());
    subject[static_cast<std::size_t>(rule - rules.begin())] = stood(row);
  }
  const auto kept = store_.verdicts();
  if (!kept) return base::fail_within("loading verdicts", kept);
  for (const auto& row : *kept) kept_[standing_key(row.subject, row.criteria)] = base::sha256(row.body);
  const auto frame = store_.get_meta("last_frame");
  if (!frame) return base::fail_within("loading", frame);
  frame_ = frame->value_or("");
  auto head = store_.chain_head();
  if (!head) return base::fail_within("loading the decision chain", head);
  head_ = *head;
  const auto last = store_.get_meta(kLastAssessed);
  if (!last) return base::fail_within("loading", last);
  if (*last) last_day_ = model::Day::parse(**last);
  const auto generation = store_.get_meta(kGeneration);
  if (!generation) return base::fail_within("loading", generation);
  if (*generation) std::from_chars((*generation)->data(), (*generation)->data() + (*generation)->size(), generation_);
  return {};
}

rules::AssessRequest Assessor::request(model::Day day) const {
  return {day, setup_.config.boundaries.value_or(day), setup_.units, setup_.criteria};
}

std::shared_ptr<rules::Verdicts> Assessor::judge(model::Day day, const rules::Facts& facts) const {
  return rules::assess_all(request(day), facts);
}

base::Status Assessor::take_in() {
  const auto dirty = store_.dirty(taken_in_);
  if (!dirty) return std::unexpected(dirty.error());
  if (auto done = refresh_facts(*facts_, store_, *dirty); !done) return done;
  taken_in_ = dirty->up_to;
  return {};
}

base::Result<Pass> Assessor::assess(model::Day day, bool full, const Companion& companion,
                                    const std::set<std::string>& under_way, const std::string& restart) {
  Pass pass;
  // Counting reads the facts for the last computed figure, so what deliveries changed comes in first, then what
  // counting changed.
  if (auto done = take_in(); !done) return base::fail_within("assessing", done);
  if (last_day_ && day < *last_day_ && restart.empty()) {
    // What changed stays dirty for the pass that records it.
    auto verdicts = judge(day, *facts_);
    verdicts->generation = generation_;
    pass.verdicts = std::move(verdicts);
    return pass;
  }
  auto held = count(day, [&](const std::string& source) { return !under_way.contains(source); });
  if (!held) return base::fail_within("assessing", held);
  pass.held = std::move(*held);
  auto dirty = store_.dirty();
  if (!dirty) return base::fail_within("assessing", dirty);

  std::shared_ptr<rules::Verdicts> verdicts;
  if (!full && last_ && last_->as_of == day) {
    std::vector<model::UnitCode> touched;
    for (const auto& cell : dirty->cells) touched.push_back(cell.unit);
    std::ranges::sort(touched);
    touched.erase(std::ranges::unique(touched).begin(), touched.end());
    verdicts = rules::assess_some(request(day), *facts_, *last_, touched);
    pass.touched = setup_.units->with_successors(touched);
    pass.since = last_->generation;
  } else {
    verdicts = rules::assess_all(request(day), *facts_, last_.get());
  }
  const auto unchanged = of_the_pass_before(*verdicts);

  store::AssessmentCommit commit;
  commit.expected_head = head_;
  commit.frame = frame_text(frame_on(day));
  if (commit.frame != frame_) {
    for (const auto& criteria : setup_.criteria) commit.criteria_texts.emplace_back(criteria->sha256, criteria->text);
  }
  commit.as_of = day.iso();
  commit.dirty_up_to = dirty->up_to;
  commit.restart = restart;
  pass.day = verdicts->as_of;
  pass.boundaries = verdicts->boundaries;
  auto subjects = compare(*verdicts, unchanged, *dirty, pass);
  if (!subjects) return base::fail_within("assessing", subjects);
  pass.dirty = std::move(*dirty);
  pass.recorded = true;
  verdicts->generation = generation_ + 1;
  commit.generation = verdicts->generation;
  pass.verdicts = verdicts;
  if (companion) {
    if (auto done = companion(pass, commit); !done) return base::fail_within("assessing", done);
  }
  PassRecords records(pass, std::move(*subjects), head_, share_);
  commit.subjects = &records;
  const bool nothing_new = records.empty() && commit.frame == frame_ && commit.alerts.empty() &&
                           commit.alerts_over.empty() && commit.outbox.empty() && pass.dirty.cells.empty() &&
                           last_day_ == day && last_;
  if (nothing_new) {
    verdicts->generation = generation_;
  } else {
    if (auto done = store_.commit_assessment(commit); !done) return base::fail_within("assessing", done);
    committed(commit, pass, records);
  }
  last_day_ = day;
  last_ = verdicts;
  return pass;
}

}  // namespace ntmd::engine
