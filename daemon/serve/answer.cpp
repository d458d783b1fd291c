#include "daemon/serve/answer.h"

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <iterator>
#include <string_view>

#include "daemon/publish/published_names.h"

namespace ntmd::serve {
namespace {

namespace http = boost::beast::http;

/// Bars carry their width as a style attribute; scripts come from the folder only.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; style-src-elem 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

Answer probe(const std::function<base::Status()>& hook) {
  const auto status = hook ? hook() : base::Status();
  if (status) return plain_answer(http::status::ok, "ok\n");
  return plain_answer(http::status::service_unavailable, status.error().what + "\n");
}

/// Whether an If-None-Match names `tag`. Tags are quoted, so none is a part of another.
bool names(std::string_view list, std::string_view tag) {
  return list == "*" || list.find(tag) != std::string_view::npos;
}

Answer published(const Request& request, const ServerSettings& settings, std::string_view target) {
  const auto parts = path_of_target(target);
  auto file = parts && publish::is_published(*parts) ? open_published(settings.folder, *parts) : std::nullopt;
  if (!file) return plain_answer(http::status::not_found, "not found\n");
  Answer answer;
  answer.type = content_type(parts->back());
  answer.tag = file->tag;
  if (names(view(request[http::field::if_none_match]), file->tag)) {
    answer.status = http::status::not_modified;
    return answer;
  }
  answer.file = std::move(file);
  return answer;
}

Answer routed(const Request& request, const ServerSettings& settings, const ServerHooks& hooks) {
  const auto target = view(request.target());
  const auto path = target.substr(0, target.find('?'));
  if (path == "/healthz") return probe(hooks.alive);
  if (path == "/readyz") return probe(hooks.ready);
  if (path == "/metrics") return published(request, settings, "/metrics.prom");
  return published(request, settings, target);
}

}  // namespace

Answer plain_answer(http::status status, std::string text) {
  Answer answer;
  answer.status = status;
  answer.text = std::move(text);
  return answer;
}

Answer answer_to(const Request& request, const ServerSettings& settings, const ServerHooks& hooks,
                 const ListenAddress& own) {
  const auto hosts = request.equal_range(http::field::host);
  const auto count = std::distance(hosts.first, hosts.second);
  if (count > 1 || (count == 0 && request.version() >= 11))
    return plain_answer(http::status::bad_request, "one Host header, please\n");
  if (count == 1 && !is_own_host(own, view(hosts.first->value()))) {
    return plain_answer(http::status::misdirected_request, "this server is not called that\n");
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    auto answer = plain_answer(http::status::method_not_allowed, "GET and HEAD only\n");
    answer.allow = "GET, HEAD";
    return answer;
  }
  const auto length = view(request[http::field::content_length]);
  if (request.has_content_length() ? length.find_first_not_of('0') != std::string_view::npos : request.chunked()) {
    return plain_answer(http::status::payload_too_large, "no body, please\n");
  }
  auto answer = routed(request, settings, hooks);
  answer.head_only = request.method() == http::verb::head || answer.status == http::status::not_modified;
  return answer;
}

void put_common_fields(http::fields& fields, const Answer& answer) {
  fields.set(http::field::content_type, answer.type);
  fields.set(http::field::cache_control, "no-store");
  fields.set("Content-Security-Policy", kPolicy);
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("Referrer-Policy", "no-referrer");
  if (!answer.allow.empty()) fields.set(http::field::allow, answer.allow);
  if (!answer.tag.empty()) fields.set(http::field::etag, answer.tag);
}

}  // namespace ntmd::serve
