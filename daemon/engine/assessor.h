#pragma once
// Judges all units on a day, records every change in the chain, and keeps the last verdicts.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/engine/setup.h"
#include "daemon/rules/assess.h"
#include "daemon/rules/decision.h"
#include "daemon/rules/facts.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// One indicator of one subject whose standing changed.
struct Change {
  std::string subject;  ///< "u/08515", "g/227"
  const rules::Criteria* criteria = nullptr;
  const rules::IndicatorVerdict* verdict = nullptr;  ///< in Pass::verdicts
  std::optional<rules::State> before;                ///< nullopt: first verdict
  model::Truth known_before = model::Truth::u;       ///< last official truth that was T or F; U: none yet
  rules::CauseKind cause = rules::CauseKind::first;
  std::vector<std::string> causes;  ///< deliveries since the last pass that touched the subject
};

/// What an assessment gave. Pointers in `changes` live as long as `verdicts`.
struct Pass {
  std::shared_ptr<const rules::Verdicts> verdicts;
  std::vector<Change> changes;
  store::Dirty dirty;     ///< what had changed since the pass before
  bool recorded = false;  ///< false: a day before the last assessed one, which only prints
};

/// Owned by the writer thread.
class Assessor {
 public:
  Assessor(const Setup& setup, store::Store& store);

  /// Facts, standings and the chain's head from the store.
  base::Status load();
  /// What goes into the pass's transaction beside decisions and statuses (alerts, outbox).
  using Companion = std::function<base::Status(const Pass&, store::AssessmentCommit&)>;
  /// Takes in what changed, counts counted elements up to `day`, judges, and commits decisions and statuses in one
  /// transaction. Where nothing changed nothing is written. `full` judges every unit again even when only some changed.
  base::Result<Pass> assess(model::Day day, bool full, const Companion& companion = {});
  /// The verdicts of a day, from facts as given; writes nothing.
  [[nodiscard]] std::shared_ptr<rules::Verdicts> judge(model::Day day, const rules::Facts& facts) const;

  /// The verdicts of the last assessed day, with their decisions and generation; writes nothing.
  [[nodiscard]] std::shared_ptr<rules::Verdicts> judge_last() const;

  [[nodiscard]] const rules::Facts& facts() const { return *facts_; }
  [[nodiscard]] std::shared_ptr<const rules::Verdicts> last() const { return last_; }
  [[nodiscard]] std::optional<model::Day> last_assessed() const { return last_day_; }
  [[nodiscard]] const store::ChainHead& head() const { return head_; }

 private:
  struct Subject {
    std::vector<store::StatusRow> rows;  ///< by rule
    std::vector<bool> known;             ///< whether there is a row yet
  };
  using Causes = std::unordered_map<std::string, std::vector<std::string>>;

  rules::AssessRequest request(model::Day day) const;
  base::Status compare(rules::Verdicts& verdicts, const store::Dirty& dirty, Pass& pass,
                       store::AssessmentCommit& commit);
  base::Status compare_subject(const std::string& subject, const rules::Criteria& criteria, std::string_view group,
                               std::vector<rules::IndicatorVerdict>& indicators, const rules::Verdicts& verdicts,
                               const Causes& causes, Pass& pass, store::AssessmentCommit& commit);
  base::Result<rules::CauseKind> cause_of(const store::StatusRow* before, const rules::Criteria& criteria, bool touched,
                                          std::string_view subject, const rules::Verdicts& verdicts);

  const Setup& setup_;
  store::Store& store_;
  std::unique_ptr<rules::Facts> facts_;
  std::unordered_map<std::string, Subject> standings_;  ///< subject + '\n' + criteria
  store::ChainHead head_;
  std::uint64_t generation_ = 0;
  std::optional<model::Day> last_day_;
  std::shared_ptr<const rules::Verdicts> last_;
};

}  // namespace ntmd::engine
