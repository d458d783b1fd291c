#include <fmt/format.h>

#include "tests/unit/rest/sample.h"

namespace ntmd::connectors {
namespace {

/// All faults of a part with one step, of which `step` is the body, and with `rest` beside the steps.
std::string faults(std::string_view step, std::string_view rest = "",
                   std::string_view with = "{base_url: \"http://127.0.0.1:9\"}") {
  const auto parsed = parse(fmt::format("base_url: $base_url\nsteps:\n  - {}\n{}", step, rest), with);
  CHECK(parsed.spec.has_value() == parsed.faults.empty());
  return fmt::format("{}", fmt::join(parsed.faults, "\n"));
}

bool has(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) UNSCOPED_INFO(text);
  return found;
}

TEST_CASE("What is not said is as the contract has it: five tries, a second doubling to thirty, sixty to wait") {
  const auto spec = spec_of("{base_url: $base_url, steps: [{request: {path: /x}}]}");
  CHECK(spec.retry.tries == 5);
  CHECK(spec.retry.backoff == std::chrono::seconds(1));
  CHECK(spec.retry.backoff_cap == std::chrono::seconds(30));
  CHECK(spec.retry.retry_after_max == std::chrono::seconds(60));
  CHECK(spec.window == WindowKind::today);
  CHECK(spec.auth.kind == AuthKind::none);
  CHECK(spec.steps[0].method == "GET");
  CHECK(spec.steps[0].accept == std::vector<int>{200});
  CHECK(spec.steps[0].emit);
}

TEST_CASE("Every fault is found, with its place") {
  const auto parsed = parse(R"(base_url: http://portal.example
auht: none
steps:
  - requset: {path: /x}
  - request: {path: x, method: DELETE}
    paginate: {kind: pages}
)");
  const auto all = fmt::format("{}", fmt::join(parsed.faults, "\n"));
  CHECK(
      has(all, "rest.yaml:1:11: rest.base_url: url http://portal.example/: plain http to a host that is not loopback"));
  CHECK(has(all, R"(rest.yaml:2:1: unknown key "auht", did you mean "auth"?)"));
  CHECK(has(all, R"(rest.yaml:4:5: unknown key "requset", did you mean "request"?)"));
  CHECK(has(all, "rest.steps, step 1: has neither each nor expect"));
  CHECK(has(all, R"(rest.yaml:5:21: rest.steps, step 2, request, path: does not begin with "/")"));
  CHECK(has(all, R"(rest.yaml:5:32: rest.steps, step 2, request, method: found "DELETE", expected GET | POST)"));
  CHECK(has(all, "rest.yaml:6:22: rest.steps, step 2, paginate, kind"));
}

TEST_CASE("base_url is scheme, host and port, https unless the host is loopback") {
  const auto fault = [](std::string_view url) {
    return faults("request: {path: /x}", "", fmt::format("{{base_url: \"{}\"}}", url));
  };
  CHECK(fault("https://portal.example").empty());
  CHECK(fault("https://portal.example/").empty());
  CHECK(fault("http://localhost:80").empty());
  CHECK(has(fault("http://10.0.0.1"), "expected https"));
  CHECK(has(fault("https://portal.example/api"), "has a path or a query"));
  CHECK(has(fault("https://portal.example?x"), "has a path or a query"));
  CHECK(has(fault("https://u:geheim@portal.example"), "put the login into auth"));
  CHECK_FALSE(has(fault("https://u:geheim@portal.example"), "geheim"));
  CHECK(has(fault("smtp://portal.example"), "expected https"));
  CHECK(has(fault("portal.example"), "no scheme"));
}

TEST_CASE("A placeholder that nobody fills is a fault with a suggestion") {
  CHECK(has(faults("request: {path: /x, query: {y: $window.yaer}}"),
            R"({window.yaer} is neither a parameter nor known here, did you mean "window.year"?)"));
  CHECK(has(faults("request: {path: \"/{item.id}\"}"), "{item.id} is neither a parameter nor known here"));
  CHECK(has(faults("request: {path: /x, query: {p: $page.number}}"), "{page.number} is neither"));
  CHECK(has(faults("{request: {path: /x, query: {p: $page.offset}}, paginate: {kind: page_number, items: /a}}"),
            "{page.offset} is neither"));
  CHECK(has(faults("{request: {path: /x, method: POST, body: {p: $page.cursor}}, paginate: {kind: cursor, items: /a, "
                   "next: /n}}"),
            "{page.cursor} is neither"));
  CHECK(has(faults("request: {path: /x}", "limits: {timeout: $timeuot}", "{base_url: \"https://h\", timeout: 5s}"),
            R"("$timeuot" is no parameter, did you mean "timeout"?)"));
  CHECK(has(
      faults(
          "{request: {path: /x}, each: {items: /a, pick: {id: /id}, keep: {/b: $item.id}}}\n  - request: {path: /y}"),
      "{item.id} is neither"));  // an element is judged by what was known before it
}

TEST_CASE("Braces are placeholders, doubled braces are braces") {
  CHECK(has(faults("request: {path: /x, query: {y: \"a{b\"}}"), "a brace without a name"));
  CHECK(has(faults("request: {path: /x, query: {y: \"a}b\"}}"), "a brace without a name"));
  CHECK(has(faults("request: {path: /x, query: {y: \"{}\"}}"), "a brace without a name"));
  const auto spec =
      spec_of(R"({base_url: $base_url, steps: [{request: {path: /x, query: {a: "{{b}}", c: "$base_url", d: '$x'}}}]})");
  CHECK(fill(spec.steps[0].query[0].second, {}) == "%7Bb%7D");
  CHECK(fill(spec.steps[0].query[1].second, {}) == "%24base_url");  // quoted: text
}

TEST_CASE("A body is JSON: numbers where YAML or the name says so, strings elsewhere") {
  const auto spec = spec_of(R"(
base_url: $base_url
steps:
  - request:
      method: POST
      path: /x
      body: {n: 12, f: 1.5, t: true, z: null, s: "12", o: 007, year: $window.year, as: "{window.year}", list: [$page.size, $root, {}], "k\"": "a\"b"}
    paginate: {kind: page_number, items: /rows}
)",
                            R"({base_url: "http://127.0.0.1:9", root: 12345678})");
  const auto body = fill(spec.steps[0].body, {{"window.year", "2026"}, {"page.size", "5"}});
  REQUIRE(body);
  CHECK(
      *body ==
      R"({"n":12,"f":1.5,"t":true,"z":null,"s":"12","o":"007","year":2026,"as":"2026","list":[5,"12345678",{}],"k\"":"a\"b"})");
}

TEST_CASE("A body goes with POST only, statuses are those of success") {
  CHECK(has(faults("request: {path: /x, body: {a: 1}}"), "a GET has a body"));
  CHECK(has(faults("request: {path: /x, accept: [404]}"), "accept"));
  CHECK(has(faults("request: {path: /x, accept: []}"), "accept: is empty"));
  CHECK(has(faults("request: {path: \"/x?y=1\"}"), "'?' in a path"));
  CHECK(has(faults("request: {path: \"/%2e%2e/x\"}"), "'%' in a path"));
  CHECK(has(faults("request: {path: /a/../x}"), "a part of the path is"));
  CHECK(has(faults("request: {path: /a/.}"), "a part of the path is"));
}

TEST_CASE("A parameter in a path is put in by segments, and none may be a step up") {
  const auto fault = [](std::string_view value) {
    return faults("request: {path: \"/{p}/x\"}", "", fmt::format("{{base_url: \"https://h\", p: \"{}\"}}", value));
  };
  CHECK(fault("fhir/R4").empty());
  CHECK(has(fault(".."), "{p}: is no part of a path"));
  CHECK(has(fault("a//b"), "{p}: is no part of a path"));
  CHECK(has(fault("a/../b"), "{p}: is no part of a path"));
}

TEST_CASE("The last step fans out to nobody, every other one does") {
  CHECK(has(faults("{request: {path: /x}, each: {items: /a, pick: {id: /id}}}"), "the last step has each"));
  CHECK(has(faults("{request: {path: /x}, emit: false}"), "the last step is emitted"));
  CHECK(has(faults("{request: {path: /x}}\n  - request: {path: /y}"), "step 1: has neither each nor expect"));
  CHECK(has(faults("{request: {path: /x}, each: {items: a, pick: {}}}\n  - request: {path: /y}"),
            "\"a\" is no JSON pointer"));
  CHECK(has(faults("{request: {path: /x}, each: {items: /a, pick: {}}}\n  - request: {path: /y}"), "picks nothing"));
  CHECK(has(faults("{request: {path: /x}, each: {items: /a, pick: {i: /i}}}\n  - {request: {path: /y}, each: {items: "
                   "/b, pick: {i: /i}}}\n"
                   "  - request: {path: /z}"),
            "\"i\" is picked already"));
  CHECK(has(faults("{request: {path: /x}, paginate: {kind: next_link, items: /a}}"), "key \"next\" is missing"));
}

TEST_CASE("Picks, checks and defaults are read strictly") {
  const auto fault = [](std::string_view each) {
    return faults("{request: {path: /x}, each: " + std::string(each) + "}\n  - request: {path: /y}");
  };
  CHECK(fault("{items: /a, pick: {i: /i}, none: {i: x}}").empty());
  CHECK(has(fault("{items: /a, pick: {i: /i}, none: {j: x}}"), "key \"i\" is missing"));
  CHECK(has(fault("{items: /a, pick: {i: {where: {/s: x}, value: /v}}}"), "key \"in\" is missing"));
  CHECK(has(fault("{items: /a, pick: {i: {in: /l, where: {/s: x}}}}"), "key \"value\" is missing"));
  CHECK(has(fault("{items: /a, pick: {i: {in: /l, were: {/s: x}}}}"), "did you mean \"where\"?"));
  CHECK(has(faults("{request: {path: /x}, require: [total]}"), "\"total\" is no JSON pointer"));
  CHECK(has(faults("{request: {path: /x}, require: /total}"), "expected a list of JSON pointers"));
  CHECK(faults("{request: {path: /x}, expect: {/a: b}}\n  - request: {path: /y}").empty());
}

TEST_CASE("A login names secrets, never values") {
  const auto fault = [](std::string_view auth) { return faults("request: {path: /x}", fmt::format("auth: {}", auth)); };
  CHECK(fault("none").empty());
  CHECK(fault("{basic: {user: u, password: {secret: p}}}").empty());
  CHECK(fault("{bearer: {token: {secret: t}}}").empty());
  CHECK(fault("{oauth2: {token_path: /t, client_id: c, client_secret: {secret: s}, scope: a b}}").empty());
  CHECK(fault("{oauth2: {token_url: \"https://login/t\", client_id: c, client_secret: {secret: s}}}").empty());
  const auto plain = fault("{bearer: {token: geheim}}");
  CHECK(has(plain, "expected {secret: name}"));
  CHECK_FALSE(has(plain, "geheim"));
  CHECK(has(fault("bearer"), "expected none, or one of basic, bearer, oauth2"));
  CHECK(has(fault("{basic: {user: u, password: {secret: p}}, bearer: {token: {secret: t}}}"),
            "expected none, or one of"));
  CHECK(has(fault("{basik: {user: u}}"), "did you mean \"basic\"?"));
  CHECK(has(fault("{basic: {user: \"a:b\", password: {secret: p}}}"), "has a colon"));
  CHECK(has(fault("{bearer: {}}"), "key \"token\" is missing"));
  CHECK(has(fault("{oauth2: {client_id: c, client_secret: {secret: s}}}"), "expected one of token_path, token_url"));
  CHECK(has(fault("{oauth2: {token_url: \"http://login/t\", client_id: c, client_secret: {secret: s}}}"),
            "expected https"));
}

TEST_CASE("The login can be a parameter of the source") {
  const auto spec =
      spec_of("{base_url: $base_url, auth: $auth, steps: [{request: {path: /x}}]}",
              R"({base_url: "https://h", auth: {oauth2: {token_path: /t, client_id: c, client_secret: {secret: s}}}})");
  CHECK(spec.auth.kind == AuthKind::oauth2_client_credentials);
  CHECK(spec.auth.token_url == "https://h/t");
  CHECK(spec.auth.secret->name == "s");
  CHECK_FALSE(spec.parameters.contains("auth"));
}

TEST_CASE("Headers that the transport or the login decide are not for a connector") {
  CHECK(has(faults("request: {path: /x}", "headers: {authorization: x}"), "a login goes into auth"));
  CHECK(has(faults("request: {path: /x}", "headers: {Host: x}"), "is not for a connector to set"));
  CHECK(has(faults("request: {path: /x}", "headers: {\"X Y\": x}"), "is no header name"));
  CHECK(has(faults("request: {path: /x}", "headers: {X: \"a\\r\\nY: b\"}"), "has a control character"));
  CHECK(has(faults("request: {path: /x}", "headers: {X: \"\"}"), "is empty"));
}

TEST_CASE("Windows, limits and retries are checked") {
  const auto fault = [](std::string_view rest) { return faults("request: {path: /x}", rest); };
  CHECK(has(fault("incremental: {windows: finished_months, every: quarter}"), R"(found "quarter", expected month)"));
  CHECK(has(fault("incremental: {windows: weekly}"), "expected today | finished_months"));
  CHECK(has(fault("incremental: {windows: finished_months, previous_year_until: 36h}"), "expected whole days"));
  CHECK(has(fault("limits: {timeout: 0s}"), "expected more than 0"));
  CHECK(has(fault("limits: {max_body: 2GiB}"), "at most 1GiB"));
  CHECK(has(fault("retry: {tries: 0}"), "tries"));
  CHECK(has(fault("retry: {backoff: 40s}"), "is over backoff_cap"));
  CHECK(has(fault("unknown: 1"), "unknown key \"unknown\""));
}

}  // namespace
}  // namespace ntmd::connectors
