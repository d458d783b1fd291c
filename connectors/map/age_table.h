#pragma once
// Ages that begin and end by law, as data: who is of working age on a day.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/day.h"

namespace ntmd::connectors {

/// The birthdays of those who count on one day: after `after`, up to `last`.
struct BirthRange {
  model::Day after;
  model::Day last;
  [[nodiscard]] constexpr bool holds(model::Day born) const { return after < born && born <= last; }
};

/// From 15 full years until the age of the table's row is reached (decree 135/2020/NĐ-CP for `working_age`); the row is
/// that of the year of the day asked. Before the first row the first holds, after the last the last. Immutable.
class AgeTable {
 public:
  /// CSV `year,men_years,men_months,women_years,women_months`, years ascending without holes. bad_config with the line
  /// at fault.
  static base::Result<AgeTable> parse(std::string_view csv);
  [[nodiscard]] BirthRange on(model::Day day, bool male) const;

 private:
  struct Row {
    int year = 0;
    int men_months = 0;  ///< the whole age in months
    int women_months = 0;
  };
  std::vector<Row> rows_;
};

/// The day on which somebody born on `born` reaches `months`; a month without that day gives its last.
model::Day reached(model::Day born, int months);

}  // namespace ntmd::connectors
