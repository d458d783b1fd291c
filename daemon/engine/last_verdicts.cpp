#include "daemon/engine/last_verdicts.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/engine/counted.h"
#include "daemon/engine/decision_reader.h"
#include "daemon/rules/evaluate.h"

namespace ntmd::engine {
namespace {

/// Beside an owner a pass may come between two readings.
constexpr int kTries = 5;

std::unexpected<base::Error> damaged(std::string_view subject, std::string_view fact) {
  return base::fail(
      base::Fault::bad_data,
      fmt::format("the last pass's verdict of {}: {}, expected it whole; run ntmd verify", subject, fact));
}

class Recall {
 public:
  Recall(const Setup& setup, store::Store& store) : setup_(setup), store_(store) {}

  base::Result<std::shared_ptr<const rules::Verdicts>> run() {
    const auto day = store_.get_meta("last_assessed");
    if (!day) return std::unexpected(day.error());
    const auto as_of = *day ? model::Day::parse(**day) : std::nullopt;
    if (!as_of) {
      return base::fail(base::Fault::gone,
                        "status: nothing was assessed yet, expected a run before; run ntmd run --once");
    }
    const auto frame = last_frame(store_);
    if (!frame) return std::unexpected(frame.error());
    if (!*frame) {
      return base::fail(base::Fault::gone,
                        "status: the last pass was that of an older ntmd, expected one of this; run ntmd assess");
    }
    auto criteria = criteria_of(setup_, store_, **frame);
    if (!criteria) return std::unexpected(criteria.error());
    verdicts_->as_of = *as_of;
    verdicts_->boundaries = (*frame)->boundaries;
    verdicts_->criteria = std::move(*criteria);
    verdicts_->units = setup_.units;
    const auto statuses = store_.statuses();
    if (!statuses) return std::unexpected(statuses.error());
    for (const auto& row : *statuses) decisions_[{row.subject, row.criteria, row.indicator}] = row.decision;
    const auto rows = store_.verdicts();
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) {
      if (auto done = add(row); !done) return std::unexpected(done.error());
    }
    std::ranges::sort(by_unit_, [&](const auto& a, const auto& b) {
      const auto& one = verdicts_->units->at(a.unit).code;
      const auto& other = verdicts_->units->at(b.unit).code;
      return one != other ? one < other : a.criteria < b.criteria;
    });
    verdicts_->by_unit = rules::UnitVerdicts(std::move(by_unit_));
    std::ranges::sort(verdicts_->by_group, [](const auto& a, const auto& b) {
      return std::tie(a.group, a.criteria) < std::tie(b.group, b.criteria);
    });
    return verdicts_;
  }

  void generation(std::uint64_t number) { verdicts_->generation = number; }

 private:
  base::Status add(const store::VerdictRow& row) {
    const auto kept = read_kept(row.body);
    if (!kept) return damaged(row.subject, kept.error().what);
    const auto& sets = verdicts_->criteria;
    const auto set = std::ranges::find(sets, kept->criteria_sha256, [](const auto& each) { return each->sha256; });
    if (set == sets.end()) return damaged(row.subject, "it was judged by other criteria than the pass");
    auto indicators = judge(row, **set, *kept);
    if (!indicators) return std::unexpected(indicators.error());
    const auto index = static_cast<std::uint32_t>(set - sets.begin());
    const auto name = std::string_view(row.subject).substr(2);
    if (row.subject.starts_with("g/")) {
      verdicts_->by_group.push_back({std::string(name), index, std::move(*indicators)});
      return {};
    }
    const auto code = model::UnitCode::of(name);
    const auto unit = code ? verdicts_->units->find(*code, verdicts_->boundaries) : std::nullopt;
    if (!unit) return {};  // no longer in the register
    rules::UnitVerdict verdict;
    verdict.unit = *unit;
    verdict.criteria = index;
    verdict.indicators = std::move(*indicators);
    rules::roll_up(**set, verdict);
    by_unit_.push_back(std::move(verdict));
    return {};
  }

  base::Result<std::vector<rules::IndicatorVerdict>> judge(const store::VerdictRow& row,
                                                           const rules::Criteria& criteria, const KeptVerdict& kept) {
    std::vector<rules::IndicatorVerdict> out;
    for (const auto& indicator : kept.indicators) {
      const auto rule = std::ranges::find(criteria.indicators, indicator.id, &rules::IndicatorRule::id);
      if (rule == criteria.indicators.end())
        return damaged(row.subject, fmt::format("its criteria know no {}", indicator.id));
      auto inputs = indicator.inputs;
      for (auto& operand : inputs.operands)
        operand.element = setup_.elements->names().find(operand.element_name).value_or(operand.element);
      try {
        out.push_back(rules::evaluate(*rule, inputs));
      } catch (const std::logic_error& error) {
        return damaged(row.subject, error.what());
      }
      out.back().rule = static_cast<std::uint32_t>(rule - criteria.indicators.begin());
      const auto decision = decisions_.find({row.subject, row.criteria, indicator.id});
      if (decision != decisions_.end()) out.back().decision = decision->second;
    }
    return out;
  }

  const Setup& setup_;
  store::Store& store_;
  std::shared_ptr<rules::Verdicts> verdicts_ = std::make_shared<rules::Verdicts>();
  std::vector<rules::UnitVerdict> by_unit_;
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> decisions_;
};

base::Result<std::uint64_t> generation_of(store::Store& store) {
  const auto text = store.get_meta("generation");
  if (!text) return std::unexpected(text.error());
  std::uint64_t number = 0;
  if (*text) std::from_chars((*text)->data(), (*text)->data() + (*text)->size(), number);
  return number;
}

}  // namespace

base::Result<std::optional<PassFrame>> last_frame(store::Store& store) {
  const auto text = store.get_meta("last_frame");
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->empty()) return std::nullopt;
  auto frame = read_frame(**text);
  if (!frame) return std::unexpected(frame.error());
  return std::move(*frame);
}

base::Result<std::vector<std::shared_ptr<const rules::Criteria>>> criteria_of(const Setup& setup, store::Store& store,
                                                                              const PassFrame& frame) {
  std::vector<std::shared_ptr<const rules::Criteria>> all;
  for (const auto& sha256 : frame.criteria) {
    const auto today = std::ranges::find(setup.criteria, sha256, [](const auto& set) { return set->sha256; });
    if (today != setup.criteria.end()) {
      all.push_back(*today);
      continue;
    }
    const auto text = store.criteria_text(sha256);
    if (!text) return std::unexpected(text.error());
    settings::Problems problems;
    auto parsed = *text && base::sha256_hex(**text) == sha256
                      ? rules::parse_criteria("criteria " + sha256, **text, *setup.elements, problems)
                      : std::nullopt;
    if (!parsed) {
      return base::fail(base::Fault::bad_data,
                        fmt::format("criteria {}: not on file as the last pass had them, expected their text; run ntmd "
                                    "verify",
                                    sha256));
    }
    all.push_back(std::make_shared<rules::Criteria>(std::move(*parsed)));
  }
  return all;
}

base::Result<std::shared_ptr<const rules::Verdicts>> last_verdicts(const Setup& setup, store::Store& store) {
  base::Result<std::shared_ptr<const rules::Verdicts>> verdicts = base::fail(base::Fault::bug, "status: not begun");
  for (int tries = 0; tries < kTries; ++tries) {
    const auto before = generation_of(store);
    if (!before) return std::unexpected(before.error());
    Recall recall(setup, store);
    recall.generation(*before);
    verdicts = recall.run();
    const auto after = generation_of(store);
    if (!after) return std::unexpected(after.error());
    if (*before == *after) return verdicts;
  }
  return base::fail(base::Fault::retry_later, "status: passes follow each other too fast to read one; ask again");
}

base::Result<std::uint64_t> waiting_deliveries(const Setup& setup, store::Store& store,
                                               std::span<const store::DeliveryHead> heads, model::Day day) {
  const auto dirty = store.dirty();
  if (!dirty) return std::unexpected(dirty.error());
  std::set<std::string> waiting;
  for (const auto& cell : dirty->cells) waiting.insert(cell.delivery);
  const auto bases = store.bases();
  if (!bases) return std::unexpected(bases.error());
  std::set<model::Revision> counted;
  for (const auto& basis : *bases) counted.insert(basis.deliveries.begin(), basis.deliveries.end());
  std::map<std::string_view, std::vector<store::DeliveryHead>> by_source;
  for (const auto& head : heads) {
    if (head.kind == store::LoadKind::snapshot) by_source[head.source].push_back(head);
  }
  for (const auto& plan : setup.plans) {
    const auto found = by_source.find(plan->id);
    if (found == by_source.end()) continue;
    for (const auto& head : snapshot_in_force(found->second, day)) {
      if (counted.erase(head.revision) > 0) continue;
      // One whose runs were dropped is counted no more until its file comes again.
      bool countable = false;
      for (const auto element : plan->counted)
        countable = countable || store.runs_of(head.revision, element).has_value();
      if (countable) waiting.insert(head.id);
    }
  }
  for (const auto& head : heads) {
    // Counted, and taken out since. What a newer one replaced goes with that one.
    if (counted.contains(head.revision) && head.standing != store::Standing::in_force) waiting.insert(head.id);
  }
  return waiting.size();
}

}  // namespace ntmd::engine
