#pragma once
// Judges all units on a day, records every change in the chain, and keeps the last verdicts.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/work_sharing.h"
#include "daemon/engine/causes.h"
#include "daemon/engine/known_facts.h"
#include "daemon/engine/pass_records.h"
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
  Cause cause;
  /// The same from now on.
  [[nodiscard]] model::Truth known() const {
    const bool decided = verdict->official == model::Truth::t || verdict->official == model::Truth::f;
    return decided ? verdict->official : known_before;
  }
};

/// Deliveries that the mass-change guard held back together.
struct HeldBack {
  std::vector<std::string> deliveries;
  std::string reason;
};

/// What an assessment gave. Pointers in `changes` live as long as `verdicts`.
struct Pass {
  std::shared_ptr<const rules::Verdicts> verdicts;
  model::Day day;
  model::Day boundaries;
  std::vector<Change> changes;
  store::Dirty dirty;  ///< what had changed since the pass before
  /// The units that were judged again, ascending; nullopt: all of them.
  std::optional<std::vector<model::UnitCode>> touched;
  std::uint64_t since = 0;  ///< with `touched`: the generation of the pass that all others are taken from
  bool recorded = false;    ///< false: a day before the last assessed one, which only prints
  std::vector<HeldBack> held;
};

/// What a status row says.
Stood stood(const store::StatusRow& row);

/// Owned by the writer thread.
class Assessor {
 public:
  Assessor(const Setup& setup, store::Store& store);

  /// Who helps to count.
  void set_help(base::ShareWork share) { share_ = std::move(share); }

  /// Facts, standings and the chain's head from the store.
  base::Status load();
  /// What goes into the pass's transaction beside decisions and statuses (alerts, outbox).
  using Companion = std::function<base::Status(const Pass&, store::AssessmentCommit&)>;
  /// Takes in what changed, counts counted elements up to `day`, judges, and commits decisions and statuses in one
  /// transaction. Where nothing changed nothing is written. `full` judges every unit again even when only some changed.
  /// Snapshots of sources that are `under_way` may lack parts: they wait. With a `restart` (why, for the record) a day
  /// before the last assessed one is recorded, too, and judging goes on from it.
  base::Result<Pass> assess(model::Day day, bool full, const Companion& companion = {},
                            const std::set<std::string>& under_way = {}, const std::string& restart = {});

  // The mass-change guard (domain §7): each delivery is judged before anything is decided by it, figures and evidence
  // with their commit, snapshots before they are first counted.
  /// What the commit of `head` asks; nothing where there is nothing to guard.
  base::Result<store::Store::Review> guard(const store::DeliveryHead& head, model::Day day);
  /// Judges what the source's poll, now over, brought in snapshots, all parts as one, and counts or holds it. Where
  /// there is nothing to guard it is left to `assess`.
  base::Result<std::vector<HeldBack>> guard_snapshots(const SourcePlan& plan, model::Day day);

  /// The verdicts of a day, from facts as given; writes nothing.
  [[nodiscard]] std::shared_ptr<rules::Verdicts> judge(model::Day day, const rules::Facts& facts) const;

  [[nodiscard]] const rules::Facts& facts() const { return *facts_; }
  [[nodiscard]] std::shared_ptr<const rules::Verdicts> last() const { return last_; }
  [[nodiscard]] std::optional<model::Day> last_assessed() const { return last_day_; }
  [[nodiscard]] const store::ChainHead& head() const { return head_; }

 private:
  /// By rule; nullopt: never judged. Of one subject under one criteria set.
  using Subject = std::vector<std::optional<Stood>>;

  struct Entering;

  static std::string standing_key(std::string_view subject, std::string_view criteria);
  rules::AssessRequest request(model::Day day) const;
  base::Status take_in();
  [[nodiscard]] model::Truth known(const model::UnitCode& unit, const rules::Criteria& criteria,
                                   std::uint32_t rule) const;
  std::optional<std::string> judge_change(FactsChange& change, model::Day day, std::int64_t max_pct);
  base::Result<std::vector<Entering>> entering(model::Day day);
  base::Result<std::vector<HeldBack>> count(model::Day day, const std::function<bool(const std::string&)>& takes);
  base::Result<std::optional<HeldBack>> count_guarded(const Entering& source, model::Day day,
                                                      std::span<const model::Revision> except);
  /// The frame of a pass of `day`; what of it no day changes is told once.
  const PassFrame& frame_on(model::Day day);
  /// Which of the verdicts are those of the pass before: their standings and what is kept of them stay. Empty: none.
  [[nodiscard]] std::vector<bool> of_the_pass_before(const rules::Verdicts& verdicts) const;
  /// Finds what changed, and what is to be recorded of it.
  base::Result<std::vector<RecordedSubject>> compare(rules::Verdicts& verdicts, const std::vector<bool>& unchanged,
                                                     const store::Dirty& dirty, Pass& pass);
  base::Result<RecordedSubject> compare_subject(std::string subject, const rules::Criteria& criteria,
                                                std::string_view group,
                                                std::vector<rules::IndicatorVerdict>& indicators, Causes& causes,
                                                std::span<const ChangedMember> members, Pass& pass);
  void add_judged_no_more(std::vector<RecordedSubject>& subjects) const;
  void committed(const store::AssessmentCommit& commit, const Pass& pass, const PassRecords& records);

  const Setup& setup_;
  store::Store& store_;
  base::ShareWork share_;
  std::unique_ptr<rules::Facts> facts_;
  std::uint64_t taken_in_ = 0;                          ///< dirty cells up to here are in the facts
  std::unordered_map<std::string, Subject> standings_;  ///< subject + '\n' + criteria
  std::unordered_map<std::string, base::Sha256> kept_;  ///< of the kept verdicts' texts, by the same
  std::string frame_;                                   ///< of the last pass
  std::optional<PassFrame> frame_now_;
  store::ChainHead head_;
  std::uint64_t generation_ = 0;
  std::optional<model::Day> last_day_;
  std::shared_ptr<const rules::Verdicts> last_;
};

}  // namespace ntmd::engine
