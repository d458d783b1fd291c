#include "daemon/rules/parse_parts.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/model/evidence.h"

namespace ntmd::rules {

using settings::MapReader;
using settings::Node;
using settings::Problems;

Names read_names(MapReader& reader, std::string_view key, std::string_view fallback) {
  const Node* node = reader.optional(key);
  if (node == nullptr) return {std::string(fallback), std::string(fallback)};
  MapReader names(*node, fmt::format("{}, {}", reader.subject(), key), reader.problems());
  return {names.required_text("vi"), names.required_text("en")};
}

std::optional<model::ElementId> known_element(const Node& node, std::string_view subject,
                                              const model::ElementTable& elements, Problems& problems) {
  const auto name = settings::as_text(node, subject, problems);
  if (!name) return std::nullopt;
  if (const auto* element = elements.find(*name)) return element->id;
  std::vector<std::string> known;
  for (const auto& element : elements.all()) known.push_back(element.name);
  problems.add(node.place,
               fmt::format("{}: unknown element \"{}\"{}", subject, *name, settings::suggestion(*name, known)));
  return std::nullopt;
}

std::optional<model::EvidenceKind> known_evidence(const Node& node, std::string_view subject, Problems& problems) {
  const auto name = settings::as_text(node, subject, problems);
  if (!name) return std::nullopt;
  if (const auto kind = model::parse_evidence_kind(*name)) return kind;
  std::vector<std::string> known;
  for (auto value = std::to_underlying(model::EvidenceKind::decision);
       value <= std::to_underlying(model::EvidenceKind::recognition); ++value) {
    known.emplace_back(model::to_string(static_cast<model::EvidenceKind>(value)));
  }
  problems.add(node.place, fmt::format("{}: unknown kind of evidence \"{}\"{}", subject, *name,
                                       settings::suggestion(*name, known)));
  return std::nullopt;
}

RollUp read_roll_up(MapReader& reader, std::string_view children) {
  RollUp roll_up;
  const Node* node = reader.optional("met_when");
  if (node == nullptr) return roll_up;
  const auto subject = fmt::format("{}, met_when", reader.subject());
  MapReader rule(*node, subject, reader.problems());
  const Node* all = rule.optional("all");
  const Node* at_least = rule.optional("at_least");
  if (node->is_map() && (all == nullptr) == (at_least == nullptr)) {
    reader.problems().add(node->place, fmt::format("{}: expected either all or at_least", subject));
  }
  if (all != nullptr) rule.choice("all", {children}, children);
  if (at_least != nullptr) roll_up.at_least = rule.integer("at_least", 1, 10'000, 1);
  return roll_up;
}

}  // namespace ntmd::rules
