#pragma once
// What is told of a verdict, and which deliveries brought what it was judged from.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/engine/assessor.h"
#include "daemon/rules/alert.h"
#include "daemon/rules/criteria.h"
#include "daemon/rules/verdict.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// What came since the pass before and brought what was judged, each an observation; `delivery` is the last of them.
struct Observed {
  std::vector<std::string> observations;
  std::string delivery;
};

/// Of one pass. A delivery is looked up once. After a failed look-up `status` says why.
class Observations {
 public:
  Observations(store::Store& store, const Pass& pass);

  /// Adds what touched the figures that decide `verdict` and is in force in them, or would have decided the same before
  /// the next came, each delivery once. One that was
  /// taken back is another observation than it was when it came.
  void add(const model::UnitCode& unit, const rules::IndicatorRule& rule, const rules::IndicatorVerdict& verdict,
           Observed& into);
  /// The delivery since the pass before that touched the unit's evidence; empty: none.
  std::string evidence(const model::UnitCode& unit);
  /// The id of a delivery of `source` by its revision; empty when there is none.
  std::string id_of(std::string_view source, model::Revision revision);
  [[nodiscard]] const base::Status& status() const { return status_; }

 private:
  const store::DeliveryHead* head(const std::string& id);
  bool agrees(const model::UnitCode& unit, const rules::IndicatorRule& rule, const rules::IndicatorVerdict& verdict,
              model::Revision delivery);

  store::Store& store_;
  model::Day day_;
  std::unordered_map<std::string, std::vector<const store::DirtyCell*>> by_unit_;
  std::map<std::string, std::optional<store::DeliveryHead>> heads_;
  std::map<std::string, std::map<model::Revision, std::string>, std::less<>> by_source_;
  base::Status status_;
};

/// The indicator's names and numbers, without reason, source and delivery.
rules::AlertFacts facts_of(const rules::IndicatorRule& rule, const rules::IndicatorVerdict& verdict);

/// The evidence that says no, or (`expired`) that no longer holds on `day`; nullptr when none does.
const model::Evidence* evidence_against(const rules::IndicatorVerdict& verdict, std::optional<model::Day> expired);

[[nodiscard]] bool has(const rules::IndicatorVerdict& verdict, rules::Reason reason);
/// Evidence was rejected or withdrawn: a fall needs no second observation.
[[nodiscard]] bool refused_by_evidence(const rules::IndicatorVerdict& verdict);
/// Figures or evidence grew too old to decide.
[[nodiscard]] bool aged(const rules::IndicatorVerdict& verdict);
/// There are no figures, or no evidence, to decide by, or figures that cannot be true.
[[nodiscard]] bool missing(const rules::IndicatorVerdict& verdict);

}  // namespace ntmd::engine
