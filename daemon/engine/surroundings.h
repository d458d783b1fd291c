#pragma once
// What configuration counts on and does not make: drop folders, programs of command channels.

#include <string>
#include <vector>

#include "daemon/base/files.h"
#include "daemon/engine/setup.h"

namespace ntmd::engine {

/// What is not there now, one message each. It may come later: no fault of the configuration. No network.
std::vector<std::string> missing_surroundings(const Setup& setup, base::Files& files);

}  // namespace ntmd::engine
