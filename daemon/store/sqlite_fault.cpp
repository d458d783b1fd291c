#include "daemon/store/sqlite_fault.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <system_error>

namespace ntmd::store {
namespace {

bool no_room(int system_error) { return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG; }

std::string system_words(int system_error) {
  return system_error == 0 ? std::string("no word from the system")
                           : std::error_code(system_error, std::generic_category()).message();
}

base::Error disk_full(const base::Path& file) {
  return {base::Fault::retry_later,
          fmt::format("{}: disk full, expected room to write; free some space", file.string())};
}

base::Error io_error(const base::Path& file, int code, int system_error) {
  if (lost_trust(code)) {
    return {
        base::Fault::retry_later,
        fmt::format(
            "{}: the disk did not confirm a write ({}, {}), expected a working fsync; check the disk, then start again",
            file.string(), sqlite3_errstr(code), system_words(system_error))};
  }
  if (no_room(system_error)) return disk_full(file);
  const bool wrote = code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_TRUNCATE;
  return {base::Fault::retry_later,
          fmt::format("{}: {} failed ({}), expected a working disk; check the disk", file.string(),
                      wrote ? "writing (disk full?)" : "input or output", system_words(system_error))};
}

}  // namespace

bool lost_trust(int code) {
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC || code == SQLITE_IOERR_CLOSE ||
         code == SQLITE_IOERR_COMMIT_ATOMIC;
}

base::Error sqlite_error(const base::Path& file, sqlite3* db, int code) {
  using base::Fault;
  const auto name = file.string();
  const std::string words = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  const int system_error = db != nullptr ? sqlite3_system_errno(db) : 0;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return disk_full(file);
    case SQLITE_IOERR:
      return io_error(file, code, system_error);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Fault::bad_data,
              fmt::format("{}: damaged ({}), expected a whole database; restore a backup", name, words)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {Fault::retry_later,
              fmt::format("{}: locked by another process, expected it within 5 s; try again", name)};
    case SQLITE_NOMEM:
      return {Fault::retry_later, fmt::format("{}: out of memory, expected enough of it; try again", name)};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return {no_room(system_error) ? Fault::retry_later : Fault::bad_config,
              no_room(system_error) ? disk_full(file).what
                                    : fmt::format("{}: cannot be opened for writing ({}), expected a writable file and "
                                                  "folder; check owner, mode and mount",
                                                  name, system_error == 0 ? words : system_words(system_error))};
    case SQLITE_TOOBIG:
      return {Fault::bad_data,
              fmt::format("{}: a value is over SQLite's 1 GB, expected less; split the delivery", name)};
    default:
      return {Fault::bug, fmt::format("{}: {} (SQLite {}), expected no such failure; report it", name, words, code)};
  }
}

}  // namespace ntmd::store
