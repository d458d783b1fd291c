#include "daemon/store/sqlite_names.h"

#include <fmt/format.h>

namespace ntmd::store {
namespace {

struct Sql {
  std::string_view all;
  std::string_view by_name;
  std::string_view by_id;
  std::string_view add;
};
constexpr Sql kElement = {"SELECT id, name FROM element ORDER BY id", "SELECT id FROM element WHERE name = ?",
                          "SELECT name FROM element WHERE id = ?", "INSERT INTO element (name) VALUES (?)"};
constexpr Sql kSource = {"SELECT id, name FROM source ORDER BY id", "SELECT id FROM source WHERE name = ?",
                         "SELECT name FROM source WHERE id = ?", "INSERT INTO source (name) VALUES (?)"};

const Sql& sql_of(StoredNames::Table table) { return table == StoredNames::Table::element ? kElement : kSource; }

}  // namespace

void StoredNames::remember(std::int64_t file_id, model::NameTable::Id id) {
  to_file_[id] = file_id;
  to_memory_[file_id] = id;
}

void StoredNames::forget() {
  to_file_.clear();
  to_memory_.clear();
}

base::Status StoredNames::load() {
  Query query(db_, sql_of(table_).all);
  while (query.next()) remember(query.i64(0), names_.intern(query.view(1)));
  return query.status();
}

base::Result<std::optional<std::int64_t>> StoredNames::find(model::NameTable::Id id) {
  if (const auto known = to_file_.find(id); known != to_file_.end()) return known->second;
  auto found = db_.number(sql_of(table_).by_name, names_.name(id));
  if (found && *found) remember(**found, id);
  return found;
}

base::Result<std::int64_t> StoredNames::to_file(model::NameTable::Id id) {
  auto found = find(id);
  if (!found) return std::unexpected(found.error());
  if (*found) return **found;
  if (auto added = db_.run(sql_of(table_).add, names_.name(id)); !added) return std::unexpected(added.error());
  remember(db_.last_id(), id);
  return db_.last_id();
}

base::Result<std::int64_t> StoredNames::to_file(std::string_view name) { return to_file(names_.intern(name)); }

base::Result<model::NameTable::Id> StoredNames::to_memory(std::int64_t file_id) {
  if (const auto known = to_memory_.find(file_id); known != to_memory_.end()) return known->second;
  Query query(db_, sql_of(table_).by_id, file_id);
  if (query.next()) {
    const auto id = names_.intern(query.view(0));
    remember(file_id, id);
    return id;
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return base::fail(
      base::Fault::bad_data,
      fmt::format("{}: damaged (a name is missing), expected a whole database; restore a backup", db_.file().string()));
}

}  // namespace ntmd::store
