#pragma once
// Working age on a day: 15 to retirement age, which rises each year (Labour Code 2019 art. 169; decree 135/2020/NĐ-CP).

#include "daemon/model/day.h"

namespace ntmd::connectors {

/// Who is of working age on one day, as dates of birth: two comparisons per person.
class WorkingAge {
 public:
  /// Reads the built-in table; its first and last year hold before and after it.
  explicit WorkingAge(model::Day on);
  [[nodiscard]] bool holds(model::Day born, bool male) const {
    return born <= latest_ && born >= (male ? earliest_male_ : earliest_female_);
  }

 private:
  model::Day latest_;
  model::Day earliest_male_;
  model::Day earliest_female_;
};

/// Calendar months later; a day that month does not have becomes its last.
model::Day add_months(model::Day day, int months);

}  // namespace ntmd::connectors
