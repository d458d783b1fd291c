#pragma once
// From an alert's subject to the verdict about it, and back.

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/rules/alert.h"
#include "daemon/rules/criteria.h"
#include "daemon/rules/verdict.h"

namespace ntmd::engine {

/// One subject under one criteria set: a unit's verdict, or a group's.
struct Judged {
  const rules::Criteria* criteria = nullptr;
  const rules::UnitVerdict* unit = nullptr;
  const rules::GroupVerdict* group = nullptr;
  [[nodiscard]] const std::vector<rules::IndicatorVerdict>& indicators() const {
    return unit != nullptr ? unit->indicators : group->indicators;
  }
};

/// Borrows the verdicts; what it gives points into them.
class AlertSubjects {
 public:
  explicit AlertSubjects(const rules::Verdicts& verdicts);

  /// nullopt when it is not judged.
  [[nodiscard]] std::optional<Judged> find(const rules::AlertSubject& subject) const;
  /// The subject "u/08515" or "g/227" under one criteria set.
  [[nodiscard]] std::optional<Judged> find(std::string_view subject, const rules::Criteria& criteria) const;
  [[nodiscard]] const rules::IndicatorVerdict* indicator(const Judged& judged, std::string_view id) const;
  /// What is judged of one unit: the first in Verdicts::by_unit, and the one behind the last.
  [[nodiscard]] std::pair<std::size_t, std::size_t> places(std::string_view code) const;
  [[nodiscard]] Judged of(const rules::UnitVerdict& unit) const;
  [[nodiscard]] Judged of(const rules::GroupVerdict& group) const;

  [[nodiscard]] rules::AlertSubject subject(rules::AlertName name, const Judged& judged) const;
  [[nodiscard]] rules::AlertSubject subject(rules::AlertName name, const Judged& judged,
                                            const rules::IndicatorVerdict& verdict) const;
  [[nodiscard]] const units::Unit& unit(const rules::UnitVerdict& verdict) const {
    return verdicts_.units->at(verdict.unit);
  }

 private:
  const rules::Verdicts& verdicts_;
  std::map<const rules::Criteria*, std::vector<const rules::PillarRule*>> pillar_of_;  // by indicator
};

}  // namespace ntmd::engine
