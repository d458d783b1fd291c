#include "daemon/engine/verify_last_pass.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "daemon/engine/decision_reader.h"
#include "daemon/engine/known_facts.h"
#include "daemon/engine/last_verdicts.h"
#include "daemon/rules/assess.h"
#include "daemon/rules/evaluate.h"

namespace ntmd::engine {
namespace {

/// "not_met (adults_with_smartphone 5, adults 10)"
std::string in_words(rules::State state, const rules::IndicatorInputs& inputs) {
  std::string out(rules::to_string(state));
  std::vector<std::string> told;
  for (const auto& operand : inputs.operands) {
    told.push_back(
        fmt::format("{} {}", operand.element_name.str(),
                    operand.value ? std::to_string(*operand.value)
                                  : std::string(rules::to_string(operand.missing.value_or(rules::Reason::no_figure)))));
  }
  for (const auto& finding : inputs.evidence) {
    told.push_back(fmt::format("{} {}", model::to_string(finding.kind),
                               finding.record ? model::to_string(finding.record->state) : "not on file"));
  }
  return told.empty() ? out : fmt::format("{} ({})", out, fmt::join(told, ", "));
}

class LastPass {
 public:
  LastPass(const Setup& setup, store::Store& store, VerifyReport& report)
      : setup_(setup), store_(store), report_(report) {}

  base::Status run() {
    const auto day = store_.get_meta("last_assessed");
    if (!day) return std::unexpected(day.error());
    const auto as_of = *day ? model::Day::parse(**day) : std::nullopt;
    if (!as_of) return {};
    const auto frame = last_frame(store_);
    if (!frame) return bad(frame.error());
    if (!*frame) {
      report_.notes.emplace_back("the last pass is of an ntmd that kept no inputs: its day is not judged again");
      return {};
    }
    const auto now = frame_of(setup_, *as_of);
    if ((*frame)->units != now.units || (*frame)->elements != now.elements) {
      report_.notes.emplace_back(
          "units or elements were configured anew since the last pass: its day is not judged again");
      return check_statuses();
    }
    auto criteria = criteria_of(setup_, store_, **frame);
    if (!criteria) return bad(criteria.error());
    const auto facts = load_facts(setup_, **frame, store_);
    if (!facts) return bad(facts.error());
    const auto verdicts =
        rules::assess_all({*as_of, (*frame)->boundaries, setup_.units, std::move(*criteria)}, **facts);
    // After the facts: what they hold of a delivery that came meanwhile is dirty by now.
    if (auto done = leave_out(*verdicts); !done) return done;
    const auto rows = store_.verdicts();
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) kept_[{row.subject, row.criteria}] = row.body;
    for (const auto& unit : verdicts->by_unit) {
      const auto& row = verdicts->units->at(unit.unit);
      compare("u/" + std::string(row.code.view()), *verdicts->criteria[unit.criteria], unit.indicators, *as_of,
              row.group);
    }
    for (const auto& group : verdicts->by_group)
      compare("g/" + group.group, *verdicts->criteria[group.criteria], group.indicators, *as_of, group.group);
    for (const auto& [place, body] : kept_) {
      report_.differences.push_back(
          fmt::format("{} under {}: has a verdict, but nobody judges it", place.first.substr(2), place.second));
    }
    return check_statuses();
  }

 private:
  base::Status bad(const base::Error& error) {
    if (error.fault != base::Fault::bad_data) return std::unexpected(error);
    report_.differences.push_back(error.what);
    return {};
  }

  base::Status leave_out(const rules::Verdicts& verdicts) {
    const auto dirty = store_.dirty();
    if (!dirty) return std::unexpected(dirty.error());
    for (const auto& cell : dirty->cells) {
      for (const auto& unit : units_told(*verdicts.units, cell)) waiting_.insert("u/" + std::string(unit.view()));
      waiting_.insert("g/" + std::string(cell.unit.view()));
    }
    for (const auto& unit : verdicts.by_unit) {
      const auto& row = verdicts.units->at(unit.unit);
      if (waiting_.contains("u/" + std::string(row.code.view()))) waiting_.insert("g/" + row.group);
    }
    if (!dirty->cells.empty()) {
      report_.notes.push_back(fmt::format(
          "{} units and groups changed since the last pass and wait for the next: not judged again", waiting_.size()));
    }
    return {};
  }

  void compare(const std::string& subject, const rules::Criteria& criteria,
               const std::vector<rules::IndicatorVerdict>& indicators, model::Day day, std::string_view group) {
    const auto found = kept_.find({subject, criteria.id});
    if (found == kept_.end()) {
      if (!waiting_.contains(subject))
        report_.differences.push_back(
            fmt::format("{} under {}: has no verdict, expected one of the last pass", subject.substr(2), criteria.id));
      return;
    }
    const auto body = std::move(found->second);
    kept_.erase(found);
    if (waiting_.contains(subject)) return;
    ++report_.judged_again;
    if (kept_text(criteria, indicators, day, group) == body) return;
    const auto kept = read_kept(body);
    if (!kept) {
      report_.differences.push_back(fmt::format("{} under {}: {}", subject.substr(2), criteria.id, kept.error().what));
      return;
    }
    for (const auto& verdict : indicators) {
      const auto& rule = criteria.indicators[verdict.rule];
      const auto now = rules::inputs_of(verdict, day, group);
      const auto then = std::ranges::find(kept->indicators, rule.id, &KeptVerdict::Indicator::id);
      if (then == kept->indicators.end()) {
        report_.differences.push_back(fmt::format("{} {}: has no verdict", subject.substr(2), rule.id));
      } else if (rules::canonical_json(now) != rules::canonical_json(then->inputs)) {
        report_.differences.push_back(
            fmt::format("{} {}: judged again from the store is {}, the last pass said {}; what it rests on was edited",
                        subject.substr(2), rule.id, in_words(verdict.state, now), said(rule, then->inputs)));
      }
    }
  }

  static std::string said(const rules::IndicatorRule& rule, const rules::IndicatorInputs& inputs) {
    try {
      return in_words(rules::evaluate(rule, inputs).state, inputs);
    } catch (const std::logic_error&) {
      return "what does not fit its rule";
    }
  }

  /// The verdicts that are told against the statuses that were decided.
  base::Status check_statuses() {
    const auto told = last_verdicts(setup_, store_);
    if (!told) return bad(told.error());
    const auto rows = store_.statuses();
    if (!rows) return std::unexpected(rows.error());
    std::map<std::tuple<std::string, std::string, std::string>, const store::StatusRow*> statuses;
    for (const auto& row : *rows) statuses[{row.subject, row.criteria, row.indicator}] = &row;
    const auto check = [&](const std::string& subject, std::uint32_t set,
                           const std::vector<rules::IndicatorVerdict>& indicators) {
      const auto& criteria = *(*told)->criteria[set];
      for (const auto& verdict : indicators) {
        const auto& id = criteria.indicators[verdict.rule].id;
        const auto row = statuses.find({subject, criteria.id, id});
        if (row != statuses.end() && row->second->state == static_cast<std::uint8_t>(verdict.state) &&
            row->second->measured == static_cast<std::uint8_t>(verdict.measured) &&
            row->second->official == static_cast<std::uint8_t>(verdict.official))
          continue;
        report_.differences.push_back(fmt::format(
            "{} {}: the last pass said {}, its status is {}", subject.substr(2), id, rules::to_string(verdict.state),
            row == statuses.end() ? "missing" : rules::to_string(static_cast<rules::State>(row->second->state))));
      }
    };
    for (const auto& unit : (*told)->by_unit) {
      check("u/" + std::string((*told)->units->at(unit.unit).code.view()), unit.criteria, unit.indicators);
    }
    for (const auto& group : (*told)->by_group) check("g/" + group.group, group.criteria, group.indicators);
    return {};
  }

  const Setup& setup_;
  store::Store& store_;
  VerifyReport& report_;
  std::set<std::string> waiting_;
  std::map<std::pair<std::string, std::string>, std::string> kept_;  // by subject and criteria
};

}  // namespace

base::Status check_last_pass(const Setup& setup, store::Store& store, VerifyReport& report) {
  return LastPass(setup, store, report).run();
}

}  // namespace ntmd::engine
