#pragma once
// `ntmd run`: one operation after the other, the status server, signals, the service manager.

#include "daemon/base/files.h"
#include "daemon/base/result.h"
#include "daemon/engine/poller.h"
#include "daemon/engine/setup.h"

namespace ntmd::engine {

/// Runs until SIGTERM or SIGINT; it then stops within 10 s. SIGHUP reads `config_file` again: all of it counts, or,
/// when it has a fault or moves what only a restart can move (data_dir, publish_dir), nothing of it. An error is why it
/// could not start, or could not go on. The three signals may be blocked when it is called, so that none is lost
/// before: it listens for them first of all.
base::Status run_daemon(Setup setup, const base::Path& config_file, const World& world);

}  // namespace ntmd::engine
