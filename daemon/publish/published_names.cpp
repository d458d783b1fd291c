#include "daemon/publish/published_names.h"

#include <algorithm>

namespace ntmd::publish {

std::optional<model::UnitCode> code_of_file(std::string_view name) {
  if (!name.ends_with(".json") && !name.ends_with(".html")) return std::nullopt;
  return model::UnitCode::of(name.substr(0, name.size() - 5));
}

bool is_published(std::span<const std::string> parts) {
  if (parts.size() == 1) return std::ranges::find(kTopFiles, parts[0]) != kTopFiles.end();
  return parts.size() == 2 && parts[0] == "units" && code_of_file(parts[1]);
}

}  // namespace ntmd::publish
