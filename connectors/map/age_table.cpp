#include "connectors/map/age_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ntmd::connectors {
namespace {

constexpr int kFirstMonths = 15 * 12;
constexpr std::string_view kHeader = "year,men_years,men_months,women_years,women_months";

/// The last birthday whose age of `months` is reached on or before `day`.
model::Day last_to_reach(model::Day day, int months) {
  model::Day born = day - ((months * 30) + (months / 2));  // a little late, never early by more than some days
  while (reached(born, months) <= day) born = born + 1;
  while (reached(born, months) > day) born = born - 1;
  return born;
}

std::optional<std::array<int, 5>> numbers(std::string_view line) {
  std::array<int, 5> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto comma = line.find(',');
    if ((comma == std::string_view::npos) != (i + 1 == values.size())) return std::nullopt;
    const auto text = line.substr(0, comma);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), values[i]);
    if (error != std::errc{} || end != text.data() + text.size() || values[i] < 0) return std::nullopt;
    if (comma != std::string_view::npos) line.remove_prefix(comma + 1);
  }
  return values;
}

}  // namespace

model::Day reached(model::Day born, int months) {
  const auto from = born.ymd();
  auto when = from + std::chrono::months(months);
  if (!when.ok()) when = when.year() / when.month() / std::chrono::last;
  return model::Day(when);
}

base::Result<AgeTable> AgeTable::parse(std::string_view csv) {
  AgeTable table;
  int line = 0;
  const auto wrong = [&](std::string_view why) {
    return base::fail(base::Fault::bad_config, fmt::format("age table:{}: {}", line, why));
  };
  while (!csv.empty()) {
    ++line;
    const auto end = csv.find('\n');
    auto text = csv.substr(0, end);
    csv.remove_prefix(end == std::string_view::npos ? csv.size() : end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (line == 1) {
      if (text != kHeader) return wrong(fmt::format("another header, expected {}", kHeader));
      continue;
    }
    if (text.empty()) continue;
    const auto values = numbers(text);
    if (!values) return wrong("no five whole numbers");
    const Row row{(*values)[0], ((*values)[1] * 12) + (*values)[2], ((*values)[3] * 12) + (*values)[4]};
    if (!table.rows_.empty() && row.year != table.rows_.back().year + 1)
      return wrong("a year is missing or out of order");
    if (std::min(row.men_months, row.women_months) <= kFirstMonths) return wrong("an age of 15 years or less");
    table.rows_.push_back(row);
  }
  if (table.rows_.empty()) return wrong("no rows");
  return table;
}

BirthRange AgeTable::on(model::Day day, bool male) const {
  const auto index = std::clamp(day.year() - rows_.front().year, 0, static_cast<int>(rows_.size()) - 1);
  const auto& row = rows_[static_cast<std::size_t>(index)];
  return {last_to_reach(day, male ? row.men_months : row.women_months), last_to_reach(day, kFirstMonths)};
}

}  // namespace ntmd::connectors
