#include "daemon/engine/assessor.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/engine/decision_reader.h"
#include "daemon/engine/pass_frame.h"

namespace ntmd::engine {
namespace {

constexpr std::string_view kLastAssessed = "last_assessed";
constexpr std::string_view kGeneration = "generation";

std::string reason_codes(const std::vector<rules::Reason>& reasons) {
  std::string out;
  for (const auto reason : reasons) {
    if (!out.empty()) out += ',';
    out += rules::to_string(reason);
  }
  return out;
}

bool same_standing(const store::StatusRow& row, const rules::IndicatorVerdict& verdict) {
  return row.state == static_cast<std::uint8_t>(verdict.state) &&
         row.measured == static_cast<std::uint8_t>(verdict.measured) &&
         row.official == static_cast<std::uint8_t>(verdict.official) && row.reasons == reason_codes(verdict.reasons);
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

rules::Standing standing_of_row(const store::StatusRow& row) {
  return {static_cast<rules::State>(row.state), static_cast<model::Truth>(row.measured),
          static_cast<model::Truth>(row.official), parse_reasons(row.reasons)};
}

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
    subject.rows.resize(rules.size());
    subject.known.resize(rules.size());
    const auto index = static_cast<std::size_t>(rule - rules.begin());
    subject.rows[index] = row;
    subject.known[index] = true;
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
  } else {
    verdicts = rules::assess_all(request(day), *facts_);
  }

  store::AssessmentCommit commit;
  commit.expected_head = head_;
  commit.as_of = day.iso();
  commit.dirty_up_to = dirty->up_to;
  commit.restart = restart;
  if (auto done = compare(*verdicts, *dirty, pass, commit); !done) return base::fail_within("assessing", done);
  keep(*verdicts, pass, commit);
  pass.dirty = std::move(*dirty);
  pass.recorded = true;
  verdicts->generation = generation_ + 1;
  commit.generation = verdicts->generation;
  pass.verdicts = verdicts;
  if (companion) {
    if (auto done = companion(pass, commit); !done) return base::fail_within("assessing", done);
  }
  const bool nothing_new = commit.decisions.empty() && commit.statuses.empty() && commit.verdicts.empty() &&
                           commit.frame == frame_ && commit.alerts.empty() && commit.alerts_over.empty() &&
                           commit.outbox.empty() && pass.dirty.cells.empty() && last_day_ == day && last_;
  if (nothing_new) {
    verdicts->generation = generation_;
  } else {
    if (auto done = store_.commit_assessment(commit); !done) return base::fail_within("assessing", done);
    committed(commit);
  }
  last_day_ = day;
  last_ = verdicts;
  return pass;
}

void Assessor::committed(store::AssessmentCommit& commit) {
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
  for (auto& row : commit.statuses) {
    auto& subject = standings_[standing_key(row.subject, row.criteria)];
    const auto criteria = std::ranges::find(setup_.criteria, row.criteria, [](const auto& set) { return set->id; });
    const auto& rules = (*criteria)->indicators;
    subject.rows.resize(rules.size());
    subject.known.resize(rules.size());
    const auto index =
        static_cast<std::size_t>(std::ranges::find(rules, row.indicator, &rules::IndicatorRule::id) - rules.begin());
    subject.rows[index] = std::move(row);
    subject.known[index] = true;
  }
}

void Assessor::keep(const rules::Verdicts& verdicts, const Pass& pass, store::AssessmentCommit& commit) const {
  commit.frame = frame_text(frame_of(setup_, verdicts.as_of));
  if (commit.frame != frame_) {
    for (const auto& criteria : setup_.criteria) commit.criteria_texts.emplace_back(criteria->sha256, criteria->text);
  }
  std::set<std::string> judged;
  for (const auto& unit : verdicts.by_unit) {
    const auto& row = verdicts.units->at(unit.unit);
    const auto& criteria = *verdicts.criteria[unit.criteria];
    auto subject = "u/" + std::string(row.code.view());
    if (!pass.touched) judged.insert(standing_key(subject, criteria.id));
    if (pass.touched && !std::ranges::binary_search(*pass.touched, row.code)) continue;
    keep_one(std::move(subject), criteria, unit.indicators, row.group, verdicts.as_of, commit);
  }
  for (const auto& group : verdicts.by_group) {
    const auto& criteria = *verdicts.criteria[group.criteria];
    if (!pass.touched) judged.insert(standing_key("g/" + group.group, criteria.id));
    keep_one("g/" + group.group, criteria, group.indicators, group.group, verdicts.as_of, commit);
  }
  if (pass.touched) return;
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

base::Status Assessor::compare(rules::Verdicts& verdicts, const store::Dirty& dirty, Pass& pass,
                               store::AssessmentCommit& commit) {
  Causes causes;
  for (const auto& cell : dirty.cells) {
    for (const auto& unit : units_told(*verdicts.units, cell)) {
      auto& ids = causes["u/" + std::string(unit.view())];
      if (std::ranges::find(ids, cell.delivery) == ids.end()) ids.push_back(cell.delivery);
    }
  }
  for (auto& unit : verdicts.by_unit) {
    const auto& row = verdicts.units->at(unit.unit);
    const auto& criteria = *verdicts.criteria[unit.criteria];
    if (auto done = compare_subject("u/" + std::string(row.code.view()), criteria, row.group, unit.indicators, verdicts,
                                    causes, pass, commit);
        !done) {
      return done;
    }
  }
  for (auto& group : verdicts.by_group) {
    const auto& criteria = *verdicts.criteria[group.criteria];
    if (auto done = compare_subject("g/" + group.group, criteria, group.group, group.indicators, verdicts, causes, pass,
                                    commit);
        !done) {
      return done;
    }
  }
  return {};
}

base::Status Assessor::compare_subject(const std::string& subject, const rules::Criteria& criteria,
                                       std::string_view group, std::vector<rules::IndicatorVerdict>& indicators,
                                       const rules::Verdicts& verdicts, const Causes& causes, Pass& pass,
                                       store::AssessmentCommit& commit) {
  const auto found = standings_.find(standing_key(subject, criteria.id));
  const auto touching = causes.find(subject);
  for (auto& verdict : indicators) {
    const bool known =
        found != standings_.end() && verdict.rule < found->second.known.size() && found->second.known[verdict.rule];
    const auto* before = known ? &found->second.rows[verdict.rule] : nullptr;
    if (before != nullptr && same_standing(*before, verdict)) {
      verdict.decision = before->decision;
      continue;
    }
    const auto& rule = criteria.indicators[verdict.rule];
    const auto cause = cause_of(before, criteria, touching != causes.end(), subject, verdicts);
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
    if (before != nullptr) decision.before = standing_of_row(*before);
    decision.after = rules::standing_of(verdict);
    decision.inputs = rules::inputs_of(verdict, verdicts.as_of, group);
    decision.numerator = verdict.numerator;
    decision.denominator = verdict.denominator;
    decision.gap = verdict.gap;
    decision.slack = verdict.slack;
    decision.cause = *cause;
    if (touching != causes.end()) decision.cause_ids = touching->second;
    if (*cause == rules::CauseKind::rule) decision.cause_ids = {criteria.sha256};

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
    const auto known_before = before == nullptr ? static_cast<std::uint8_t>(model::Truth::u) : before->known;
    const bool decided = verdict.official == model::Truth::t || verdict.official == model::Truth::f;
    status.known = decided ? status.official : known_before;
    status.reasons = reason_codes(verdict.reasons);
    status.decision = row.seq;

    pass.changes.push_back({subject, &criteria, &verdict,
                            before == nullptr ? std::nullopt : std::optional(decision.before->state),
                            static_cast<model::Truth>(known_before), *cause, decision.cause_ids});
    commit.decisions.push_back(std::move(row));
    commit.statuses.push_back(std::move(status));
  }
  return {};
}

base::Result<rules::CauseKind> Assessor::cause_of(const store::StatusRow* before, const rules::Criteria& criteria,
                                                  bool touched, std::string_view subject,
                                                  const rules::Verdicts& verdicts) {
  if (before == nullptr) return rules::CauseKind::first;
  const auto last = store_.decision(before->decision);
  if (!last) return std::unexpected(last.error());
  if (!*last) {
    return base::fail(base::Fault::bad_data,
                      fmt::format("decision {}: is missing from the chain, expected it for {} {}; run ntmd verify",
                                  before->decision, subject, before->indicator));
  }
  if ((*last)->body.find(criteria.sha256) == std::string::npos) return rules::CauseKind::rule;
  if (subject.starts_with("u/")) {
    const auto code = model::UnitCode::of(subject.substr(2));
    const auto day = model::Day::parse((*last)->day);
    const auto then = code && day ? verdicts.units->find(*code, setup_.config.boundaries.value_or(*day)) : std::nullopt;
    const auto now = code ? verdicts.units->find(*code, verdicts.boundaries) : std::nullopt;
    if (then != now) return rules::CauseKind::boundary;
  }
  if (touched) return rules::CauseKind::delivery;
  return rules::CauseKind::clock;
}

}  // namespace ntmd::engine
