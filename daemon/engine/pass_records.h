#pragma once
// What a pass records, as the commit asks for it: decisions, statuses, and the verdicts with their inputs.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/made_ahead.h"
#include "daemon/engine/causes.h"
#include "daemon/rules/verdict.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

struct Pass;

/// What one subject is to be recorded with. Borrows all but its name.
struct RecordedSubject {
  std::string subject;                     ///< "u/08515", "g/227"
  std::string criteria;                    ///< id
  const rules::Criteria* rules = nullptr;  ///< nullptr, with all below: it is judged no more
  std::string_view group;                  ///< the unit's group, or the group judged
  const std::vector<rules::IndicatorVerdict>* indicators = nullptr;
  std::size_t first_change = 0;  ///< in Pass::changes
  std::size_t changes = 0;
  const std::vector<std::optional<Stood>>* before = nullptr;  ///< by rule; nullptr: never judged
  const base::Sha256* kept = nullptr;                         ///< of the text that is kept of it; nullptr: none
};

/// Texts are made a batch ahead, so that they never are in memory all at once. What it borrows, the pass with its
/// changes included, stays as it is until all was read.
class PassRecords final : public store::SubjectReader {
 public:
  /// `head`: the decision before the first one.
  PassRecords(const Pass& pass, std::vector<RecordedSubject> subjects, store::ChainHead head, base::ShareWork share);

  /// Whether nothing is to be recorded. To be asked before the first `next`.
  bool empty();
  base::Result<const store::SubjectRecord*> next() override;

  // When all was read.
  [[nodiscard]] const store::ChainHead& head() const { return head_; }
  [[nodiscard]] const std::vector<RecordedSubject>& subjects() const { return subjects_; }
  /// Of the texts that are kept anew, with the place of their subjects.
  [[nodiscard]] const std::vector<std::pair<std::size_t, base::Sha256>>& kept() const { return kept_; }

 private:
  struct Batch {
    std::vector<store::SubjectRecord> records;
    void clear() { records.clear(); }
  };
  void make(Batch& batch);
  std::size_t make(std::size_t place, store::SubjectRecord& record);
  store::DecisionRow decide(const RecordedSubject& subject, std::size_t change);

  const Pass& pass_;
  std::vector<RecordedSubject> subjects_;
  store::ChainHead head_;
  std::vector<std::pair<std::size_t, base::Sha256>> kept_;
  std::size_t at_ = 0;  // the next subject
  Batch* batch_ = nullptr;
  std::size_t given_ = 0;
  base::MadeAhead<Batch> ahead_;  // last: over before what it uses goes
};

}  // namespace ntmd::engine
