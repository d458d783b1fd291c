#pragma once
// How a listing is paged, as a connector declares it.

#include <cstdint>
#include <string>

namespace ntmd::connectors {

/// Requests take `{page.number}`, `{page.offset}`, `{page.size}` and `{page.cursor}`; offsets count the rows received.
struct PageSpec {
  enum class Kind : std::uint8_t { none, page_number, offset_limit, next_link, cursor };
  Kind kind = Kind::none;
  std::uint32_t size = 200;      ///< asked for; a server may give fewer
  std::uint32_t first_page = 1;  ///< page_number
  std::string items;             ///< JSON pointer to the array that is counted ("" = the whole answer)
  bool absent_is_empty = false;  ///< a page may leave the array out (FHIR); else that is a fault
  std::string total;             ///< JSON pointer or "header:x-total-count"; empty: not declared
  std::string next;  ///< next_link, cursor: JSON pointer, "header:link", or "link:next" for an array of {relation, url}
  std::string more;  ///< JSON pointer to a boolean that ends the listing when false; empty: not declared
  std::uint32_t max_pages = 10000;
  /// A second page that repeats a first one with fewer rows than asked for is the end: the server knows no pages. Else
  /// a page that repeats is a fault.
  bool short_repeat_ends = false;
};

}  // namespace ntmd::connectors
