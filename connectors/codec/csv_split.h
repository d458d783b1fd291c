#pragma once
// One CSV row taken apart (RFC 4180): the single place that knows quotes, commas and line ends inside a row. Pure; one
// pass over the bytes of the row, no allocation but the arena's.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "connectors/codec/text_arena.h"

namespace ntmd::connectors {

/// What became of the row at the place asked for.
struct CsvSplit {
  const char* next = nullptr;  ///< behind the line end; nullptr: the row ends after the limit
  std::size_t size = 0;        ///< bytes without the line end
  std::uint32_t fields = 0;
  std::uint32_t newlines = 0;  ///< inside quotes
  bool stray_quote = false;    ///< a quote inside an unquoted field, or text behind a closing quote
  /// The first field with line breaks inside and text behind its closing quote: a quote that was meant to end earlier.
  bool swallowed = false;
  std::uint32_t swallowed_from = 0;  ///< newlines before its opening quote
  std::uint32_t swallowed_to = 0;    ///< newlines before its closing quote
};

namespace csv_detail {

enum : unsigned char { kPlain = 0, kSeparator = 1, kQuote = 2 };
inline constexpr std::array<unsigned char, 256> kClass = [] {
  std::array<unsigned char, 256> classes{};
  classes[','] = classes['\n'] = kSeparator;
  classes['"'] = kQuote;
  return classes;
}();
inline unsigned char class_of(char c) { return kClass[static_cast<unsigned char>(c)]; }

/// The content of a quoted field with doubled quotes as one, in the arena.
inline std::string_view unescape(std::string_view content, TextArena& arena) {
  char* const out = arena.room(content.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    out[size++] = content[i];
    if (content[i] == '"') ++i;
  }
  return arena.keep(size);
}

}  // namespace csv_detail

/// Splits the row at `p`; `limit` > `p` stands behind a '\n', so an unquoted field always ends before it. Calls
/// `put(number, text)` for each field; texts are views of the row, or of the arena where quotes were doubled.
template <class Put>
CsvSplit split_csv_row(const char* p, const char* limit, TextArena& arena, Put&& put) {
  CsvSplit row;
  const char* const row_begin = p;
  for (;;) {
    const char* begin = p;
    const char* end = nullptr;
    if (*p != '"') {
      while (csv_detail::class_of(*p) == csv_detail::kPlain) ++p;
      if (csv_detail::class_of(*p) == csv_detail::kQuote) {
        row.stray_quote = true;
        while (csv_detail::class_of(*p) != csv_detail::kSeparator) ++p;
      }
      end = p;
      if (*p == '\n' && p != begin && p[-1] == '\r') --end;
      put(row.fields++, std::string_view(begin, static_cast<std::size_t>(end - begin)));
    } else {
      begin = ++p;
      bool doubled = false;
      for (;;) {
        p = static_cast<const char*>(std::memchr(p, '"', static_cast<std::size_t>(limit - p)));
        if (p == nullptr) return row;  // `next` says that the row goes on
        if (p[1] != '"') break;        // a quote is never the last byte before the limit
        doubled = true;
        p += 2;
      }
      end = p++;
      const std::string_view content(begin, static_cast<std::size_t>(end - begin));
      const auto breaks = static_cast<std::uint32_t>(std::count(content.begin(), content.end(), '\n'));
      if (*p != ',' && *p != '\n' && (*p != '\r' || p[1] != '\n')) {
        row.stray_quote = true;
        if (breaks != 0 && !row.swallowed) {
          row.swallowed = true;
          row.swallowed_from = row.newlines;
          row.swallowed_to = row.newlines + breaks;
        }
        while (csv_detail::class_of(*p) != csv_detail::kSeparator) ++p;
      } else if (*p == '\r') {
        ++p;
      }
      row.newlines += breaks;
      put(row.fields++, doubled ? csv_detail::unescape(content, arena) : content);
    }
    if (*p++ == '\n') break;
  }
  row.next = p;
  row.size = static_cast<std::size_t>(p - row_begin) - 1;
  if (row.size != 0 && p[-2] == '\r') --row.size;
  return row;
}

/// Finds where a row ends that comes in pieces; agrees with `split_csv_row` byte by byte.
class CsvRowEnd {
 public:
  /// The bytes up to and with the line end; npos: it is not among them. Keeps its place for the next piece.
  std::size_t find(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const char c = bytes[i];
      switch (at_) {
        case At::start:
        case At::plain:
          if (c == '\n') return ended(i);
          if (c == '"' && at_ == At::start) {
            at_ = At::quoted;
            quote_newlines_ = newlines_;
          } else {
            at_ = c == ',' ? At::start : At::plain;
          }
          break;
        case At::quoted:
          if (c == '"') at_ = At::quote;
          if (c == '\n') ++newlines_;
          break;
        case At::quote:
          if (c == '\n') return ended(i);
          at_ = c == '"' ? At::quoted : c == ',' ? At::start : At::plain;
          break;
      }
    }
    return std::string_view::npos;
  }
  [[nodiscard]] bool in_quotes() const { return at_ == At::quoted; }
  /// Newlines of the row before the quote that is open, or was opened last.
  [[nodiscard]] std::uint64_t quote_newlines() const { return quote_newlines_; }
  /// Newlines inside quotes so far.
  [[nodiscard]] std::uint64_t newlines() const { return newlines_; }
  void restart() { *this = CsvRowEnd{}; }

 private:
  enum class At : std::uint8_t { start, plain, quoted, quote };
  std::size_t ended(std::size_t i) {
    at_ = At::start;
    return i + 1;
  }
  At at_ = At::start;
  std::uint64_t newlines_ = 0;
  std::uint64_t quote_newlines_ = 0;
};

}  // namespace ntmd::connectors
