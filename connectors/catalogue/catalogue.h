#pragma once
// The ready connectors: those built into the binary, and an operator's folder that adds to or overrides them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/files.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

struct CatalogueFile {
  std::string file;  ///< as shown in faults
  std::string text;
};

/// `<name>.yaml`, `<name>/connector.yaml` or `<name>/<name>.yaml`, of `folder` first (empty: none), then built in.
/// nullopt when there is none; an error when a file that is there cannot be read.
base::Result<std::optional<CatalogueFile>> find_connector(std::string_view name, const std::string& folder,
                                                          base::Files& files);

/// All names in byte order, each once.
std::vector<std::string> connector_names(const std::string& folder, base::Files& files);

}  // namespace ntmd::connectors
