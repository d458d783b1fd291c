#pragma once
// What SQLite's result codes mean for the caller.

#include <string>

#include "daemon/base/files.h"
#include "daemon/base/result.h"

struct sqlite3;

namespace ntmd::store {

/// The error for extended result code `code` on `file`; `db` (may be null) adds its own words. Never holds a bound
/// value.
base::Error sqlite_error(const base::Path& file, sqlite3* db, int code);

/// The disk did not confirm what was written: nothing on this connection is trusted after it.
bool lost_trust(int code);

}  // namespace ntmd::store
