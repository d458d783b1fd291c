#include "daemon/publish/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <ranges>
#include <stdexcept>

namespace ntmd::publish {
namespace {

bool is_number(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
}

std::strong_ordering compare_parts(std::string_view a, std::string_view b) {
  const bool a_number = is_number(a);
  const bool b_number = is_number(b);
  if (a_number != b_number) return a_number ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a_number) {
    const auto plain = [](std::string_view digits) {
      digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
      return digits;
    };
    const auto x = plain(a);
    const auto y = plain(b);
    if (x.size() != y.size()) return x.size() <=> y.size();
    if (x != y) return x <=> y;
  }
  return a <=> b;
}

template <class Rules>
std::vector<std::uint32_t> by_id(const Rules& rules) {
  std::vector<std::uint32_t> order(rules.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return id_before(rules[a].id, rules[b].id); });
  return order;
}

}  // namespace

bool id_before(std::string_view a, std::string_view b) {
  while (true) {
    const auto a_end = std::min(a.find('.'), a.size());
    const auto b_end = std::min(b.find('.'), b.size());
    const auto order = compare_parts(a.substr(0, a_end), b.substr(0, b_end));
    if (order != 0) return order < 0;
    if (a_end == a.size() || b_end == b.size()) return a_end == a.size() && b_end != b.size();
    a.remove_prefix(a_end + 1);
    b.remove_prefix(b_end + 1);
  }
}

CriteriaLayout lay_out(const rules::Criteria& criteria) {
  CriteriaLayout layout;
  layout.criteria = &criteria;
  layout.indicators = by_id(criteria.indicators);
  layout.pillars = by_id(criteria.pillars);
  layout.rank.resize(criteria.indicators.size());
  for (std::uint32_t i = 0; i < layout.indicators.size(); ++i) layout.rank[layout.indicators[i]] = i;
  layout.pillar_of.resize(criteria.indicators.size());
  for (std::uint32_t pillar = 0; pillar < criteria.pillars.size(); ++pillar) {
    for (const auto indicator : criteria.pillars[pillar].indicators) layout.pillar_of.at(indicator) = pillar;
  }
  return layout;
}

Printing::Printing(const Snapshot& snapshot) : snapshot_(snapshot) {
  if (!snapshot.verdicts || !snapshot.verdicts->units)
    throw std::logic_error("publish: a snapshot without verdicts or units");
  for (const auto& criteria : snapshot.verdicts->criteria) layouts_.push_back(lay_out(*criteria));
}

const std::vector<std::string>& Printing::behind(model::Revision revision) const {
  const auto [place, fresh] = behind_.try_emplace(revision);
  auto& ids = place->second;
  if (!fresh || revision == 0 || !snapshot_.delivery_id) return ids;
  if (auto id = snapshot_.delivery_id(revision); !id.empty()) {
    ids.push_back(std::move(id));
  } else if (snapshot_.counted_from) {
    ids = snapshot_.counted_from(revision);
  }
  return ids;
}

const std::string& Printing::delivery(model::Revision revision) const {
  static const std::string kNone;
  const auto& ids = behind(revision);
  return ids.empty() ? kNone : ids.front();
}

std::vector<std::string> Printing::deliveries(const rules::Operand& operand) const {
  std::vector<std::string> all;
  for (const auto revision : operand.deliveries) {
    const auto& ids = behind(revision);
    all.insert(all.end(), ids.begin(), ids.end());
  }
  return all;
}

std::string Printing::moment(base::Instant instant) const {
  const auto wall = snapshot_.zone ? snapshot_.zone->to_local(instant).time_since_epoch() : instant.time_since_epoch();
  const auto minutes = std::chrono::floor<std::chrono::minutes>(wall);
  const auto days = std::chrono::floor<std::chrono::days>(minutes);
  const auto day = model::Day(static_cast<std::int32_t>(days.count()));
  const std::chrono::hh_mm_ss time(minutes - days);
  return fmt::format("{} {:02}:{:02}{}", day.iso(), time.hours().count(), time.minutes().count(),
                     snapshot_.zone ? "" : " UTC");
}

std::string_view Printing::element_vi(const rules::Operand& operand) const {
  const auto* known = snapshot_.elements ? snapshot_.elements->find(operand.element_name) : nullptr;
  return known != nullptr && !known->label_vi.empty() ? std::string_view(known->label_vi) : operand.element_name;
}

std::string_view Printing::element_en(const rules::Operand& operand) const {
  const auto* known = snapshot_.elements ? snapshot_.elements->find(operand.element_name) : nullptr;
  return known != nullptr && !known->label_en.empty() ? std::string_view(known->label_en) : operand.element_name;
}

std::vector<const rules::IndicatorVerdict*> Printing::indicators(std::uint32_t criteria,
                                                                 const std::vector<rules::IndicatorVerdict>& of) const {
  const auto& rank = layout(criteria).rank;
  std::vector<const rules::IndicatorVerdict*> sorted;
  sorted.reserve(of.size());
  for (const auto& verdict : of) sorted.push_back(&verdict);
  const auto before = [&](const auto* a, const auto* b) { return rank.at(a->rule) < rank.at(b->rule); };
  if (!std::ranges::is_sorted(sorted, before)) std::ranges::sort(sorted, before);
  return sorted;
}

std::vector<const rules::PillarVerdict*> Printing::pillars(const rules::UnitVerdict& of) const {
  const auto& rules = layout(of.criteria).criteria->pillars;
  std::vector<const rules::PillarVerdict*> sorted;
  sorted.reserve(of.pillars.size());
  for (const auto& pillar : of.pillars) sorted.push_back(&pillar);
  std::ranges::stable_sort(
      sorted, [&](const auto* a, const auto* b) { return id_before(rules.at(a->rule).id, rules.at(b->rule).id); });
  return sorted;
}

std::vector<std::string_view> Printing::ids(std::uint32_t criteria, std::vector<std::uint32_t> indicators) const {
  const auto& arranged = layout(criteria);
  std::ranges::sort(indicators, [&](auto a, auto b) { return arranged.rank.at(a) < arranged.rank.at(b); });
  std::vector<std::string_view> names;
  names.reserve(indicators.size());
  for (const auto indicator : indicators) names.push_back(arranged.criteria->indicators.at(indicator).id);
  return names;
}

std::pair<std::size_t, std::size_t> Printing::places(const model::UnitCode& code) const {
  const auto& all = verdicts().by_unit;
  const auto code_at = [&](std::size_t i) { return unit(all[i]).code; };
  const auto everywhere = std::views::iota(std::size_t{0}, all.size());
  const auto range = std::ranges::equal_range(everywhere, code, {}, code_at);
  const auto first = static_cast<std::size_t>(range.begin() - everywhere.begin());
  return {first, first + static_cast<std::size_t>(std::ranges::distance(range))};
}

std::vector<const rules::UnitVerdict*> Printing::assessments(const model::UnitCode& code) const {
  std::vector<const rules::UnitVerdict*> found;
  for (auto [at, end] = places(code); at < end; ++at) found.push_back(&verdicts().by_unit[at]);
  return found;
}

std::string codes_of(const std::vector<model::UnitCode>& units) {
  std::string out;
  for (const auto& unit : units) {
    if (!out.empty()) out += ", ";
    out += unit.view();
  }
  return out;
}

bool decides(const rules::IndicatorRule& rule, const rules::Operand& operand) {
  return rule.figure && (operand.element == rule.figure->numerator || rule.figure->denominator == operand.element);
}

}  // namespace ntmd::publish
