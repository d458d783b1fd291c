#pragma once
// Where a listing goes on and where it ends; a state machine without I/O.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "connectors/codec/json_value.h"
#include "connectors/paging/page_spec.h"
#include "connectors/wire/message.h"
#include "connectors/wire/url.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

/// One listing, first page to last. It ends when the answer says so (no next link or cursor, `more` false, total
/// reached) or with an empty page, never with a short one. bad_data when a page repeats, a link leaves the source's
/// scheme, host or port, rows are missing against the declared total, or there are too many pages.
class Pager {
 public:
  /// `subject` names the listing in errors.
  Pager(PageSpec spec, std::string subject);

  /// `page.number`, `page.offset`, `page.size`, and `page.cursor` from the second page on.
  [[nodiscard]] std::map<std::string, std::string> values() const;
  /// next_link, from the second page on: what to ask instead of the step's own path and query.
  [[nodiscard]] const std::optional<std::string>& next_url() const { return next_url_; }
  /// Takes a page. True: ask on. `asked` is its url.
  base::Result<bool> take(const JsonValue& answer, const Response& response, const Url& asked);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint32_t pages() const { return pages_; }
  /// The last page only repeated the first (PageSpec::short_repeat_ends): there is nothing new in it.
  [[nodiscard]] bool repeated() const { return repeated_; }

 private:
  base::Status read_total(const JsonValue& answer, const Response& response);
  base::Result<std::optional<std::string>> read_next(const JsonValue& answer, const Response& response) const;
  base::Result<bool> go_on(const JsonValue& answer, const Response& response, const Url& asked,
                           std::uint64_t page_rows);
  [[nodiscard]] std::unexpected<base::Error> bad(std::string_view fact) const;

  PageSpec spec_;
  std::string subject_;
  std::uint32_t pages_ = 0;
  std::uint64_t rows_ = 0;
  bool repeated_ = false;
  std::optional<std::uint64_t> total_;
  std::optional<std::string> cursor_;
  std::optional<std::string> next_url_;
  std::string first_path_;      // next links stay below its folder
  std::set<std::string> seen_;  // digests of the pages' rows, links and cursors
};

/// The target of `rel="next"` in a Link header (RFC 8288); nullopt when there is none.
std::optional<std::string> next_of_link_header(std::string_view value);

}  // namespace ntmd::connectors
