#pragma once
// The ready connectors: built in, and those of the operator's folder, which come first.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/files.h"

namespace ntmd::connectors {

struct CatalogueEntry {
  std::string file;  ///< name for messages
  std::string text;
};

/// `folder`/<name>.yaml, then the built-in one; nullopt when there is neither. `folder` empty: built-in only.
std::optional<CatalogueEntry> find_connector(base::Files& files, const base::Path& folder, std::string_view name);
/// All names, sorted.
std::vector<std::string> connector_names(base::Files& files, const base::Path& folder);

}  // namespace ntmd::connectors
