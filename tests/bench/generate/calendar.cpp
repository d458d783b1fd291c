#include "tests/bench/generate/calendar.h"

#include <charconv>
#include <stdexcept>
#include <string>

namespace ntmd::bench {

using std::chrono::year_month_day;

Day parse_iso(std::string_view text) {
  const auto number = [&](std::size_t from, std::size_t size) {
    int value = -1;
    if (text.size() == 10) std::from_chars(text.data() + from, text.data() + from + size, value);
    return value;
  };
  const year_month_day day{std::chrono::year{number(0, 4)}, std::chrono::month{static_cast<unsigned>(number(5, 2))},
                           std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!day.ok()) throw std::invalid_argument(std::string(text) + ": is no day, expected yyyy-mm-dd");
  return day;
}

Day reached(Day born, int months) {
  const year_month_day then = year_month_day{born} + std::chrono::months{months};
  return then.ok() ? Day{then} : Day{then.year() / then.month() / std::chrono::last};
}

bool WorkingAge::holds(Day born, bool female, Day on) const {
  return reached(born, 15 * 12) <= on && on < reached(born, female ? women_months : men_months);
}

void put_day(Day day, char* out) {
  const year_month_day parts{day};
  const auto two = [](char* at, unsigned value) {
    at[0] = static_cast<char>('0' + value / 10);
    at[1] = static_cast<char>('0' + value % 10);
  };
  const auto year = static_cast<unsigned>(static_cast<int>(parts.year()));
  two(out, static_cast<unsigned>(parts.day()));
  two(out + 3, static_cast<unsigned>(parts.month()));
  two(out + 6, year / 100);
  two(out + 8, year % 100);
  out[2] = out[5] = '/';
}

}  // namespace ntmd::bench
