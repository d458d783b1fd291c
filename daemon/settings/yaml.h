#pragma once
// YAML text to a Node tree, strictly. The only place that names the YAML library.

#include <optional>
#include <string_view>

#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::settings {

/// nullopt when the text is no YAML, is over 8 MiB or 64 levels, or not UTF-8; each fault is in `problems`. Faults,
/// too, and left out of the tree, so that the rest can be read on: the second of two equal keys, aliases and anchors,
/// merge keys, tags, keys that are not scalars, a second document. An empty document is a null node. `file` is the name
/// shown in faults.
std::optional<Node> parse_yaml(std::string_view file, std::string_view text, Problems& problems);

}  // namespace ntmd::settings
