#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/rules/criteria.h"
#include "daemon/settings/reader.h"
#include "daemon/settings/yaml.h"

namespace ntmd::rules {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

bool is_element_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::optional<std::int64_t> read_permille(MapReader& reader, std::string_view key, std::optional<std::int64_t> known) {
  if (reader.optional(key) == nullptr) return known;
  return reader.integer(key, 0, 1'000'000, 0);
}

void read_element(const Node::Entry& entry, model::ElementTable& into, Problems& problems) {
  const auto subject = fmt::format("element {}", entry.key);
  if (!is_element_name(entry.key)) {
    problems.add(entry.key_place, fmt::format("{}: expected 1 to 64 of a-z, 0-9 and _", subject));
    return;
  }
  const auto before = problems.size();
  MapReader reader(entry.value, subject, problems);
  const auto* known = into.find(entry.key);
  model::Element element = known == nullptr ? model::Element{} : *known;
  element.name = entry.key;
  if (known == nullptr && reader.required("kind") == nullptr) return;
  const bool was_flow = known != nullptr && known->kind == model::ElementKind::flow;
  const auto kind = reader.choice("kind", {"stock", "flow"}, was_flow ? "flow" : "stock");
  element.kind = kind == "flow" ? model::ElementKind::flow : model::ElementKind::stock;
  if (const Node* label = reader.optional("label")) {
    MapReader labels(*label, subject + ", label", problems);
    element.label_vi = labels.required_text("vi");
    element.label_en = labels.required_text("en");
  } else if (known == nullptr) {
    element.label_vi = element.label_en = entry.key;
  }
  if (reader.optional("precedence") != nullptr) element.precedence = reader.text_list("precedence");
  element.tolerance_permille = read_permille(reader, "tolerance_permille", element.tolerance_permille);
  element.jump_max_permille = read_permille(reader, "jump_max_permille", element.jump_max_permille);
  reader.finish();
  if (problems.size() == before) into.put(std::move(element));
}

}  // namespace

void parse_elements(std::string_view file, std::string_view text, model::ElementTable& into, Problems& problems) {
  const auto root = settings::parse_yaml(file, text, problems);
  if (!root) return;
  MapReader reader(*root, "", problems);
  const Node* elements = reader.required("elements");
  if (elements == nullptr) return;
  if (!elements->is_map()) {
    problems.add(elements->place, "elements: expected a map from name to element");
    return;
  }
  for (const auto& entry : elements->entries) read_element(entry, into, problems);
}

}  // namespace ntmd::rules
