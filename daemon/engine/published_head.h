#pragma once
// The decision chain's head as it stands outside the store, so that a rewritten chain shows.

#include <optional>

#include "daemon/base/files.h"
#include "daemon/base/result.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// Replaces `publish_dir`/chain.json: {"seq": n, "hash": "…"}.
base::Status publish_head(base::Files& files, const base::Path& publish_dir, const store::ChainHead& head);
/// nullopt when none was published yet; bad_data when it cannot be read.
base::Result<std::optional<store::ChainHead>> read_published_head(base::Files& files, const base::Path& publish_dir);

}  // namespace ntmd::engine
