#include "connectors/rest/step_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/wire/url.h"

namespace ntmd::connectors {
namespace {

bool is_absent_cursor(const Template& text, const Values& values) {
  return text.size() == 1 && text[0].name == "page.cursor" && !values.contains("page.cursor");
}

base::Result<std::string> step_url(const RestSpec& spec, const StepSpec& step, const Values& values) {
  auto path = fill(step.path, values);
  if (!path) return base::fail_within("request.path", path);
  std::string url = spec.base_url + *path;
  char before = '?';
  for (const auto& [name, text] : step.query) {
    if (is_absent_cursor(text, values)) continue;
    auto value = fill(text, values);
    if (!value) return base::fail_within("request.query." + name, value);
    url += fmt::format("{}{}={}", before, percent_encode(name), *value);
    before = '&';
  }
  return url;
}

bool has_header(const Headers& headers, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::any_of(
      headers, [&](const auto& header) { return std::ranges::equal(header.first, name, {}, lower, lower); });
}

}  // namespace

base::Result<Request> step_request(const RestSpec& spec, const StepSpec& step, const Values& values,
                                   const std::optional<std::string>& next_url) {
  Request request;
  request.method = step.method;
  request.headers = spec.headers;
  request.max_body = spec.max_body;
  request.timeout = spec.timeout;
  if (next_url) {
    request.url = *next_url;
  } else {
    auto url = step_url(spec, step, values);
    if (!url) return std::unexpected(url.error());
    request.url = std::move(*url);
  }
  if (!has_header(request.headers, "Accept")) request.headers.emplace_back("Accept", "application/json");
  if (step.body.empty()) return request;
  auto body = fill(step.body, values);
  if (!body) return base::fail_within("request.body", body);
  request.body = std::move(*body);
  if (!has_header(request.headers, "Content-Type")) request.headers.emplace_back("Content-Type", "application/json");
  return request;
}

}  // namespace ntmd::connectors
