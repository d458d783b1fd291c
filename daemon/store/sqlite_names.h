#pragma once
// The ids of names in the file beside their ids in memory.

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/model/name_table.h"
#include "daemon/store/sqlite_connection.h"

namespace ntmd::store {

/// One table of names (`element` or `source`). Names that the file knows and the table does not are interned when they
/// are met.
class StoredNames {
 public:
  enum class Table : std::uint8_t { element, source };

  StoredNames(Connection& db, Table table, model::NameTable& names) : db_(db), table_(table), names_(names) {}

  /// Interns every name of the file.
  base::Status load();
  /// The file's id. A name new to the file is added: inside a write transaction only.
  base::Result<std::int64_t> to_file(model::NameTable::Id id);
  /// Likewise by name.
  base::Result<std::int64_t> to_file(std::string_view name);
  /// The file's id, nullopt when the file has no such name. For reading.
  base::Result<std::optional<std::int64_t>> find(model::NameTable::Id id);
  /// The id in memory.
  base::Result<model::NameTable::Id> to_memory(std::int64_t file_id);
  /// After a transaction was undone: what it added is gone.
  void forget();
  [[nodiscard]] model::NameTable& names() const { return names_; }

 private:
  void remember(std::int64_t file_id, model::NameTable::Id id);

  Connection& db_;
  Table table_;
  model::NameTable& names_;
  std::unordered_map<model::NameTable::Id, std::int64_t> to_file_;
  std::unordered_map<std::int64_t, model::NameTable::Id> to_memory_;
};

}  // namespace ntmd::store
