#pragma once
// alerts.yaml: where alerts go and which alert goes where (contract, "alerts.yaml").

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/settings/problems.h"
#include "daemon/settings/reader.h"

namespace ntmd::notify {

/// No channel can be configured yet: alerts are judged and sent by a later version, and a file that names one is
/// refused.
struct Channels {
  std::vector<std::string> channels;
};

/// Faults with their places: unknown keys, and any channel or route.
std::optional<Channels> parse_channels(std::string_view file, std::string_view text, settings::Problems& problems);

}  // namespace ntmd::notify
