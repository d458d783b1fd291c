// Opening: the folder, the file, its version, its soundness.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "daemon/store/sqlite_impl.h"
#include "daemon/store/sqlite_migrations.h"

namespace ntmd::store {
namespace {

namespace fs = std::filesystem;

base::Error path_error(const base::Path& path, std::string_view what, const std::error_code& code) {
  const bool full = code == std::errc::no_space_on_device;
  return {full ? base::Fault::retry_later : base::Fault::bad_config,
          fmt::format("{}: {} ({}), expected a writable data_dir; check its owner, mode, room and mount", path.string(),
                      what, full ? "disk full" : code.message())};
}

base::Error path_error(const base::Path& path, std::string_view what) {
  return path_error(path, what, std::error_code(errno, std::generic_category()));
}

base::Status make_folder(const base::Path& folder) {
  std::error_code code;
  if (fs::is_directory(folder, code)) return {};
  if (folder.has_parent_path()) {
    fs::create_directories(folder.parent_path(), code);
    if (code) return std::unexpected(path_error(folder.parent_path(), "cannot be made", code));
  }
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return std::unexpected(path_error(folder, "cannot be made"));
  return {};
}

base::Status sync(const base::Path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return std::unexpected(path_error(path, "cannot be opened"));
  const bool synced = ::fsync(descriptor) == 0;
  auto failed = path_error(path, "cannot be synced");
  ::close(descriptor);
  if (!synced) return std::unexpected(std::move(failed));
  return {};
}

base::Status own_only(const base::Path& file) {
  struct stat found = {};
  if (::stat(file.c_str(), &found) != 0) return std::unexpected(path_error(file, "cannot be read"));
  if ((found.st_mode & 077U) != 0 && ::chmod(file.c_str(), 0600) != 0) {
    return std::unexpected(path_error(file, "its mode cannot be set to 0600"));
  }
  return {};
}

/// Made whole under another name, then renamed: an empty ntmd.db is never ours.
base::Status create_database(const base::Path& folder, const base::Path& file, Migrations steps) {
  std::error_code code;
  const base::Path log = file.string() + "-wal";
  if (fs::exists(log, code)) {
    return base::fail(base::Fault::bad_data,
                      fmt::format("{}: stands without its database, expected both or none; restore a "
                                  "backup, or remove it to start anew",
                                  log.string()));
  }
  const base::Path draft = file.string() + ".new";
  for (const auto* suffix : {"", "-journal"}) {
    fs::remove(draft.string() + suffix, code);
    if (code) return std::unexpected(path_error(draft, "cannot be removed", code));
  }
  const int descriptor = ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return std::unexpected(path_error(draft, "cannot be made"));
  ::close(descriptor);
  {
    auto db = Connection::open(draft);
    if (!db) return std::unexpected(db.error());
    // Nobody needs a half-made one: it waits for the disk once, when it is whole.
    auto made = (*db)->script(fmt::format(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA application_id = {}", kApplicationId));
    if (made) made = migrate(**db, steps);
    if (!made) return made;
  }
  if (auto kept = sync(draft); !kept) return kept;
  if (::rename(draft.c_str(), file.c_str()) != 0) return std::unexpected(path_error(file, "cannot be put in place"));
  return sync(folder);
}

base::Status check_sound(Connection& db) {
  Query query(db, "PRAGMA quick_check(1)");
  std::string found;
  while (query.next()) found = query.text(0);
  if (auto done = query.status(); !done) return done;
  if (found == "ok") return {};
  return base::fail(base::Fault::bad_data, fmt::format("{}: damaged ({}), expected a whole database; restore a backup",
                                                       db.file().string(), found));
}

base::Status use_log(Connection& db) {
  Query query(db, "PRAGMA journal_mode = WAL");
  std::string mode;
  while (query.next()) mode = query.text(0);
  if (auto done = query.status(); !done) return done;
  if (mode == "wal") return {};
  return base::fail(
      base::Fault::bad_config,
      fmt::format("{}: journal mode \"{}\", expected \"wal\"; set data_dir to a local disk", db.file().string(), mode));
}

base::Status prepare_owner(Connection& db, Migrations steps) {
  if (auto done = check_sound(db); !done) return done;
  return migrate(db, steps);
}

base::Status prepare_shared(Connection& db, Migrations steps) {
  const auto version = schema_version(db, steps);
  if (!version) return std::unexpected(version.error());
  if (*version == steps.back().version) return {};
  return base::fail(base::Fault::bad_config,
                    fmt::format("{}: of schema {}, expected {}; start the daemon once, it brings it up",
                                db.file().string(), *version, steps.back().version));
}

base::Result<std::unique_ptr<Connection>> open_database(const base::Path& file, Access access, Migrations steps) {
  std::error_code code;
  if (fs::file_size(file, code) == 0 && !code) {
    return base::fail(
        base::Fault::bad_data,
        fmt::format("{}: empty, expected a database; restore a backup, or remove it to start anew", file.string()));
  }
  auto db = access == Access::reader ? Connection::open_to_read(file) : Connection::open(file);
  if (!db) return db;
  if (auto version = schema_version(**db, steps); !version) return std::unexpected(version.error());
  if (access == Access::owner) {
    if (auto done = own_only(file); !done) return std::unexpected(done.error());
  }
  if (access != Access::reader) {
    if (auto done = use_log(**db); !done) return std::unexpected(done.error());
  }
  auto ready = access == Access::owner ? prepare_owner(**db, steps) : prepare_shared(**db, steps);
  if (!ready) return std::unexpected(ready.error());
  return db;
}

}  // namespace

base::Result<std::unique_ptr<Store>> open_sqlite(const base::Path& folder, Access access, const base::Clock& clock,
                                                 model::NameTable& elements, model::NameTable& sources,
                                                 std::shared_ptr<OwnerLock> held) {
  const auto steps = built_in_migrations();
  auto lock = std::move(held);
  if (access == Access::owner && lock == nullptr) {
    if (auto done = make_folder(folder); !done) return std::unexpected(done.error());
    auto taken = lock_store(folder);
    if (!taken) return std::unexpected(taken.error());
    lock = std::move(*taken);
  }
  std::error_code code;
  const auto real = fs::canonical(folder, code);
  if (code) {
    return base::fail(base::Fault::gone, fmt::format("{}: {}, expected the store's folder; run ntmd first",
                                                     folder.string(), code.message()));
  }
  const auto file = real / "ntmd.db";
  if (!fs::exists(file, code)) {
    if (code) return std::unexpected(path_error(file, "cannot be read", code));
    if (access != Access::owner) {
      return base::fail(base::Fault::gone,
                        fmt::format("{}: is not there, expected the store; run ntmd first", file.string()));
    }
    if (auto done = create_database(real, file, steps); !done) return std::unexpected(done.error());
  }
  auto db = open_database(file, access, steps);
  if (!db) return std::unexpected(db.error());
  auto store = std::make_unique<SqliteStore>(std::move(lock), std::move(*db), clock, elements, sources);
  if (auto done = store->load_names(); !done) return std::unexpected(done.error());
  return store;
}

}  // namespace ntmd::store
