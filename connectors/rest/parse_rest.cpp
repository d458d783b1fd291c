#include "connectors/rest/parse_rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/rest/parse_parts.h"
#include "connectors/wire/url.h"
#include "daemon/settings/reader.h"

namespace ntmd::connectors {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

constexpr std::chrono::hours kDay{24};

/// Headers that the transport, the login or the body decide.
constexpr std::array<std::string_view, 8> kReserved = {"authorization",   "connection", "content-length",    "cookie",
                                                       "accept-encoding", "host",       "transfer-encoding", "expect"};

bool is_token(std::string_view text) {
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

std::string read_base_url(MapReader& reader) {
  const std::string text = reader.required_text("base_url");
  if (text.empty()) return {};
  const Node& node = *reader.node().find("base_url");
  const auto url = parse_url(text);
  if (!url) {
    reader.problems().add(node.place, fmt::format("rest.base_url: {}", url.error().what));
    return {};
  }
  if (const auto allowed = check_http_url(*url); !allowed) {
    reader.problems().add(node.place, fmt::format("rest.base_url: {}", allowed.error().what));
    return {};
  }
  if (url->path != "/" || !url->query.empty()) {
    reader.problems().add(
        node.place, fmt::format("rest.base_url: has a path or a query, expected {}; what follows belongs into path",
                                url->origin()));
  }
  return url->origin();
}

void read_headers(const Node& node, const Parameters& parameters, RestSpec& spec, Problems& problems) {
  if (!node.is_map()) problems.add(node.place, "rest.headers: expected a map");
  for (const auto& entry : node.entries) {
    const std::string subject = fmt::format("rest.headers, {}", entry.key);
    std::string lower = entry.key;
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!is_token(entry.key))
      problems.add(entry.key_place, subject + ": is no header name, expected letters, digits and -");
    if (std::ranges::find(kReserved, lower) != kReserved.end()) {
      problems.add(entry.key_place, subject + ": is not for a connector to set; a login goes into auth");
    }
    // Every placeholder is a parameter here, so the text is whole now.
    const Template text = compile_text(entry.value, subject, Escape::plain, {parameters, {}}, problems);
    if (text.empty()) problems.add(entry.value.place, subject + ": is empty, expected a text");
    spec.headers.emplace_back(entry.key, text.empty() ? std::string() : text.front().literal);
  }
}

void read_incremental(const Node& node, RestSpec& spec, Problems& problems) {
  MapReader reader(node, "rest.incremental", problems);
  const bool months = reader.choice("windows", {"today", "finished_months"}, "today") == "finished_months";
  spec.window = months ? WindowKind::finished_months : WindowKind::today;
  reader.choice("every", {months ? "month" : "day"}, months ? "month" : "day");
  if (!months) return;
  spec.ask_again = static_cast<std::uint32_t>(reader.integer("ask_again", 0, 24, spec.ask_again));
  const auto until = reader.duration("previous_year_until", spec.previous_year_until);
  spec.previous_year_until = std::chrono::floor<std::chrono::days>(until);
  if (until % kDay != std::chrono::milliseconds(0) || until > std::chrono::days(365)) {
    problems.add(reader.place_of("previous_year_until"),
                 "rest.incremental, previous_year_until: expected whole days up to 365d");
  }
}

void read_limits(const Node& node, RestSpec& spec, Problems& problems) {
  MapReader reader(node, "rest.limits", problems);
  spec.timeout = reader.duration("timeout", spec.timeout);
  spec.max_body = reader.size("max_body", spec.max_body);
  if (spec.timeout.count() <= 0 || spec.timeout > std::chrono::hours(1)) {
    problems.add(reader.place_of("timeout"), "rest.limits, timeout: expected more than 0 and at most 60m");
  }
  if (spec.max_body == 0 || spec.max_body > 1ULL << 30U) {
    problems.add(reader.place_of("max_body"), "rest.limits, max_body: expected more than 0 and at most 1GiB");
  }
}

void read_retry(const Node& node, RestSpec& spec, Problems& problems) {
  MapReader reader(node, "rest.retry", problems);
  spec.retry.tries = static_cast<std::uint32_t>(reader.integer("tries", 1, 20, spec.retry.tries));
  spec.retry.backoff = reader.duration("backoff", spec.retry.backoff);
  spec.retry.backoff_cap = reader.duration("backoff_cap", spec.retry.backoff_cap);
  spec.retry.retry_after_max = reader.duration("retry_after_max", spec.retry.retry_after_max);
  if (spec.retry.backoff > spec.retry.backoff_cap) {
    problems.add(reader.place_of("backoff"), "rest.retry, backoff: is over backoff_cap, expected at most that");
  }
}

}  // namespace

std::optional<RestSpec> parse_rest(const Node& node, const Parameters& parameters, Problems& problems) {
  const std::size_t before = problems.size();
  // All but the steps and headers says what it says while parsing: the parameters go in first.
  Node fixed = node;
  for (auto& entry : fixed.entries) {
    if (entry.key != "steps" && entry.key != "headers")
      entry.value = put_in_parameters(entry.value, parameters, problems);
  }
  RestSpec spec;
  for (const auto& [name, value] : parameters) {
    if (value.is_scalar()) spec.parameters.emplace(name, value.text);
  }
  MapReader reader(fixed, "rest", problems);
  spec.base_url = read_base_url(reader);
  if (const Node* auth = reader.optional("auth")) spec.auth = parse_auth(*auth, spec.base_url, problems);
  if (const Node* headers = reader.optional("headers")) read_headers(*headers, parameters, spec, problems);
  if (const Node* steps = reader.required("steps")) spec.steps = parse_steps(*steps, parameters, problems);
  if (const Node* incremental = reader.optional("incremental")) read_incremental(*incremental, spec, problems);
  if (const Node* limits = reader.optional("limits")) read_limits(*limits, spec, problems);
  if (const Node* retry = reader.optional("retry")) read_retry(*retry, spec, problems);
  reader.finish();
  if (problems.size() != before) return std::nullopt;
  return spec;
}

}  // namespace ntmd::connectors
