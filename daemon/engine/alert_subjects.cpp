#include "daemon/engine/alert_subjects.h"

#include <algorithm>
#include <ranges>

namespace ntmd::engine {

using rules::AlertSubject;

AlertSubjects::AlertSubjects(const rules::Verdicts& verdicts) : verdicts_(verdicts) {
  for (const auto& criteria : verdicts_.criteria) {
    auto& pillars = pillar_of_[criteria.get()];
    pillars.resize(criteria->indicators.size());
    for (const auto& pillar : criteria->pillars) {
      for (const auto rule : pillar.indicators) pillars[rule] = &pillar;
    }
  }
}

std::optional<Judged> AlertSubjects::find(const AlertSubject& subject) const {
  const auto criteria =
      std::ranges::find(verdicts_.criteria, subject.criteria, [](const auto& set) { return set->id; });
  if (criteria == verdicts_.criteria.end()) return std::nullopt;
  return find((subject.unit.empty() ? "g/" + subject.group : "u/" + subject.unit), **criteria);
}

std::optional<Judged> AlertSubjects::find(std::string_view subject, const rules::Criteria& criteria) const {
  const auto name = subject.substr(2);
  if (subject.starts_with("g/")) {
    for (const auto& group : verdicts_.by_group) {
      if (group.group == name && verdicts_.criteria[group.criteria].get() == &criteria)
        return Judged{&criteria, nullptr, &group};
    }
    return std::nullopt;
  }
  for (auto [at, end] = places(name); at < end; ++at) {
    const auto& verdict = verdicts_.by_unit[at];
    if (verdicts_.criteria[verdict.criteria].get() == &criteria) return Judged{&criteria, &verdict, nullptr};
  }
  return std::nullopt;
}

std::pair<std::size_t, std::size_t> AlertSubjects::places(std::string_view code) const {
  const auto everywhere = std::views::iota(std::size_t{0}, verdicts_.by_unit.size());
  const auto code_at = [&](std::size_t at) { return unit(verdicts_.by_unit[at]).code.view(); };
  const auto range = std::ranges::equal_range(everywhere, code, {}, code_at);
  const auto first = static_cast<std::size_t>(range.begin() - everywhere.begin());
  return {first, first + static_cast<std::size_t>(std::ranges::distance(range))};
}

const rules::IndicatorVerdict* AlertSubjects::indicator(const Judged& judged, std::string_view id) const {
  for (const auto& verdict : judged.indicators()) {
    if (judged.criteria->indicators[verdict.rule].id == id) return &verdict;
  }
  return nullptr;
}

Judged AlertSubjects::of(const rules::UnitVerdict& unit) const {
  return {verdicts_.criteria[unit.criteria].get(), &unit, nullptr};
}

Judged AlertSubjects::of(const rules::GroupVerdict& group) const {
  return {verdicts_.criteria[group.criteria].get(), nullptr, &group};
}

AlertSubject AlertSubjects::subject(rules::AlertName name, const Judged& judged) const {
  AlertSubject subject;
  subject.name = name;
  subject.criteria = judged.criteria->id;
  if (judged.unit != nullptr) {
    subject.unit = unit(*judged.unit).code.view();
    subject.group = unit(*judged.unit).group;
  } else {
    subject.group = judged.group->group;
  }
  return subject;
}

AlertSubject AlertSubjects::subject(rules::AlertName name, const Judged& judged,
                                    const rules::IndicatorVerdict& verdict) const {
  auto out = subject(name, judged);
  out.indicator = judged.criteria->indicators[verdict.rule].id;
  const auto* pillar = pillar_of_.at(judged.criteria)[verdict.rule];
  if (pillar != nullptr) out.pillar = pillar->id;
  return out;
}

}  // namespace ntmd::engine
