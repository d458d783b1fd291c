#pragma once
// YAML text to a Node tree, strictly. The only place that names the YAML library.

#include <optional>
#include <string_view>

#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::settings {

/// nullopt when the text is no YAML or broke a rule; each fault is in `problems`. Refused: duplicate keys, aliases and
/// anchors, merge keys, tags, keys that are not scalars, more than one document, text over 8 MiB, depth over 64,
/// invalid UTF-8. An empty document is a null node. `file` is the name shown in faults.
std::optional<Node> parse_yaml(std::string_view file, std::string_view text, Problems& problems);

}  // namespace ntmd::settings
