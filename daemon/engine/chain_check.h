#pragma once
// Whether the decision chain is what it was, as far as a start can look.

#include <optional>
#include <string>

#include "daemon/base/files.h"
#include "daemon/base/result.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// Why the chain is not to be trusted; nullopt when nothing speaks against it. Looks at the newest 2,000 decisions, at
/// the head, and at the head published outside: `ntmd verify` looks at all of it. Reads only.
base::Result<std::optional<std::string>> chain_fault(store::Store& store, base::Files& files,
                                                     const base::Path& publish_dir);

}  // namespace ntmd::engine
