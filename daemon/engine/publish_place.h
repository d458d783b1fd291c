#pragma once
// Where the published folder may be.

#include "daemon/engine/setup.h"

namespace ntmd::engine {

/// What is in `publish_dir` is for everybody: it is a folder of its own. A fault for each of data_dir, secrets_dir, the
/// folders of sources, connectors and drop folders that it is, contains or lies in, and for each configured file that
/// it contains; links are followed. data_dir/public, where it is when nothing is said, may be.
void check_publish_dir(const Setup& setup, settings::Problems& problems);

}  // namespace ntmd::engine
