#include "daemon/store/sqlite_migrations.h"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>
#include <system_error>

#include "schemas/embedded.h"

namespace ntmd::store {

std::vector<Migration> built_in_migrations() {
  constexpr std::string_view kFolder = "schemas/sql/sqlite/";
  std::vector<Migration> steps;
  for (const auto& file : schemas::embedded()) {
    if (!file.path.starts_with(kFolder)) continue;
    const auto name = file.path.substr(kFolder.size());
    std::int64_t version = 0;
    const auto number = std::from_chars(name.data(), name.data() + name.size(), version);
    if (number.ec != std::errc() || *number.ptr != '_' || version <= (steps.empty() ? 0 : steps.back().version))
      throw std::logic_error(
          fmt::format("{}: out of order, expected names that begin with ascending numbers", file.path));
    steps.push_back({version, file.text});
  }
  if (steps.empty()) throw std::logic_error("schemas/sql/sqlite: no step is built in");
  return steps;
}

base::Result<std::int64_t> schema_version(Connection& db, Migrations steps) {
  const auto application = db.number("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  if (*application != kApplicationId) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("{}: the database of another program, expected one of ntmd; set another data_dir",
                                  db.file().string()));
  }
  const auto version = db.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto newest = steps.back().version;
  if (version->value_or(0) > newest) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("{}: written by a newer ntmd (schema {}), expected schema {} or older; "
                                  "install that ntmd or restore a backup",
                                  db.file().string(), **version, newest));
  }
  return version->value_or(0);
}

base::Status migrate(Connection& db, Migrations steps) {
  const auto from = schema_version(db, steps);
  if (!from) return std::unexpected(from.error());
  for (const auto& step : steps) {
    if (step.version <= *from) continue;
    auto done = db.write([&]() -> base::Status {
      if (auto applied = db.script(step.text); !applied) return applied;
      return db.script(fmt::format("PRAGMA user_version = {}", step.version));
    });
    if (!done) return base::fail_within(fmt::format("schema step {}", step.version), done);
  }
  return {};
}

}  // namespace ntmd::store
