#include "connectors/catalogue/catalogue.h"

#include <algorithm>

#include <fmt/format.h>

#include "schemas/embedded.h"

namespace ntmd::connectors {
namespace {

constexpr std::string_view kFolder = "connectors/catalogue/";
constexpr std::string_view kSuffix = ".yaml";
constexpr std::uint64_t kMaxBytes = 1ULL << 20U;

}  // namespace

std::optional<CatalogueEntry> find_connector(base::Files& files, const base::Path& folder, std::string_view name) {
  if (!folder.empty()) {
    const auto path = folder / fmt::format("{}{}", name, kSuffix);
    if (auto text = files.read_all(path, kMaxBytes)) return CatalogueEntry{path.string(), std::move(*text)};
  }
  const auto path = fmt::format("{}{}{}", kFolder, name, kSuffix);
  const auto text = schemas::embedded(path);
  if (text.empty()) return std::nullopt;
  return CatalogueEntry{path, std::string(text)};
}

std::vector<std::string> connector_names(base::Files& files, const base::Path& folder) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view file) {
    if (file.ends_with(kSuffix)) names.emplace_back(file.substr(0, file.size() - kSuffix.size()));
  };
  for (const auto& file : schemas::embedded()) {
    if (file.path.starts_with(kFolder)) add(file.path.substr(kFolder.size()));
  }
  if (!folder.empty()) {
    if (const auto listed = files.list(folder)) {
      for (const auto& file : *listed) add(file);
    }
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace ntmd::connectors
