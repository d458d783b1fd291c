#pragma once
// Structured log lines: one event, its fields, one line.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace ntmd::base::log {

enum class Level : std::uint8_t { debug, info, warn, error };
enum class Format : std::uint8_t { text, json };

struct Settings {
  Level level = Level::info;
  Format format = Format::text;
  std::string file;                           ///< empty: standard error only
  std::uint64_t rotate_bytes = 16ULL << 20U;  ///< a full file is rotated
  std::uint32_t keep_files = 5;
};

/// A value is escaped, so that one event is one line whatever it holds. Never personal data, never a secret.
struct Field {
  std::string_view key;
  std::string value;
  bool literal = false;  ///< a number or truth value: without quotes in JSON
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, std::int64_t v);
  Field(std::string_view k, std::uint64_t v);
  Field(std::string_view k, std::uint32_t v) : Field(k, static_cast<std::uint64_t>(v)) {}
  Field(std::string_view k, int v) : Field(k, static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), literal(true) {}
};

/// The line of one event, without its newline:
/// `2026-08-01T10:00:00.123Z info  delivery.loaded run=… delivery=… text="…"`, or one JSON object
/// `{"ts","level","event",fields…,"text"}`. Control characters, quotes and broken UTF-8 never come out raw.
std::string render(Format format, Instant at, Level level, std::string_view event, std::initializer_list<Field> fields,
                   std::string_view text);

/// Standard error, and the file when one is named (mode 0640, rotated). `bad_config` when the file cannot be opened:
/// the lines then go where they went before.
/// Before the first call lines go to standard error as text. Thread-safe, as is everything here.
Status configure(const Settings& settings);
void write(Level level, std::string_view event, std::initializer_list<Field> fields, std::string_view text = {});
inline void info(std::string_view event, std::initializer_list<Field> fields, std::string_view text = {}) {
  write(Level::info, event, fields, text);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields, std::string_view text = {}) {
  write(Level::warn, event, fields, text);
}
inline void error(std::string_view event, std::initializer_list<Field> fields, std::string_view text = {}) {
  write(Level::error, event, fields, text);
}
inline void debug(std::string_view event, std::initializer_list<Field> fields, std::string_view text = {}) {
  write(Level::debug, event, fields, text);
}
/// Flushes the file, e.g. before leaving.
void flush();

}  // namespace ntmd::base::log
