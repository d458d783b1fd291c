#pragma once
// One connection to one SQLite file, and queries on it. SQL text is always a literal with bound parameters.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/files.h"
#include "daemon/base/result.h"
#include "daemon/model/day.h"
#include "daemon/model/unit_code.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ntmd::store {

/// Binds as a blob, not as text.
struct Blob {
  std::string_view bytes;
};

/// Not thread-safe.
class Connection {
 public:
  /// The file must be there (empty is fine), without links in its path.
  static base::Result<std::unique_ptr<Connection>> open(const base::Path& file);
  /// To read only: where nobody has the file open and it was closed properly, no file beside it is made, either.
  static base::Result<std::unique_ptr<Connection>> open_to_read(const base::Path& file);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Runs one statement to its end.
  template <class... Args>
  base::Status run(std::string_view sql, const Args&... args);
  /// Several statements without parameters, e.g. a migration.
  base::Status script(std::string_view sql);
  /// The first column of the first row; nullopt without a row.
  template <class... Args>
  base::Result<std::optional<std::int64_t>> number(std::string_view sql, const Args&... args);

  /// `body` in one write transaction: committed when it succeeds, else undone. Never nested.
  base::Status write(const std::function<base::Status()>& body);
  /// `body` sees one state of the database.
  base::Status read(const std::function<base::Status()>& body);
  /// Called after a write transaction was undone.
  void on_undone(std::function<void()> call) { undone_ = std::move(call); }

  /// Moves what is committed from the log into the file and empties the log, unless a reader holds it. A failure is
  /// logged (what is committed is safe in the log); one of fsync ends the connection.
  void empty_log();

  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] std::int64_t last_id() const;
  /// Whether the file, its log and its index are still those that were opened, or the connection ends: what is written
  /// to a file without a name is lost. Asked before every write transaction as well.
  base::Status in_place();
  /// After a failed fsync, or when the file was removed or replaced.
  [[nodiscard]] bool dead() const { return dead_.has_value(); }
  [[nodiscard]] const base::Path& file() const { return file_; }

 private:
  friend class Query;
  explicit Connection(base::Path file) : file_(std::move(file)) {}
  static base::Result<std::unique_ptr<Connection>> open(const base::Path& file, const std::string& name, int flags);
  base::Status configure();
  base::Status transact(const char* begin, const std::function<base::Status()>& body);
  void checkpoint(int mode);
  base::Error failed(int code);
  base::Result<sqlite3_stmt*> take(std::string_view sql);
  void give_back(sqlite3_stmt* statement);

  base::Path file_;
  sqlite3* db_ = nullptr;
  // By text.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::vector<sqlite3_stmt*>, Hash, std::equal_to<>> idle_;
  std::optional<base::Error> dead_;
  std::function<void()> undone_;
  struct Place {
    std::uint64_t device = 0;
    std::uint64_t node = 0;
    bool operator==(const Place&) const = default;
  };
  std::array<std::optional<Place>, 2> beside_;  // of the log and its index, once they were seen
  int log_pages_ = 0;
};

/// What is bound as a whole number.
template <class Value>
concept Whole = std::is_integral_v<Value> || std::is_enum_v<Value>;

/// A statement being run; back in the connection's cache when it goes. Failures stick: `next` is false and `status`
/// tells.
class Query {
 public:
  template <class... Args>
  Query(Connection& db, std::string_view sql, const Args&... args) : Query(db, sql) {
    (bind(args), ...);
  }
  Query(Connection& db, std::string_view sql);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  /// Moves to the next row; false at the end and on failure.
  bool next();
  [[nodiscard]] base::Status status() const;

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t i64(int column) const;
  [[nodiscard]] std::uint64_t u64(int column) const { return static_cast<std::uint64_t>(i64(column)); }
  [[nodiscard]] std::uint32_t u32(int column) const { return static_cast<std::uint32_t>(i64(column)); }
  [[nodiscard]] std::string text(int column) const { return std::string(view(column)); }
  /// Valid until the next row.
  [[nodiscard]] std::string_view view(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] bool is_text(int column) const;
  [[nodiscard]] int columns() const;
  [[nodiscard]] base::Instant instant(int column) const {
    return base::Instant(std::chrono::microseconds(i64(column)));
  }
  [[nodiscard]] model::Day day(int column) const { return model::Day(static_cast<std::int32_t>(i64(column))); }
  /// Fails the query with bad_data when the text is no unit code.
  [[nodiscard]] model::UnitCode unit(int column);
  template <class Enum>
  [[nodiscard]] Enum as(int column) const {
    return static_cast<Enum>(i64(column));
  }
  template <class Read>
  [[nodiscard]] auto optional(int column, Read read) const -> std::optional<decltype(read(column))> {
    if (is_null(column)) return std::nullopt;
    return read(column);
  }

  // What is bound must live until the last `next`.
  void bind(std::int64_t value);
  void bind(std::string_view value);
  void bind(const char* value) { bind(std::string_view(value)); }
  void bind(const std::string& value) { bind(std::string_view(value)); }
  void bind(std::nullopt_t value);
  void bind(Blob value);
  void bind(base::Instant value) { bind(std::int64_t{value.time_since_epoch().count()}); }
  void bind(model::Day value) { bind(std::int64_t{value.since_epoch()}); }
  void bind(const model::UnitCode& value) { bind(value.view()); }
  template <Whole Value>
  void bind(Value value) {
    bind(static_cast<std::int64_t>(value));
  }
  template <class Value>
  void bind(const std::optional<Value>& value) {
    if (value) {
      bind(*value);
    } else {
      bind(std::nullopt);
    }
  }

 private:
  void check(int code);

  Connection& db_;
  sqlite3_stmt* statement_ = nullptr;
  std::optional<base::Error> error_;
  int bound_ = 0;
};

template <class... Args>
base::Status Connection::run(std::string_view sql, const Args&... args) {
  Query query(*this, sql, args...);
  while (query.next()) {
  }
  return query.status();
}

template <class... Args>
base::Result<std::optional<std::int64_t>> Connection::number(std::string_view sql, const Args&... args) {
  Query query(*this, sql, args...);
  std::optional<std::int64_t> first;
  while (query.next()) {
    if (!first && !query.is_null(0)) first = query.i64(0);
  }
  if (auto done = query.status(); !done) return std::unexpected(std::move(done.error()));
  return first;
}

}  // namespace ntmd::store
