#include "connectors/paging/pager.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "daemon/base/digest.h"

namespace ntmd::connectors {
namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kHeaderPrefix = "header:";
constexpr std::string_view kLinkNext = "link:next";

/// The rows as they are, each part with its kind and length, so that two different pages never look alike.
void digest(const JsonValue& value, base::Sha256Stream& out) {
  out.add(fmt::format("{}:{}:{}:{};", static_cast<int>(value.kind), value.text.size(), value.items.size(),
                      value.members.size()));
  out.add(value.text);
  for (const JsonValue& item : value.items) digest(item, out);
  for (const JsonMember& member : value.members) {
    out.add(fmt::format("{}:", member.key.size()));
    out.add(member.key);
    digest(member.value, out);
  }
}

bool is_nothing(const JsonValue* value) { return value == nullptr || value->is(Kind::null); }

std::optional<std::uint64_t> as_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return count;
}

/// Whether `path` is `folder` or something in it. Dot segments, also encoded ones, could lead out of it.
bool is_below(std::string_view path, std::string_view folder) {
  if (!path.starts_with(folder)) return false;
  path.remove_prefix(folder.size());
  if (!path.empty() && path.front() != '/') return false;
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool dot = path.substr(i, 3) == "%2e" || path.substr(i, 3) == "%2E";
    plain += dot ? '.' : path[i];
    if (dot) i += 2;
  }
  plain += '/';
  return plain.find("/./") == std::string::npos && plain.find("/../") == std::string::npos;
}

}  // namespace

Pager::Pager(PageSpec spec, std::string subject) : spec_(std::move(spec)), subject_(std::move(subject)) {}

std::unexpected<base::Error> Pager::bad(std::string_view fact) const {
  return base::fail(base::Fault::bad_data, fmt::format("{}, page {}: {}", subject_, pages_, fact));
}

std::map<std::string, std::string> Pager::values() const {
  std::map<std::string, std::string> out{{"page.number", std::to_string(std::uint64_t{spec_.first_page} + pages_)},
                                         {"page.offset", std::to_string(rows_)},
                                         {"page.size", std::to_string(spec_.size)}};
  if (cursor_) out.emplace("page.cursor", *cursor_);
  return out;
}

base::Result<bool> Pager::take(const JsonValue& answer, const Response& response, const Url& asked) {
  ++pages_;
  if (spec_.kind == PageSpec::Kind::none) return false;
  const JsonValue* items = answer.at(spec_.items);
  if (items == nullptr && !spec_.absent_is_empty) {
    return bad(fmt::format("{} is not there, expected the rows", spec_.items));
  }
  if (!is_nothing(items) && !items->is(Kind::array))
    return bad(fmt::format("{} is no array, expected the rows", spec_.items));
  const std::uint64_t page_rows = is_nothing(items) ? 0 : items->items.size();
  if (page_rows > 0) {
    base::Sha256Stream stream;
    digest(*items, stream);
    if (!seen_.insert(base::to_hex(stream.finish())).second) {
      repeated_ = spec_.short_repeat_ends && pages_ == 2 && page_rows < spec_.size;
      if (repeated_) return false;
      return bad("the same rows came again, expected the next ones; the server ignores the paging that was asked for");
    }
  }
  rows_ += page_rows;
  if (auto status = read_total(answer, response); !status) return std::unexpected(status.error());
  auto more = go_on(answer, response, asked, page_rows);
  if (!more) return more;
  if (*more && pages_ >= spec_.max_pages) {
    return bad(fmt::format("more than {} pages, expected the end; raise max_pages if this is right", spec_.max_pages));
  }
  if (!*more && total_ && rows_ != *total_) {
    return bad(fmt::format("{} rows came in all, expected the {} that were declared", rows_, *total_));
  }
  return more;
}

base::Status Pager::read_total(const JsonValue& answer, const Response& response) {
  if (spec_.total.empty()) return {};
  std::string text;
  if (spec_.total.starts_with(kHeaderPrefix)) {
    text = response.header(std::string_view(spec_.total).substr(kHeaderPrefix.size()));
    if (text.empty()) return {};
  } else {
    const JsonValue* value = answer.at(spec_.total);
    if (is_nothing(value)) return {};
    text = value->is(Kind::number) || value->is(Kind::string) ? value->text : "?";
  }
  total_ = as_count(text);
  if (!total_) return bad(fmt::format("the declared total ({}) is no count, expected an integer", spec_.total));
  return {};
}

base::Result<std::optional<std::string>> Pager::read_next(const JsonValue& answer, const Response& response) const {
  if (spec_.next.starts_with(kHeaderPrefix)) {
    const std::string_view name = std::string_view(spec_.next).substr(kHeaderPrefix.size());
    if (spec_.kind == PageSpec::Kind::cursor) {
      const std::string_view value = response.header(name);
      return value.empty() ? std::nullopt : std::optional(std::string(value));
    }
    for (const auto& [key, value] : response.headers) {
      if (key != name) continue;
      if (auto next = next_of_link_header(value)) return next;
    }
    return std::nullopt;
  }
  if (spec_.next == kLinkNext) {  // FHIR: link[relation=next].url
    const JsonValue* links = answer.find("link");
    if (is_nothing(links)) return std::nullopt;
    for (const JsonValue& link : links->items) {
      const JsonValue* relation = link.find("relation");
      const JsonValue* url = link.find("url");
      if (relation != nullptr && relation->text == "next" && url != nullptr) return url->text;
    }
    return std::nullopt;
  }
  const JsonValue* value = answer.at(spec_.next);
  if (is_nothing(value) || (value->is(Kind::string) && value->text.empty())) return std::nullopt;
  if (!value->is(Kind::string) && !value->is(Kind::number))
    return bad(fmt::format("{} is no text, expected what comes next", spec_.next));
  return value->text;
}

base::Result<bool> Pager::go_on(const JsonValue& answer, const Response& response, const Url& asked,
                                std::uint64_t page_rows) {
  if (page_rows == 0) return false;
  if (!spec_.more.empty()) {
    const JsonValue* more = answer.at(spec_.more);
    if (is_nothing(more) || !more->is(Kind::boolean))
      return bad(fmt::format("{} is no boolean, expected true or false", spec_.more));
    if (more->text == "false") return false;
  }
  if (spec_.kind == PageSpec::Kind::page_number || spec_.kind == PageSpec::Kind::offset_limit) {
    return !total_ || rows_ < *total_;
  }
  auto next = read_next(answer, response);
  if (!next) return std::unexpected(next.error());
  if (!*next) return false;
  if (spec_.kind == PageSpec::Kind::cursor) {
    if (!seen_.insert("cursor " + **next).second) return bad("the same cursor came again, expected another");
    cursor_ = std::move(**next);
    return true;
  }
  const auto url = resolve_url(asked, **next);
  if (!url) return bad("the next link is no url, expected one of the same host");
  if (!url->same_origin(asked)) {
    return bad(fmt::format("the next link leads to {}, expected {}", url->origin(), asked.origin()));
  }
  if (first_path_.empty()) first_path_ = asked.path;
  const std::string_view folder = std::string_view(first_path_).substr(0, first_path_.rfind('/'));
  if (!is_below(url->path, folder)) {
    return bad(fmt::format("the next link leads to another path, expected one below {}/", folder));
  }
  if (!seen_.insert("link " + url->str()).second || url->str() == asked.str()) {
    return bad("the next link leads to a page that was asked for already, expected another");
  }
  next_url_ = url->str();
  return true;
}

}  // namespace ntmd::connectors
