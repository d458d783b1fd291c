#include "daemon/rules/alert.h"

#include <array>
#include <utility>

namespace ntmd::rules {
namespace {

constexpr std::array<std::pair<AlertName, std::string_view>, 9> kNames = {{
    {AlertName::chain_broken, "ChainBroken"},
    {AlertName::unit_lost, "UnitLost"},
    {AlertName::pillar_lost, "PillarLost"},
    {AlertName::indicator_lost, "IndicatorLost"},
    {AlertName::delivery_held, "DeliveryHeld"},
    {AlertName::source_failing, "SourceFailing"},
    {AlertName::data_stale, "DataStale"},
    {AlertName::figure_disputed, "FigureDisputed"},
    {AlertName::thin_margin, "ThinMargin"},
}};

}  // namespace

std::string_view to_string(AlertName name) {
  for (const auto& [known, text] : kNames) {
    if (known == name) return text;
  }
  return "ChainBroken";
}

std::optional<AlertName> parse_alert_name(std::string_view text) {
  for (const auto& [name, known] : kNames) {
    if (known == text) return name;
  }
  return std::nullopt;
}

const std::vector<AlertName>& alert_names() {
  static const std::vector<AlertName> all = [] {
    std::vector<AlertName> names;
    for (const auto& [name, text] : kNames) names.push_back(name);
    return names;
  }();
  return all;
}

std::string key_of(const AlertSubject& subject) {
  std::string key(to_string(subject.name));
  const auto add = [&](std::string_view what, std::string_view value) {
    if (value.empty()) return;
    key += '/';
    key += what;
    key += '=';
    key += value;
  };
  add("criteria", subject.criteria);
  if (!subject.unit.empty()) {
    add("unit", subject.unit);
  } else if (!subject.criteria.empty()) {
    add("group", subject.group);
  }
  // An indicator may move to another pillar and is the same still.
  if (subject.indicator.empty()) {
    add("pillar", subject.pillar);
  } else {
    add("indicator", subject.indicator);
  }
  add("source", subject.source);
  add("delivery", subject.delivery);
  return key;
}

std::string_view to_string(AlertPhase phase) {
  switch (phase) {
    case AlertPhase::resolved:
      return "resolved";
    case AlertPhase::pending:
      return "pending";
    case AlertPhase::firing:
      return "firing";
  }
  return "resolved";
}

std::optional<AlertPhase> parse_alert_phase(std::string_view text) {
  for (const auto phase : {AlertPhase::resolved, AlertPhase::pending, AlertPhase::firing}) {
    if (to_string(phase) == text) return phase;
  }
  return std::nullopt;
}

}  // namespace ntmd::rules
