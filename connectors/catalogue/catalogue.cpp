#include "connectors/catalogue/catalogue.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "schemas/embedded.h"

namespace ntmd::connectors {
namespace {

constexpr std::string_view kBuiltIn = "connectors/catalogue/";
constexpr std::string_view kSuffix = ".yaml";
constexpr std::string_view kInFolder = "connector.yaml";
constexpr std::uint64_t kMaxBytes = 8ULL << 20U;

/// Nothing that leads out of the folder.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

/// The places a connector may stand in, below its folder.
std::vector<std::string> places(std::string_view name) {
  const auto file = std::string(name) + std::string(kSuffix);
  return {file, fmt::format("{}/{}", name, kInFolder), fmt::format("{}/{}", name, file)};
}

}  // namespace

base::Result<std::optional<CatalogueFile>> find_connector(std::string_view name, const std::string& folder,
                                                          base::Files& files) {
  if (!is_name(name)) return std::nullopt;
  for (const auto& place : places(name)) {
    if (folder.empty()) break;
    const auto path = base::Path(folder) / place;
    auto text = files.read_all(path, kMaxBytes);
    if (text) return CatalogueFile{path.string(), std::move(*text)};
    if (text.error().fault != base::Fault::gone) return std::unexpected(text.error());
  }
  for (const auto& place : places(name)) {
    const auto path = std::string(kBuiltIn) + place;
    if (const auto text = schemas::embedded(path); !text.empty()) return CatalogueFile{path, std::string(text)};
  }
  return std::nullopt;
}

std::vector<std::string> connector_names(const std::string& folder, base::Files& files) {
  std::set<std::string> names;
  const auto add = [&](std::string_view file) {
    if (file.ends_with(kSuffix)) names.emplace(file.substr(0, file.size() - kSuffix.size()));
  };
  for (const auto& embedded : schemas::embedded()) {
    if (!embedded.path.starts_with(kBuiltIn)) continue;
    auto file = embedded.path.substr(kBuiltIn.size());
    if (const auto slash = file.find('/'); slash != std::string_view::npos) {
      names.emplace(file.substr(0, slash));
    } else {
      add(file);
    }
  }
  if (!folder.empty()) {
    if (const auto listed = files.list(folder)) {
      for (const auto& name : *listed) {
        add(name);
        if (!name.ends_with(kSuffix) && is_name(name)) {
          const auto of_folder = places(name);
          for (std::size_t at = 1; at < of_folder.size(); ++at) {
            if (files.state(base::Path(folder) / of_folder[at])) names.insert(name);
          }
        }
      }
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace ntmd::connectors
