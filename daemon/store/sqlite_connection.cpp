#include "daemon/store/sqlite_connection.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>

#include "daemon/base/log.h"
#include "daemon/store/sqlite_fault.h"

namespace ntmd::store {
namespace {

constexpr int kBusyMs = 5000;
constexpr int kLongLogPages = 1000;
constexpr int kFlags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;

/// Of a file that nobody writes it is said so, or SQLite would make its log and its index anew to read it.
std::string uri(const base::Path& file, bool in_use) {
  std::string out = "file:";
  for (const char c : file.string()) {
    if (c == '%' || c == '?' || c == '#') {
      out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + (in_use ? "" : "?immutable=1");
}

}  // namespace

base::Result<std::unique_ptr<Connection>> Connection::open(const base::Path& file) {
  return open(file, file.string(), kFlags | SQLITE_OPEN_READWRITE);
}

base::Result<std::unique_ptr<Connection>> Connection::open_to_read(const base::Path& file) {
  std::error_code code;
  const bool in_use = std::filesystem::exists(file.string() + "-wal", code);
  auto opened = open(file, uri(file, in_use), kFlags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  if (opened) sqlite3_db_config((*opened)->db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return opened;
}

base::Result<std::unique_ptr<Connection>> Connection::open(const base::Path& file, const std::string& name, int flags) {
  std::unique_ptr<Connection> connection(new Connection(file));
  if (const int code = sqlite3_open_v2(name.c_str(), &connection->db_, flags, nullptr); code != SQLITE_OK) {
    return std::unexpected(connection->failed(code));
  }
  if (auto done = connection->configure(); !done) return std::unexpected(done.error());
  return connection;
}

base::Status Connection::configure() {
  sqlite3_busy_timeout(db_, kBusyMs);
  for (const auto& [option, value] :
       {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 1}, std::pair{SQLITE_DBCONFIG_DQS_DDL, 0},
        std::pair{SQLITE_DBCONFIG_DQS_DML, 0}}) {
    if (const int code = sqlite3_db_config(db_, option, value, nullptr); code != SQLITE_OK)
      return std::unexpected(failed(code));
  }
  // SQLite's own checkpoints swallow their errors: ours do not.
  sqlite3_wal_hook(
      db_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  return script(
      "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
      "PRAGMA journal_size_limit = 67108864;");
}

Connection::~Connection() {
  if (db_ == nullptr) return;
  (void)in_place();  // else closing would remove the log of another database
  // Closing moves the log into the file; after a failed fsync the next start does that, from what is really on the
  // disk.
  if (dead()) sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  for (auto& [sql, statements] : idle_) {
    for (auto* statement : statements) sqlite3_finalize(statement);
  }
  if (const int code = sqlite3_close(db_); code != SQLITE_OK) {
    base::log::error("store_close", {{"file", file_.string()}, {"code", code}}, sqlite3_errstr(code));
  }
}

base::Error Connection::failed(int code) {
  auto error = sqlite_error(file_, db_, code);
  if (lost_trust(code) && !dead_) dead_ = error;
  return error;
}

base::Status Connection::script(std::string_view sql) {
  if (dead_) return std::unexpected(*dead_);
  const std::string text(sql);
  if (const int code = sqlite3_exec(db_, text.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK) {
    return std::unexpected(failed(code));
  }
  return {};
}

base::Status Connection::in_place() {
  if (dead_) return std::unexpected(*dead_);
  int moved = 0;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  for (std::size_t i = 0; i < beside_.size() && moved == 0; ++i) {
    struct stat found = {};
    const auto name = file_.string() + (i == 0 ? "-wal" : "-shm");
    std::optional<Place> now;
    if (::stat(name.c_str(), &found) == 0) now = Place{found.st_dev, found.st_ino};
    if (!beside_[i]) beside_[i] = now;
    if (beside_[i] != now) moved = 1;
  }
  if (moved == 0) return {};
  dead_ =
      base::Error{base::Fault::bad_data,
                  fmt::format("{}: it, its -wal or its -shm was removed or replaced while it was open, expected the "
                              "same files for as long as ntmd runs; nothing more is written: stop ntmd, put all of "
                              "a backup in place or what was taken away, and start it again",
                              file_.string())};
  return std::unexpected(*dead_);
}

base::Status Connection::write(const std::function<base::Status()>& body) {
  if (auto same = in_place(); !same) return same;
  auto done = transact("BEGIN IMMEDIATE", body);
  if (!done) {
    if (undone_) undone_();
    return done;
  }
  if (log_pages_ >= kLongLogPages) checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  return done;
}

base::Status Connection::read(const std::function<base::Status()>& body) { return transact("BEGIN", body); }

base::Status Connection::transact(const char* begin, const std::function<base::Status()>& body) {
  if (sqlite3_get_autocommit(db_) == 0) throw std::logic_error("store: a transaction inside a transaction");
  if (auto begun = script(begin); !begun) return begun;
  const auto undo = [this] {
    // A full disk has already undone it. Closing undoes what ROLLBACK itself could not.
    if (sqlite3_get_autocommit(db_) != 0) return;
    if (const int code = sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr); code != SQLITE_OK && !dead_) {
      dead_ = sqlite_error(file_, db_, code).within("rollback");
    }
  };
  base::Status done;
  try {
    done = body();
  } catch (...) {
    undo();
    if (undone_) undone_();
    throw;
  }
  if (done) done = script("COMMIT");
  if (!done) undo();
  return done;
}

void Connection::checkpoint(int mode) {
  if (dead_) return;
  sqlite3_busy_timeout(db_, 0);  // a reader is not waited for: the next checkpoint comes soon
  const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(db_, kBusyMs);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return;
  const auto error = failed(code);
  base::log::error("store_checkpoint", {{"file", file_.string()}, {"code", code}}, error.what);
}

void Connection::empty_log() { checkpoint(SQLITE_CHECKPOINT_TRUNCATE); }

std::int64_t Connection::changes() const { return sqlite3_changes64(db_); }
std::int64_t Connection::last_id() const { return sqlite3_last_insert_rowid(db_); }

base::Result<sqlite3_stmt*> Connection::take(std::string_view sql) {
  if (dead_) return std::unexpected(*dead_);
  if (const auto found = idle_.find(sql); found != idle_.end() && !found->second.empty()) {
    auto* statement = found->second.back();
    found->second.pop_back();
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failed(code));
  return statement;
}

void Connection::give_back(sqlite3_stmt* statement) {
  sqlite3_reset(statement);  // its code is that of the last step, which was reported
  sqlite3_clear_bindings(statement);
  const std::string_view sql = sqlite3_sql(statement);
  auto found = idle_.find(sql);
  if (found == idle_.end()) found = idle_.emplace(sql, std::vector<sqlite3_stmt*>()).first;
  found->second.push_back(statement);
}

}  // namespace ntmd::store
