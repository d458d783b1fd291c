#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/rules/arithmetic.h"
#include "daemon/rules/parse_parts.h"

namespace ntmd::rules {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;
using Kind = FigureCondition::Kind;

constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();

std::optional<Threshold> read_threshold(const Node& node, Kind kind, std::string_view subject, Problems& problems) {
  if (kind == Kind::count) {
    const auto count = settings::as_integer(node, subject, 1, kMaxCount, problems);
    if (!count) return std::nullopt;
    return Threshold{*count, 1, std::to_string(*count)};
  }
  const auto text = settings::as_text(node, subject, problems);
  if (!text) return std::nullopt;
  auto threshold = parse_percent(*text);
  if (!threshold) {
    problems.add(node.place,
                 fmt::format("{}: found \"{}\", expected a percentage from 0% to 100% with at most 6 decimals, "
                             "like 85% or 84.5%",
                             subject, *text));
  }
  return threshold;
}

/// `at_least: 85%`, or `at_least: {default: 75%, commune_group: {"227": 70%}}`.
bool read_thresholds(const Node& node, std::string_view subject, FigureCondition& into, Problems& problems) {
  if (!node.is_map()) {
    auto threshold = read_threshold(node, into.kind, subject, problems);
    if (threshold) into.at_least = *std::move(threshold);
    return threshold.has_value();
  }
  MapReader reader(node, subject, problems);
  const Node* fallback = reader.required("default");
  auto threshold = fallback == nullptr ? std::nullopt : read_threshold(*fallback, into.kind, subject, problems);
  bool whole = threshold.has_value();
  if (threshold) into.at_least = *std::move(threshold);
  const Node* groups = reader.optional("commune_group");
  if (groups == nullptr) return whole;
  if (!groups->is_map()) problems.add(groups->place, fmt::format("{}, commune_group: expected a map", subject));
  for (const auto& entry : groups->entries) {
    auto own =
        read_threshold(entry.value, into.kind, fmt::format("{}, commune_group {}", subject, entry.key), problems);
    whole = whole && own.has_value();
    if (own) into.by_commune_group.emplace(entry.key, *std::move(own));
  }
  return whole;
}

/// `fallback` gives the thresholds when the condition states none.
std::optional<FigureCondition> read_condition(const Node& node, std::string_view subject,
                                              const FigureCondition* fallback, const model::ElementTable& elements,
                                              Problems& problems) {
  MapReader reader(node, subject, problems);
  const Node* ratio = reader.optional("ratio");
  const Node* count = reader.optional("count");
  const Node* at_least = fallback == nullptr ? reader.required("at_least") : reader.optional("at_least");
  if (!node.is_map()) return std::nullopt;
  if ((ratio == nullptr) == (count == nullptr)) {
    problems.add(node.place, fmt::format("{}: expected either ratio or count", subject));
    return std::nullopt;
  }
  FigureCondition condition;
  std::optional<model::ElementId> numerator;
  bool whole = true;
  if (ratio != nullptr) {
    if (!ratio->is_list() || ratio->items.size() != 2) {
      problems.add(ratio->place,
                   fmt::format("{}, ratio: expected two elements, like [numerator, denominator]", subject));
      return std::nullopt;
    }
    numerator = known_element(ratio->items[0], subject, elements, problems);
    condition.denominator = known_element(ratio->items[1], subject, elements, problems);
    whole = condition.denominator.has_value();
  } else {
    condition.kind = Kind::count;
    numerator = known_element(*count, subject, elements, problems);
  }
  if (at_least != nullptr) {
    whole = read_thresholds(*at_least, fmt::format("{}, at_least", subject), condition, problems) && whole;
  } else if (fallback != nullptr && fallback->kind == condition.kind) {
    condition.at_least = fallback->at_least;
    condition.by_commune_group = fallback->by_commune_group;
  } else {
    if (fallback != nullptr)
      problems.add(node.place, fmt::format("{}: key \"at_least\" is missing, expected a value", subject));
    whole = false;
  }
  if (!whole || !numerator) return std::nullopt;
  condition.numerator = *numerator;
  return condition;
}

std::optional<GroupCondition> read_group_condition(const Node& node, std::string_view subject, Problems& problems) {
  MapReader reader(node, subject, problems);
  const auto before = problems.size();
  const Node* members = reader.optional("members");
  const Node* records = reader.optional("records");
  GroupCondition condition;
  condition.at_least = reader.integer("at_least", 1, 10'000, 1);
  if ((members == nullptr) == (records == nullptr)) {
    problems.add(node.place, fmt::format("{}: expected either members or records", subject));
    return std::nullopt;
  }
  if (members != nullptr) {
    MapReader of(*members, fmt::format("{}, members", subject), problems);
    condition.criteria = of.required_text("criteria");
  } else {
    MapReader of(*records, fmt::format("{}, records", subject), problems);
    condition.kind = GroupCondition::Kind::records;
    condition.indicator = of.required_text("indicator");
    if (const Node* kind = of.required("kind")) {
      condition.evidence = known_evidence(*kind, of.subject(), problems).value_or(condition.evidence);
    }
  }
  reader.finish();
  if (problems.size() != before) return std::nullopt;
  return condition;
}

void read_group_conditions(MapReader& reader, IndicatorRule& rule, Problems& problems) {
  const Node* node = reader.optional("met_when");
  if (node == nullptr) return;
  const auto subject = fmt::format("{}, met_when", reader.subject());
  MapReader when(*node, subject, problems);
  const Node* all = when.optional("all");
  const Node* any = when.optional("any");
  if ((all == nullptr) == (any == nullptr)) {
    problems.add(node->place, fmt::format("{}: expected either all or any", subject));
    return;
  }
  const Node& list = all != nullptr ? *all : *any;
  rule.group_all = all != nullptr;
  if (!list.is_list() || list.items.empty()) {
    problems.add(list.place, fmt::format("{}: expected a list of conditions over members or records", subject));
    return;
  }
  for (const auto& item : list.items) {
    if (auto condition = read_group_condition(item, subject, problems)) {
      rule.group_conditions.push_back(*std::move(condition));
    }
  }
}

void read_evidence(MapReader& reader, IndicatorRule& rule, Problems& problems) {
  const Node* node = reader.optional("evidence");
  if (node == nullptr) return;
  const auto subject = fmt::format("{}, evidence", reader.subject());
  if (!node->is_list()) {
    problems.add(node->place, fmt::format("{}: expected a list of kinds, like [inspection]", subject));
    return;
  }
  for (const auto& item : node->items) {
    const auto kind = known_evidence(item, subject, problems);
    if (!kind) continue;
    if (*kind == model::EvidenceKind::exemption) {
      problems.add(
          item.place,
          fmt::format("{}: exemption is no condition; leave it out, every indicator may be exempted", subject));
    } else if (std::ranges::find(rule.evidence, *kind) != rule.evidence.end()) {
      problems.add(item.place, fmt::format("{}: {} stands twice", subject, model::to_string(*kind)));
    } else {
      rule.evidence.push_back(*kind);
    }
  }
}

bool asks_confirmation(const IndicatorRule& rule) {
  return std::ranges::any_of(rule.evidence, [](auto kind) {
    return kind == model::EvidenceKind::confirm_area || kind == model::EvidenceKind::confirm_commune;
  });
}

}  // namespace

std::optional<IndicatorRule> read_indicator(const Node& node, const model::ElementTable& elements, bool of_group,
                                            Problems& problems) {
  MapReader reader(node, "indicator", problems);
  if (!node.is_map()) return std::nullopt;
  const auto before = problems.size();
  IndicatorRule rule;
  rule.id = reader.required_text("id");
  rule.place = node.place;
  const auto subject = fmt::format("indicator {}", rule.id);
  const auto names = read_names(reader, "name", rule.id);
  rule.name_vi = names.vi;
  rule.name_en = names.en;
  rule.legal = reader.text_list("legal");
  rule.recorded_as = reader.text("recorded_as", rule.id);
  read_evidence(reader, rule, problems);
  if (of_group) read_group_conditions(reader, rule, problems);
  const Node* figure = reader.optional("figure");
  if (figure != nullptr) rule.figure = read_condition(*figure, subject + ", figure", nullptr, elements, problems);
  if (!of_group) {
    if (const Node* alternate = reader.optional("alternate")) {
      if (figure == nullptr) {
        problems.add(alternate->place, subject + ": alternate stands without a figure, expected a figure beside it");
      } else if (rule.figure) {
        rule.alternate = read_condition(*alternate, subject + ", alternate", &*rule.figure, elements, problems);
      }
    }
    if (const Node* supporting = reader.optional("supporting")) {
      if (!supporting->is_list())
        problems.add(supporting->place, subject + ", supporting: expected a list of elements");
      for (const auto& item : supporting->items) {
        if (const auto id = known_element(item, subject + ", supporting", elements, problems))
          rule.supporting.push_back(*id);
      }
    }
  }
  if (figure == nullptr && asks_confirmation(rule)) {
    problems.add(node.place, subject + ": a confirmation stands without a figure, expected a figure that it confirms");
  }
  reader.finish();
  if (problems.size() != before) return std::nullopt;
  if (!rule.figure && rule.evidence.empty() && rule.group_conditions.empty()) {
    problems.add(node.place, subject + ": nothing decides it, expected " +
                                 (of_group ? "met_when, figure or evidence" : "figure or evidence"));
    return std::nullopt;
  }
  return rule;
}

}  // namespace ntmd::rules
