#include "tests/unit/rest/sample.h"

namespace ntmd::connectors {
namespace {

using base::Fault;

const RestWindow kAugust{"2026-08", {model::Day::of(2026, 8, 1).value(), model::Day::of(2026, 8, 31).value()}};

Talk ask_portal(std::vector<Response> answers) {
  const auto exchange = make_rest_exchange(spec_of(kPortal, kPortalWith), kAugust, {});
  return talk(*exchange, std::move(answers));
}

/// An answer whose parent is `parent` and whose children have these ids.
Response tree(std::string_view parent, const std::vector<std::string>& children = {}) {
  std::string list;
  for (const auto& id : children)
    list += (list.empty() ? R"({"departmentId":")" : R"(,{"departmentId":")") + id + "\"}";
  const std::string own = parent == "null" ? "null" : R"({"departmentId":")" + std::string(parent) + "\"}";
  return json(201, R"({"code":"OK","data":{"parent":)" + own + R"(,"children":[)" + list + R"(]},"message":"OK"})");
}

base::Error fault_of(std::vector<Response> answers) {
  const Talk done = ask_portal(std::move(answers));
  REQUIRE(done.error);
  CAPTURE(done.error->what);
  CHECK(done.error->what.starts_with("POST http://127.0.0.1:9/api/tree: "));
  CHECK_FALSE(done.finished);
  return *done.error;
}

bool says(const base::Error& error, std::string_view part) { return error.what.find(part) != std::string::npos; }

TEST_CASE("The tree is asked page by page and then each child by its id") {
  const Talk done = ask_portal({tree("r0", {"r0", "c1"}), tree("r0", {"c2"}), tree("r0"), tree("c1"), tree("null")});
  CHECK(done.finished);
  CHECK(done.answers_left == 0);
  REQUIRE(done.requests.size() == 5);
  CHECK(done.requests[0].url == "http://127.0.0.1:9/api/tree");
  CHECK(done.requests[0].method == "POST");
  CHECK(done.requests[0].body ==
        R"({"timeType":"month","year":2026,"month":8,"rootDepartmentId":"r0","currentPage":1,"pageSize":2})");
  CHECK(done.requests[0].headers == Headers{{"Accept", "application/json"}, {"Content-Type", "application/json"}});
  CHECK(done.requests[1].body.find(R"("currentPage":2)") != std::string::npos);
  CHECK(done.requests[3].body.find(R"("rootDepartmentId":"c1")") != std::string::npos);
  CHECK(done.requests[4].body.find(R"("rootDepartmentId":"c2")") != std::string::npos);
}

TEST_CASE("Every answer is a document that knows whom it was asked for, but the empty closing page") {
  const Talk done = ask_portal({tree("r0", {"r0", "c1"}), tree("r0", {"c2"}), tree("r0"), tree("c1"), tree("null")});
  using Context = std::vector<std::pair<std::string, std::string>>;
  REQUIRE(done.documents.size() == 4);
  CHECK(done.documents[0].context == Context{});
  CHECK(done.documents[1].context == Context{});
  CHECK(done.documents[2].context == Context{{"id", "c1"}});
  CHECK(done.documents[3].context == Context{{"id", "c2"}});
  CHECK(done.documents[2].body == tree("c1").body);
}

TEST_CASE("A listing that breaks off asks none of its children") {
  const Talk done = ask_portal({tree("r0", {"c1", "c2"}), json(500, "")});
  CHECK(done.requests.size() == 2);
  CHECK(done.error->fault == Fault::retry_later);
}

TEST_CASE("A tree without children is complete") {
  const Talk done = ask_portal({tree("r0")});
  CHECK(done.finished);
  CHECK(done.documents.size() == 1);
}

TEST_CASE("An HTML page in place of JSON is a failed poll, whatever its status and type say") {
  Response page = json(200, "<html><head><title>Request Rejected</title></head></html>");
  page.headers = {{"content-type", "text/html; charset=utf-8"}};
  CHECK(fault_of({page}).fault == Fault::retry_later);
  CHECK(says(fault_of({page}), "HTTP 200 with an HTML page, expected JSON"));
  page.status = 201;
  CHECK(says(fault_of({page}), "HTTP 201 with an HTML page"));
  CHECK(says(fault_of({json(201, " \n<!DOCTYPE html>")}), "HTML page"));
  CHECK(says(fault_of({tree("r0", {"c1"}), tree("r0"), page}), "HTML page"));
}

TEST_CASE("A status that was not agreed is a fault that says what to do next") {
  const auto fault = [](int status) { return fault_of({json(status, R"({"code":"OK"})")}).fault; };
  CHECK(fault(200) == Fault::bad_data);
  CHECK(fault(302) == Fault::bad_data);
  CHECK(fault(400) == Fault::bad_data);
  CHECK(fault(401) == Fault::denied);
  CHECK(fault(403) == Fault::denied);
  CHECK(fault(404) == Fault::gone);
  CHECK(fault(410) == Fault::gone);
  CHECK(fault(429) == Fault::slow_down);
  CHECK(fault(500) == Fault::retry_later);
  CHECK(says(fault_of({json(200, "{}")}), "HTTP 200, expected 201"));
  CHECK(says(fault_of({json(302, "")}), "a redirect is not followed"));
}

TEST_CASE("Half an answer is never taken for one") {
  const std::string whole = tree("r0", {"c1"}).body;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Talk done = ask_portal({json(201, whole.substr(0, length))});
    REQUIRE(done.error);
    REQUIRE(done.error->fault == Fault::bad_data);
    REQUIRE(done.documents.empty());
  }
  CHECK(says(fault_of({json(201, whole + "}")}), "no whole JSON text"));
  CHECK(says(fault_of({json(201, R"({"code":"OK","code":"OK"})")}), "no whole JSON text"));
}

TEST_CASE("What is expected must be there and equal; the other value is shown only when it is a code word") {
  CHECK(says(fault_of({json(201, R"({"data":null})")}), "/code is missing, expected OK"));
  CHECK(says(fault_of({json(201, R"({"code":"ERROR"})")}), R"(/code is "ERROR", expected OK)"));
  CHECK(says(fault_of({json(201, R"({"code":null})")}), "/code is null"));
  const auto hidden = fault_of({json(201, R"({"code":"Nguyễn Văn An, 025190001234"})")});
  CHECK(says(hidden, "/code is another value"));
  CHECK_FALSE(says(fault_of({json(201, R"({"code":"025190001234"})")}), "025190001234"));
}

TEST_CASE("An answer about another unit than was asked for is a fault; one about none is not") {
  const auto fault = fault_of({tree("r0", {"c1"}), tree("r0"), tree("c2")});
  CHECK(fault.fault == Fault::bad_data);
  CHECK(says(fault, "/data/parent/departmentId"));
  CHECK(ask_portal({tree("r0", {"c1"}), tree("r0"), tree("null")}).finished);
}

TEST_CASE("A page that repeats fails the poll") {
  CHECK(says(fault_of({tree("r0", {"c1", "c2"}), tree("r0", {"c1", "c2"})}), "page 2: the same rows came again"));
}

TEST_CASE("A child that comes twice fails the poll: it would count twice") {
  CHECK(says(fault_of({tree("r0", {"c1", "c2"}), tree("r0", {"c2", "c3"})}), "/data/children/0 came twice"));
}

TEST_CASE("A tree whose children are not there is a fault, not an empty tree") {
  CHECK(says(fault_of({json(201, R"({"code":"OK","data":null})")}), "/data/children is not there"));
  CHECK(says(fault_of({json(201, R"({"code":"OK","data":{"children":[{"name":"x"}]}})")}),
             "/data/children/0: /departmentId is missing"));
}

TEST_CASE("An id that could change the request is put in escaped") {
  const Talk done = ask_portal({tree("r0", {R"(a\",\"x\":\")"}), tree("r0"), tree("null")});
  CHECK(done.requests.back().body.find(R"("rootDepartmentId":"a\",\"x\":\"")") != std::string::npos);
}

TEST_CASE("Without a window nothing that names it can be asked") {
  const auto exchange = make_rest_exchange(spec_of(kPortal, kPortalWith), std::nullopt, {});
  const Talk done = talk(*exchange, {});
  REQUIRE(done.error);
  CHECK(says(*done.error, "request.body: {window.year}: has no value here"));
}

}  // namespace
}  // namespace ntmd::connectors
