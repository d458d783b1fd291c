#pragma once
// The schema's versions: the SQL files that are built in, applied in order, forward only.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/store/sqlite_connection.h"

namespace ntmd::store {

/// "ntmd" in the file's header: what tells its databases from those of other programs.
constexpr std::int32_t kApplicationId = 0x6e746d64;

/// One step. Its version is the number its file's name begins with: steps ascend, and may leave numbers out.
struct Migration {
  std::int64_t version = 0;
  std::string_view text;
};
using Migrations = std::span<const Migration>;

/// The steps that are built in.
std::vector<Migration> built_in_migrations();

/// Refuses another program's database and a newer one (bad_config).
base::Result<std::int64_t> schema_version(Connection& db, Migrations steps);
/// Applies what is missing, each step with its version in one transaction.
base::Status migrate(Connection& db, Migrations steps);

}  // namespace ntmd::store
