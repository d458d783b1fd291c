#pragma once
// A connector's `rest:` part from text, and an exchange driven by hand.

#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/rest/parse_rest.h"
#include "connectors/rest/rest_exchange.h"
#include "daemon/settings/yaml.h"

namespace ntmd::connectors {

/// The portal's part as the catalogue has it: a tree, then each child by its id.
constexpr std::string_view kPortal = R"(
base_url: $base_url
auth: none
steps:
  - request:
      method: POST
      path: /api/tree
      body: {timeType: $time_type, year: $window.year, month: $window.month, rootDepartmentId: $root, currentPage: $page.number, pageSize: $page.size}
      accept: [201]
    expect: {/code: OK}
    echo: {/data/parent/departmentId: $root}
    paginate: {kind: page_number, size: 2, items: /data/children}
    each: {items: /data/children, pick: {id: /departmentId}, skip: {/departmentId: $root}}
    emit: true
  - request:
      method: POST
      path: /api/tree
      body: {timeType: $time_type, year: $window.year, month: $window.month, rootDepartmentId: $item.id, currentPage: 1, pageSize: 2}
      accept: [201]
    expect: {/code: OK}
    echo: {/data/parent/departmentId: $item.id}
incremental: {windows: finished_months, every: $time_type, ask_again: 2, previous_year_until: 45d}
)";
constexpr std::string_view kPortalWith = "{base_url: \"http://127.0.0.1:9\", root: r0, time_type: month}";

struct Parsed {
  std::optional<RestSpec> spec;
  std::vector<std::string> faults;
};

inline Parsed parse(std::string_view rest, std::string_view with = "{base_url: \"http://127.0.0.1:9\"}") {
  settings::Problems problems;
  const auto node = settings::parse_yaml("rest.yaml", rest, problems);
  const auto parameters = settings::parse_yaml("with.yaml", with, problems);
  REQUIRE(problems.lines().empty());
  std::map<std::string, settings::Node> bound;
  for (const auto& entry : parameters->entries) bound.emplace(entry.key, entry.value);
  Parsed out;
  out.spec = parse_rest(*node, bound, problems);
  out.faults = problems.lines();
  return out;
}

inline RestSpec spec_of(std::string_view rest, std::string_view with = "{base_url: \"http://127.0.0.1:9\"}") {
  auto parsed = parse(rest, with);
  CAPTURE(parsed.faults);
  REQUIRE(parsed.spec);
  return *parsed.spec;
}

inline Response json(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers = {{"content-type", "application/json"}};
  response.body = std::move(body);
  return response;
}

/// What an exchange did with scripted answers.
struct Talk {
  std::vector<Request> requests;
  std::vector<Document> documents;
  std::optional<base::Error> error;
  bool finished = false;
  std::size_t answers_left = 0;
};

inline Talk talk(Exchange& exchange, std::vector<Response> answers) {
  Talk out;
  std::size_t next = 0;
  Step step = exchange.begin();
  while (true) {
    if (auto* request = std::get_if<Request>(&step)) {
      out.requests.push_back(std::move(*request));
      if (next == answers.size()) break;
      Response& answer = answers[next++];
      answer.url = out.requests.back().url;
      step = exchange.on(answer);
    } else if (auto* document = std::get_if<Document>(&step)) {
      out.documents.push_back(std::move(*document));
      step = exchange.resume();
    } else {
      if (auto* error = std::get_if<base::Error>(&step)) out.error = *error;
      out.finished = std::holds_alternative<Finished>(step);
      break;
    }
  }
  out.answers_left = answers.size() - next;
  return out;
}

}  // namespace ntmd::connectors
