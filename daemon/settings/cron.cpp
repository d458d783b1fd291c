#include "daemon/settings/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

#include "daemon/base/utf8.h"

namespace ntmd::settings {
namespace {

using base::fail;
using base::Fault;
using base::Result;

constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr int kYearsAhead = 8;  // a leap day may be that far: 2096 to 2104

/// What a field may hold. `names[0]` stands for `first`.
struct Field {
  std::string_view name;
  int first;
  int last;
  std::span<const std::string_view> names;
};

constexpr std::array<Field, 5> kFields = {{{"minute", 0, 59, {}},
                                           {"hour", 0, 23, {}},
                                           {"day of month", 1, 31, {}},
                                           {"month", 1, 12, kMonths},
                                           {"day of week", 0, 7, kWeekdays}}};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = fault == std::errc() && end == text.data() + text.size() && !text.empty() && text[0] != '-';
  return whole ? std::optional(value) : std::nullopt;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const auto end = text.find(at, start);
    parts.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

/// Parses one field into a bit per value.
class FieldParser {
 public:
  FieldParser(const Field& field, std::string_view text) : field_(field), text_(text) {}

  Result<std::bitset<60>> parse() {
    std::bitset<60> set;
    for (const auto part : split(text_, ',')) {
      if (const auto added = add(part, set); !added) return std::unexpected(added.error());
    }
    return set;
  }

 private:
  base::Status add(std::string_view part, std::bitset<60>& set) const {
    const auto slash = part.find('/');
    const auto range = part.substr(0, slash);
    int step = 1;
    if (slash != std::string_view::npos) {
      const auto given = number(part.substr(slash + 1));
      if (!given || *given < 1 || *given > field_.last) return wrong(part);
      step = *given;
    }
    int first = field_.first;
    int last = field_.last == 7 ? 6 : field_.last;
    if (range != "*") {
      const auto dash = range.find('-');
      const auto from = value(range.substr(0, dash));
      const auto to = dash == std::string_view::npos ? from : value(range.substr(dash + 1));
      if (!from || !to) return wrong(part);
      if (dash == std::string_view::npos && slash != std::string_view::npos) return wrong(part);
      first = *from;
      last = ends_week(*from, *to) ? 7 : *to;
      if (first > last) return wrong(part);
    }
    for (int i = first; i <= last; i += step) set.set(static_cast<std::size_t>(field_.last == 7 ? i % 7 : i));
    return {};
  }

  /// "fri-sun": Sunday is both 0 and 7.
  [[nodiscard]] bool ends_week(int from, int to) const { return field_.last == 7 && to == 0 && from > 0; }

  [[nodiscard]] std::optional<int> value(std::string_view text) const {
    const auto named = std::ranges::find(field_.names, lower(text));
    if (named != field_.names.end()) return field_.first + static_cast<int>(named - field_.names.begin());
    const auto given = number(text);
    return given && *given >= field_.first && *given <= field_.last ? given : std::nullopt;
  }

  [[nodiscard]] std::unexpected<base::Error> wrong(std::string_view part) const {
    const auto names =
        field_.names.empty() ? std::string() : fmt::format(" or {}-{}", field_.names.front(), field_.names.back());
    return fail(Fault::bad_config,
                fmt::format("{}: found \"{}\", expected {}-{}{}, as *, a value, a range or a list "
                            "of them, with /step after * or a range",
                            field_.name, base::printable(part, 40), field_.first, field_.last, names));
  }

  const Field& field_;
  std::string_view text_;
};

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (const auto word : split(text, ' ')) {
    if (!word.empty()) found.push_back(word);
  }
  return found;
}

template <std::size_t N>
std::bitset<N> narrowed(const std::bitset<60>& wide) {
  std::bitset<N> set;
  for (std::size_t i = 0; i < N; ++i) set[i] = wide[i];
  return set;
}

}  // namespace

Result<Cron> Cron::parse(std::string_view expression) {
  const auto subject = fmt::format("cron \"{}\"", base::printable(expression, 80));
  const auto fields = words(expression);
  if (fields.size() != kFields.size()) {
    return fail(Fault::bad_config, fmt::format("{}: {} fields, expected 5: minute hour day-of-month month day-of-week",
                                               subject, fields.size()));
  }
  std::array<std::bitset<60>, 5> sets;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const auto set = FieldParser(kFields[i], fields[i]).parse();
    if (!set) return fail_within(subject, set);
    sets[i] = *set;
  }
  Cron cron;
  cron.text_ = expression;
  cron.minutes_ = sets[0];
  cron.hours_ = narrowed<24>(sets[1]);
  cron.days_ = narrowed<32>(sets[2]);
  cron.months_ = narrowed<13>(sets[3]);
  cron.weekdays_ = narrowed<7>(sets[4]);
  cron.any_day_ = fields[2] == "*";
  cron.any_weekday_ = fields[4] == "*";
  return cron;
}

std::optional<base::Instant> Cron::next(base::Instant after, const base::TimeZone& zone) const {
  using std::chrono::days;
  using std::chrono::hours;
  using std::chrono::minutes;
  // Local times map to instants without ever going back (a skipped one to the gap's end, a repeated one to its first),
  // so nothing up to the local time of `after` can lie behind it.
  const auto start = std::chrono::floor<minutes>(zone.to_local(after)) + minutes(1);
  const auto first_day = std::chrono::floor<days>(start);
  const std::chrono::year_month_day first_date(first_day);
  const auto last_year = first_date.year() + std::chrono::years(kYearsAhead);
  for (auto day = first_day;; day += days(1)) {
    const std::chrono::year_month_day date(day);
    if (date.year() > last_year) return std::nullopt;
    if (!matches(date)) continue;
    for (std::size_t hour = 0; hour < hours_.size(); ++hour) {
      for (std::size_t minute = 0; hours_[hour] && minute < minutes_.size(); ++minute) {
        const auto local = day + hours(hour) + minutes(minute);
        if (!minutes_[minute] || local < start) continue;
        if (const auto instant = zone.to_instant(local); instant > after) return instant;
      }
    }
  }
}

bool Cron::matches(std::chrono::year_month_day date) const {
  if (!months_[static_cast<unsigned>(date.month())]) return false;
  const bool day = days_[static_cast<unsigned>(date.day())];
  const bool weekday = weekdays_[std::chrono::weekday(std::chrono::sys_days(date)).c_encoding()];
  if (any_day_ || any_weekday_) return (any_day_ || day) && (any_weekday_ || weekday);
  return day || weekday;
}

}  // namespace ntmd::settings
