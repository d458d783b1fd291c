#pragma once
// What one pass sees of an indicator, for each alert that can be about it.

#include <set>
#include <string>

#include "daemon/engine/alert_facts.h"
#include "daemon/engine/alert_subjects.h"
#include "daemon/engine/alert_watch.h"
#include "daemon/rules/alert_policy.h"

namespace ntmd::engine {

rules::AlertSignal::Sight sight_of(model::Truth official);
/// A ratio that is met by little; where all of them are asked for there is no margin to lose.
bool is_thin(const rules::IndicatorVerdict& verdict, std::int64_t permille);

/// Borrows everything.
class VerdictSignals {
 public:
  VerdictSignals(const WatchContext& context, const AlertSubjects& subjects, Observations& observations,
                 const std::set<std::string>& stale_sources)
      : context_(context), subjects_(subjects), observations_(observations), stale_sources_(stale_sources) {}

  rules::AlertSignal lost(const Judged& judged, const rules::IndicatorVerdict& verdict);
  /// Aged or missing data, or figures that cannot be true. Of what aged with all of its source the source's alert
  /// speaks.
  rules::AlertSignal stale(const Judged& judged, const rules::IndicatorVerdict& verdict);
  rules::AlertSignal thin(const Judged& judged, const rules::IndicatorVerdict& verdict);
  rules::AlertSignal disputed(const Judged& judged, const rules::IndicatorVerdict& verdict);

 private:
  rules::AlertSignal begin(rules::AlertName name, const Judged& judged, const rules::IndicatorVerdict& verdict) const;
  void observe(const Judged& judged, const rules::IndicatorVerdict& verdict, rules::AlertSignal& signal);
  void observe_members(const Judged& judged, const rules::IndicatorVerdict& verdict, Observed& observed);
  void name_source(const Judged& judged, const rules::IndicatorVerdict& verdict, rules::AlertSignal& signal);
  void name_evidence(const model::Evidence& record, rules::AlertSignal& signal);

  const WatchContext& context_;
  const AlertSubjects& subjects_;
  Observations& observations_;
  const std::set<std::string>& stale_sources_;
};

}  // namespace ntmd::engine
