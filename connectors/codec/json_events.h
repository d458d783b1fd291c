#pragma once
// JSON as a stream of events, strictly and within caps. The only place that names the JSON library is its .cpp.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace ntmd::connectors {

/// Hitting one is a named error. Bytes count over the whole text.
struct JsonCaps {
  std::uint64_t bytes = 256ULL << 20U;
  std::size_t depth = 64;
  std::size_t text = std::size_t{16} << 20U;  ///< one string or number
  std::size_t key = 4096;
  std::size_t members = 100'000;  ///< of one object
};

/// What a text says, in its order. Views last for the call only. Calls come well nested; a false return stops the
/// reader, which then reports `refusal()`.
struct JsonEvents {
  virtual ~JsonEvents() = default;
  virtual bool begin_object() = 0;
  virtual bool key(std::string_view key) = 0;
  virtual bool end_object() = 0;
  virtual bool begin_array() = 0;
  virtual bool end_array() = 0;
  virtual bool string(std::string_view text) = 0;
  /// Exactly as written: nothing is rounded.
  virtual bool number(std::string_view lexeme) = 0;
  virtual bool boolean(bool value) = 0;
  virtual bool null() = 0;
  /// Why a call returned false.
  [[nodiscard]] virtual std::string refusal() const { return {}; }
};

/// Reads one JSON value from pieces of any size. Duplicate keys are refused. A byte order mark in front is skipped. One
/// thread at a time; `events` must outlive it.
class JsonReader {
 public:
  explicit JsonReader(JsonEvents& events, const JsonCaps& caps = {});
  ~JsonReader();
  JsonReader(JsonReader&&) noexcept;

  /// bad_data "3:9: …" (line, column). After an error nothing more may be fed.
  base::Status feed(std::string_view bytes);
  /// bad_data when the value is not complete.
  base::Status finish();
  /// Where the reader stands, 1-based, in the text fed so far; for messages about a record.
  [[nodiscard]] std::uint64_t line() const;
  [[nodiscard]] std::uint64_t byte() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ntmd::connectors
