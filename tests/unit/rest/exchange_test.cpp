#include "tests/unit/rest/sample.h"

namespace ntmd::connectors {
namespace {

using base::Fault;
using Context = std::vector<std::pair<std::string, std::string>>;

Talk ask(std::string_view rest, std::vector<Response> answers, ResolvedAuth auth = {},
         std::string_view with = "{base_url: \"http://127.0.0.1:9\"}") {
  const RestWindow today{"2026-08-13", {model::Day::of(2026, 8, 13).value(), model::Day::of(2026, 8, 13).value()}};
  const auto exchange = make_rest_exchange(spec_of(rest, with), today, std::move(auth));
  return talk(*exchange, std::move(answers));
}

std::vector<std::string> urls(const Talk& done) {
  std::vector<std::string> out;
  for (const auto& request : done.requests) out.push_back(request.url.substr(std::string("http://127.0.0.1:9").size()));
  return out;
}

TEST_CASE("Three steps: an element of the second knows the element of the first") {
  const Talk done = ask(
      R"(
base_url: $base_url
steps:
  - request: {path: /orgs}
    each: {items: /orgs, pick: {org: /id, unit: /unit}, keep: {/kind: school}}
  - request: {path: "/orgs/{item.org}/classes", query: {unit: $item.unit}}
    each: {items: "", pick: {class: /id}}
  - request: {path: "/classes/{item.class}", query: {of: "{item.org}:{item.unit}"}}
)",
      {json(
           200,
           R"({"orgs":[{"id":1,"unit":"a","kind":"school"},{"id":2,"unit":"b","kind":"office"},{"id":"3/4","unit":"c","kind":"school"}]})"),
       json(200, R"([{"id":"x"},{"id":"y"}])"), json(200, "{}"), json(200, "[]"), json(200, "[]")});
  CHECK(done.finished);
  CHECK(urls(done) == std::vector<std::string>{"/orgs", "/orgs/1/classes?unit=a", "/classes/x?of=1%3Aa",
                                               "/classes/y?of=1%3Aa", "/orgs/3%2F4/classes?unit=c"});
  REQUIRE(done.documents.size() == 2);
  CHECK(done.documents[1].context == Context{{"class", "y"}, {"org", "1"}, {"unit", "a"}});
}

TEST_CASE("Offsets are asked by rows received and the listing ends with the empty page") {
  const Talk done =
      ask(R"(
base_url: $base_url
steps:
  - request: {path: /devices, query: {limit: $page.size, offset: $page.offset}}
    paginate: {kind: offset_limit, size: 1000, items: /devices}
)",
          {json(200, R"({"devices":[1,2]})"), json(200, R"({"devices":[3]})"), json(200, R"({"devices":[]})")});
  CHECK(done.finished);
  CHECK(urls(done) == std::vector<std::string>{"/devices?limit=1000&offset=0", "/devices?limit=1000&offset=2",
                                               "/devices?limit=1000&offset=3"});
  CHECK(done.documents.size() == 2);
}

TEST_CASE("A listing that is empty from the start is one document") {
  const Talk done = ask(R"(
base_url: $base_url
steps:
  - request: {path: /devices}
    paginate: {kind: page_number, items: /devices}
)",
                        {json(200, R"({"devices":[]})")});
  CHECK(done.finished);
  CHECK(done.documents.size() == 1);
}

TEST_CASE("A next link replaces path and query; a cursor is left out at first") {
  const Talk link =
      ask(R"(
base_url: $base_url
steps:
  - request: {path: /fhir/Organization, query: {_count: $page.size}}
    paginate: {kind: next_link, size: 2, items: /entry, next: "link:next", absent_is_empty: true}
)",
          {json(200, R"({"entry":[1],"link":[{"relation":"next","url":"/fhir?page=2"}]})"), json(200, "{}")});
  CHECK(link.finished);
  CHECK(urls(link) == std::vector<std::string>{"/fhir/Organization?_count=2", "/fhir?page=2"});
  const Talk cursor = ask(R"(
base_url: $base_url
steps:
  - request: {path: /rows, query: {size: 5, after: $page.cursor}}
    paginate: {kind: cursor, items: "", next: "header:x-next"}
)",
                          {[] {
                             Response first = json(200, "[1]");
                             first.headers.emplace_back("x-next", "a&b");
                             return first;
                           }(),
                           json(200, "[2]")});
  CHECK(cursor.finished);
  CHECK(urls(cursor) == std::vector<std::string>{"/rows?size=5", "/rows?size=5&after=a%26b"});
}

TEST_CASE("An element's id that is no path segment is refused, not asked") {
  for (const auto* id : {R"("..")", R"(".")", R"("")"}) {
    CAPTURE(id);
    const Talk done = ask(R"(
base_url: $base_url
steps:
  - request: {path: /all}
    each: {items: "", pick: {id: /id}}
  - request: {path: "/one/{item.id}/rest"}
)",
                          {json(200, R"([{"id":)" + std::string(id) + "}]")});
    REQUIRE(done.error);
    CHECK(done.error->fault == Fault::bad_data);
    CHECK(done.error->what.find("{item.id}") != std::string::npos);
  }
}

TEST_CASE("A check is asked first, and what it asks for must hold") {
  constexpr std::string_view kRest = R"(
base_url: $base_url
steps:
  - request: {path: /count, query: {date: lt1900}}
    expect: {/total: "0"}
    hint: the server ignores the date
  - request: {path: /count, query: {date: ge2026}}
    require: [/total]
)";
  const Talk done = ask(kRest, {json(200, R"({"total":0})"), json(200, R"({"total":5})")});
  CHECK(done.finished);
  CHECK(urls(done) == std::vector<std::string>{"/count?date=lt1900", "/count?date=ge2026"});
  REQUIRE(done.documents.size() == 1);
  CHECK(done.documents[0].body == R"({"total":5})");
  const Talk ignored = ask(kRest, {json(200, R"({"total":5})")});
  REQUIRE(ignored.error);
  CHECK(ignored.error->what ==
        "GET http://127.0.0.1:9/count: /total is \"5\", expected 0; the server ignores the date");
  for (const auto* answer : {"{}", R"({"total":null})", R"({"total":[1]})"}) {
    const Talk missing = ask(kRest, {json(200, R"({"total":0})"), json(200, answer)});
    REQUIRE(missing.error);
    CHECK(missing.error->fault == Fault::bad_data);
    CHECK(missing.error->what.find("/total is ") != std::string::npos);
  }
}

TEST_CASE("A value is picked from the entry that fits, and may be missing where that is said") {
  constexpr std::string_view kRest = R"(
base_url: $base_url
steps:
  - request: {path: /orgs}
    each:
      items: ""
      pick:
        id: /id
        unit: {in: /ids, where: {/system: $system}, value: /value, optional: true}
        name: {in: /name, optional: true}
  - request: {path: "/orgs/{item.id}", query: {unit: $item.unit, name: $item.name}}
)";
  constexpr std::string_view kWith = R"({base_url: "http://127.0.0.1:9", system: "urn:gso"})";
  const Talk done = ask(
      kRest,
      {json(
           200,
           R"([{"id":1,"name":"x","ids":[{"system":"urn:byt","value":"b"},{"system":"urn:gso","value":"c"},{"system":"urn:gso","value":"d"}]},
                         {"id":2,"ids":[{"system":"urn:byt","value":"b"}]},{"id":3,"ids":"none"},{"id":4}])"),
       json(200, "{}"), json(200, "{}"), json(200, "{}"), json(200, "{}")},
      {}, kWith);
  CHECK(done.finished);
  CHECK(urls(done) == std::vector<std::string>{"/orgs", "/orgs/1?unit=c&name=x",
                                               "/orgs/2?unit=&name=", "/orgs/3?unit=&name=", "/orgs/4?unit=&name="});
}

TEST_CASE("A listing without elements can still be asked on, once, and an array may be left out where that is said") {
  constexpr std::string_view kRest = R"(
base_url: $base_url
steps:
  - request: {path: /reports}
    each: {items: /entry, absent_is_empty: true, pick: {score: /score}, none: {score: ""}}
  - request: {path: /count, query: {score: $item.score}}
)";
  for (const auto* answer : {"{}", R"({"entry":[]})", R"({"entry":null})"}) {
    const Talk done = ask(kRest, {json(200, answer), json(200, "{}")});
    CHECK(done.finished);
    CHECK(urls(done) == std::vector<std::string>{"/reports", "/count?score="});
  }
  const Talk some = ask(kRest, {json(200, R"({"entry":[{"score":0.5}]})"), json(200, "{}")});
  CHECK(urls(some) == std::vector<std::string>{"/reports", "/count?score=0.5"});
}

TEST_CASE("Elements have a cap, and hitting it names it") {
  const Talk done = ask(R"(
base_url: $base_url
steps:
  - request: {path: /all}
    each: {items: "", pick: {id: /id}, max_items: 2}
  - request: {path: "/one/{item.id}"}
)",
                        {json(200, R"([{"id":1},{"id":2},{"id":3}])")});
  REQUIRE(done.error);
  CHECK(done.error->what.find("more than 2 elements") != std::string::npos);
  CHECK(done.requests.size() == 1);
}

TEST_CASE("The login goes with each request, the limits and headers, too") {
  ResolvedAuth auth;
  auth.kind = AuthKind::bearer;
  auth.secret = base::Secret("t0k");
  const Talk done = ask(R"(
base_url: $base_url
auth: {bearer: {token: {secret: key}}}
headers: {Accept: application/fhir+json, X-Province: $province}
steps: [{request: {path: /x}}]
limits: {timeout: 7s, max_body: 3MiB}
)",
                        {json(200, "{}")}, auth, R"({base_url: "http://127.0.0.1:9", province: H44})");
  REQUIRE(done.requests.size() == 1);
  CHECK(done.requests[0].authorization.reveal() == "Bearer t0k");
  CHECK(done.requests[0].headers == Headers{{"Accept", "application/fhir+json"}, {"X-Province", "H44"}});
  CHECK(done.requests[0].timeout == std::chrono::seconds(7));
  CHECK(done.requests[0].max_body == 3U << 20U);
}

TEST_CASE("A query that repeats a name, and texts with quotes, arrive as written") {
  const Talk done = ask(R"(
base_url: $base_url
steps:
  - request: {path: "/{tenant}/rows", query: {date: ["ge{window.year}-01-01", "le{window.last}"], filter: "dateLastModified>'{window.first}'"}}
)",
                        {json(200, "{}")}, {}, R"({base_url: "http://127.0.0.1:9", tenant: /fhir/R4/})");
  CHECK(urls(done) ==
        std::vector<std::string>{
            "/fhir/R4/rows?date=ge2026-01-01&date=le2026-08-13&filter=dateLastModified%3E%272026-08-13%27"});
}

}  // namespace
}  // namespace ntmd::connectors
