#pragma once
// Days, by the standard's calendar and not by the program's own: what is counted here checks what is counted there.

#include <chrono>
#include <string_view>

namespace ntmd::bench {

using Day = std::chrono::sys_days;

/// `yyyy-mm-dd`; throws std::invalid_argument for anything else.
Day parse_iso(std::string_view text);

/// The day on which somebody born on `born` is `months` old; a month without that day gives its last.
Day reached(Day born, int months);

/// Who is of working age on a day: 15 years, and below the retirement age in months.
struct WorkingAge {
  int men_months = 0;
  int women_months = 0;
  [[nodiscard]] bool holds(Day born, bool female, Day on) const;
};

/// `dd/MM/yyyy` into `out`, ten characters.
void put_day(Day day, char* out);

}  // namespace ntmd::bench
