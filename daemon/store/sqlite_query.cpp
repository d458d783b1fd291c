#include <fmt/format.h>
#include <sqlite3.h>

#include "daemon/store/sqlite_connection.h"

namespace ntmd::store {

Query::Query(Connection& db, std::string_view sql) : db_(db) {
  auto taken = db.take(sql);
  if (taken) {
    statement_ = *taken;
  } else {
    error_ = std::move(taken.error());
  }
}

Query::~Query() {
  if (statement_ != nullptr) db_.give_back(statement_);
}

bool Query::next() {
  if (error_) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) error_ = db_.failed(code);
  return false;
}

base::Status Query::status() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

void Query::check(int code) {
  if (code != SQLITE_OK && !error_) error_ = db_.failed(code);
}

void Query::bind(std::int64_t value) {
  if (!error_) check(sqlite3_bind_int64(statement_, ++bound_, value));
}

void Query::bind(std::string_view value) {
  if (error_) return;
  const char* data = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
  check(sqlite3_bind_text64(statement_, ++bound_, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind(std::nullopt_t) {
  if (!error_) check(sqlite3_bind_null(statement_, ++bound_));
}

void Query::bind(Blob value) {
  if (error_) return;
  ++bound_;
  check(value.bytes.empty()
            ? sqlite3_bind_zeroblob(statement_, bound_, 0)
            : sqlite3_bind_blob64(statement_, bound_, value.bytes.data(), value.bytes.size(), SQLITE_STATIC));
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
bool Query::is_text(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_TEXT; }
std::int64_t Query::i64(int column) const { return sqlite3_column_int64(statement_, column); }
int Query::columns() const { return sqlite3_column_count(statement_); }

std::string_view Query::view(int column) const {
  const auto* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Query::bytes(int column) const {
  const auto* data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

model::UnitCode Query::unit(int column) {
  if (const auto code = model::UnitCode::of(view(column))) return *code;
  if (!error_) {
    error_ =
        base::Error{base::Fault::bad_data,
                    fmt::format("{}: damaged (a stored unit code is none), expected a whole database; restore a backup",
                                db_.file().string())};
  }
  return {};
}

}  // namespace ntmd::store
