#include "daemon/settings/node.h"

#include <fmt/format.h>

namespace ntmd::settings {

std::string Place::str() const {
  const std::string_view name = file ? std::string_view(*file) : std::string_view("?");
  if (line <= 0) return std::string(name);
  return fmt::format("{}:{}:{}", name, line, column);
}

const Node* Node::find(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

}  // namespace ntmd::settings
