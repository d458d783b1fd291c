#include "daemon/store/sqlite_migrations.h"

#include <fmt/format.h>

#include <stdexcept>

#include "schemas/embedded.h"

namespace ntmd::store {

std::vector<std::string_view> built_in_migrations() {
  constexpr std::string_view kFolder = "schemas/sql/sqlite/";
  std::vector<std::string_view> steps;
  for (const auto& file : schemas::embedded()) {
    if (!file.path.starts_with(kFolder)) continue;
    const auto name = file.path.substr(kFolder.size());
    if (!name.starts_with(fmt::format("{:03}_", steps.size() + 1))) {
      throw std::logic_error(fmt::format("{}: out of order, expected step {:03}", file.path, steps.size() + 1));
    }
    steps.push_back(file.text);
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
  const auto newest = static_cast<std::int64_t>(steps.size());
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
  for (auto version = static_cast<std::size_t>(*from); version < steps.size(); ++version) {
    auto done = db.write([&]() -> base::Status {
      if (auto applied = db.script(steps[version]); !applied) return applied;
      return db.script(fmt::format("PRAGMA user_version = {}", version + 1));
    });
    if (!done) return base::fail_within(fmt::format("schema step {}", version + 1), done);
  }
  return {};
}

}  // namespace ntmd::store
