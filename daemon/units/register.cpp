#include "daemon/units/register.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

namespace ntmd::units {

using model::Day;
using model::UnitCode;

bool UnitRegister::valid(UnitRow row, Day day) const {
  const Unit& unit = rows_[row];
  if (unit.valid_from > day || (unit.valid_to && *unit.valid_to < day)) return false;
  const bool followed = row + 1 < rows_.size() && rows_[row + 1].code == unit.code;
  return !followed || rows_[row + 1].valid_from > day;
}

std::vector<UnitRow> UnitRegister::on(Day day) const {
  std::vector<UnitRow> valid_rows;
  for (UnitRow row = 0; row < rows_.size(); ++row) {
    if (valid(row, day)) valid_rows.push_back(row);
  }
  return valid_rows;
}

std::span<const UnitRow> UnitRegister::rows_of(const UnitCode& code) const {
  const auto rows = by_code_.find(code);
  return rows == by_code_.end() ? std::span<const UnitRow>{} : std::span<const UnitRow>(rows->second);
}

std::optional<UnitRow> UnitRegister::find(const UnitCode& code, Day day) const {
  const auto rows = rows_of(code);
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const Unit& unit = rows_[*row];
    if (unit.valid_from > day) continue;
    if (unit.valid_to && *unit.valid_to < day) return std::nullopt;
    return *row;
  }
  return std::nullopt;
}

std::optional<UnitRow> UnitRegister::find_group(std::string_view code) const {
  const auto asked = UnitCode::of(code);
  if (!asked) return std::nullopt;
  const auto found = std::ranges::lower_bound(groups_, *asked);
  if (found == groups_.end() || *found != *asked) return std::nullopt;
  return static_cast<UnitRow>(rows_.size() + static_cast<std::size_t>(found - groups_.begin()));
}

Resolution UnitRegister::resolve(std::string_view scheme, std::string_view text, Day day) const {
  if (scheme.empty() || scheme == "gso") return by_code(text, day);
  if (scheme != "name") return by_alias(scheme, text, day);
  const FoldedName titled = fold_with_kind(text);
  Resolution answer = by_name(titled, day);
  if (answer.kind != Resolution::Kind::unknown || !titled.kind) return answer;
  return by_name(fold_without_kind(text), day);
}

Resolution UnitRegister::by_code(std::string_view text, Day day) const {
  const auto code = UnitCode::of(text);
  if (!code) return {};
  if (const auto row = find(*code, day)) return {Resolution::Kind::found, *row, {}};
  const auto others = rows_of(*code);
  if (others.empty()) return {};
  return {Resolution::Kind::not_valid_then, 0, {others.begin(), others.end()}};
}

const UnitRegister::Alias* UnitRegister::alias_on(const std::vector<Alias>& dated, Day day) {
  for (auto alias = dated.rbegin(); alias != dated.rend(); ++alias) {
    if (alias->valid_from && *alias->valid_from > day) continue;
    return alias->valid_to && *alias->valid_to < day ? nullptr : &*alias;
  }
  return nullptr;
}

Resolution UnitRegister::by_alias(std::string_view scheme, std::string_view alias, Day day) const {
  const auto in_scheme = by_alias_.find(scheme);
  if (in_scheme == by_alias_.end()) return {};
  const auto found = in_scheme->second.find(alias);
  if (found == in_scheme->second.end()) return {};
  if (const Alias* const then = alias_on(found->second, day)) {
    if (const auto row = find(then->code, day)) return {Resolution::Kind::found, *row, {}};
  }
  Resolution other{Resolution::Kind::not_valid_then, 0, {}};
  for (const Alias& dated : found->second) {
    for (const UnitRow row : rows_of(dated.code)) {
      if (std::ranges::find(other.candidates, row) == other.candidates.end()) other.candidates.push_back(row);
    }
  }
  return other;
}

Resolution UnitRegister::by_name(const FoldedName& asked, Day day) const {
  const auto named = by_name_.find(asked.plain);
  if (named == by_name_.end()) return {};
  std::vector<UnitRow> exact;
  std::vector<UnitRow> alike;
  for (const UnitRow row : named->second) {
    if (asked.kind && rows_[row].kind != *asked.kind) continue;
    alike.push_back(row);
    if (accented_[row] == asked.accented) exact.push_back(row);
  }

  const auto then = [&](std::vector<UnitRow> rows) {
    std::erase_if(rows, [&](UnitRow row) { return !valid(row, day); });
    return rows;
  };
  std::vector<UnitRow> valid_rows = then(exact);
  // Accents that were written are meant: they match that name or none.
  if (valid_rows.empty() && !asked.has_accents()) valid_rows = then(alike);
  if (valid_rows.size() == 1) return {Resolution::Kind::found, valid_rows.front(), {}};
  if (valid_rows.size() > 1) return {Resolution::Kind::ambiguous, 0, std::move(valid_rows)};
  std::vector<UnitRow>& other_days = asked.has_accents() ? exact : alike;
  if (other_days.empty()) return {};
  return {Resolution::Kind::not_valid_then, 0, std::move(other_days)};
}

std::vector<std::pair<std::string, UnitRow>> UnitRegister::aliases(std::string_view scheme, Day day) const {
  std::vector<std::pair<std::string, UnitRow>> all;
  if (scheme.empty() || scheme == "gso") {
    for (const UnitRow row : on(day)) all.emplace_back(rows_[row].code.view(), row);
    return all;
  }
  const auto in_scheme = by_alias_.find(scheme);
  if (in_scheme == by_alias_.end()) return all;
  for (const auto& [alias, dated] : in_scheme->second) {
    const Alias* const then = alias_on(dated, day);
    if (then == nullptr) continue;
    if (const auto row = find(then->code, day)) all.emplace_back(alias, *row);
  }
  std::ranges::sort(all);
  return all;
}

std::span<const LineageEdge> UnitRegister::formed_from(UnitRow row) const {
  const Unit& unit = rows_[row];
  const auto edges = std::ranges::equal_range(lineage_, std::pair(unit.valid_from, unit.code), {},
                                              [](const LineageEdge& edge) { return std::pair(edge.on, edge.to); });
  return {edges};
}

std::vector<LineageEdge> UnitRegister::became(UnitRow row) const {
  const Unit& unit = rows_[row];
  std::vector<LineageEdge> edges;
  std::ranges::copy_if(lineage_, std::back_inserter(edges), [&](const LineageEdge& edge) {
    return edge.from == unit.code && find(unit.code, edge.on - 1) == row;
  });
  return edges;
}

UnitRow UnitRegister::first_of_extent(UnitRow row) const {
  while (row > 0 && rows_[row - 1].code == rows_[row].code && same_extent(row - 1, row)) --row;
  return row;
}

std::vector<model::UnitCode> UnitRegister::with_successors(std::span<const model::UnitCode> codes) const {
  std::vector<model::UnitCode> all(codes.begin(), codes.end());
  std::unordered_set<model::UnitCode> known(codes.begin(), codes.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto formed = formed_of_.find(all[i]);
    if (formed == formed_of_.end()) continue;
    for (const auto& next : formed->second) {
      if (known.insert(next).second) all.push_back(next);
    }
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

bool UnitRegister::same_extent(UnitRow a, UnitRow b) const {
  if (a == b) return true;
  if (rows_[a].code != rows_[b].code) return false;
  // Rows of one code stand side by side, by first day.
  for (UnitRow row = std::min(a, b); row < std::max(a, b); ++row) {
    const Unit& next = rows_[row + 1];
    if (!rows_[row].valid_to || next.valid_from - *rows_[row].valid_to > 1) return false;
    const auto in = formed_from(row + 1);
    const auto out = became(row);
    const bool passed_on = in.size() == 1 && in.front().from == next.code && in.front().share == 1.0 &&
                           std::ranges::count(out, next.valid_from, &LineageEdge::on) == 1;
    if (!passed_on) return false;
  }
  return true;
}

}  // namespace ntmd::units
