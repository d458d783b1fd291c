#pragma once
// Why a status changed (domain §6): told apart by what its verdict rests on now and rested on in the pass before.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/engine/decision_reader.h"
#include "daemon/engine/pass_frame.h"
#include "daemon/engine/setup.h"
#include "daemon/rules/decision.h"
#include "daemon/rules/evaluate.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

struct Cause {
  rules::CauseKind kind = rules::CauseKind::first;
  std::vector<std::string> ids;  ///< deliveries, sources of a config, or the criteria's sha256
};

/// How an indicator of a subject stood after the pass before: its status row, without the names.
struct Stood {
  rules::Standing standing;
  model::Truth known = model::Truth::u;  ///< the last official truth that was T or F; U: none yet
  model::Revision decision = 0;          ///< the last record about it
};

/// One indicator of one subject, judged now, and how it stood.
struct StatusChange {
  std::string_view subject;  ///< "u/08515", "g/227"
  std::string_view group;    ///< the unit's group, or the group judged
  const rules::Criteria* criteria = nullptr;
  const rules::IndicatorVerdict* verdict = nullptr;
  const Stood* before = nullptr;  ///< nullptr: the first verdict
};

/// A status that changed in this pass already, for the groups that are judged by it.
struct ChangedMember {
  std::string subject;
  std::string criteria;
  Cause cause;
};

/// For one pass; asks the store, which still holds what the pass before kept. Borrows all it is given.
class Causes {
 public:
  Causes(const Setup& setup, store::Store& store, const rules::Verdicts& verdicts, const store::Dirty& dirty);
  /// `last_day`: of the pass before, whose frame `frame` is; `now`: of this one.
  base::Status begin(std::optional<model::Day> last_day, std::string_view frame, const PassFrame& now);

  /// Of the deliveries since the pass before only those that touched an operand or a document that the verdict rests on
  /// and that changed, those of units that this one was formed from included.
  base::Result<Cause> of(const StatusChange& judged, std::span<const ChangedMember> members);

 private:
  using Cells = std::vector<const store::DirtyCell*>;
  struct Before {
    std::string criteria_sha256;
    rules::IndicatorInputs inputs;
  };
  /// What changed of what a verdict rests on, and the deliveries that changed it.
  struct Moved {
    bool any = false;
    Cells cells;
    std::vector<std::string> sources;  ///< of what is no longer there, or is there anew
  };

  base::Result<Before> before(const StatusChange& judged);
  base::Result<Moved> figures_moved(const StatusChange& judged, const std::vector<rules::Operand>& then);
  base::Result<Moved> evidence_moved(const StatusChange& judged, const rules::IndicatorInputs& then);
  base::Result<Moved> group_moved(const StatusChange& judged, const rules::IndicatorInputs& then);
  base::Result<Cells> those_in_force(Cells cells, std::span<const model::Revision> in_force);
  base::Result<Cause> named(const Cells& cells);
  base::Result<Cause> first(const StatusChange& judged);
  [[nodiscard]] Cells cells_of(std::string_view code, std::optional<model::ElementId> element) const;
  [[nodiscard]] bool other_land(const StatusChange& judged) const;
  [[nodiscard]] std::optional<Cause> from_members(const StatusChange& judged, const rules::IndicatorInputs& then,
                                                  std::span<const ChangedMember> members) const;
  [[nodiscard]] Cause without_delivery(const StatusChange& judged, const Before& then, const Moved& figures,
                                       const Moved& evidence) const;
  base::Result<const store::DeliveryHead*> head(const std::string& id);

  const Setup& setup_;
  store::Store& store_;
  const rules::Verdicts& verdicts_;
  std::unordered_map<std::string, Cells> by_unit_;  // by code
  std::optional<model::Day> last_day_;
  std::optional<PassFrame> frame_;
  const PassFrame* now_ = nullptr;
  std::vector<std::string> reconfigured_;  // sources that were added, removed or given other limits
  bool other_units_ = false;
  bool other_elements_ = false;
  std::map<std::pair<std::string, std::string>, std::optional<KeptVerdict>> kept_;  // by subject and criteria
  std::unordered_map<std::string, std::optional<store::DeliveryHead>> heads_;
};

}  // namespace ntmd::engine
