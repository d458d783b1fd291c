#include "tests/unit/rest/sample.h"

namespace ntmd::connectors {
namespace {

const RestWindow kAugust{"2026-08", {model::Day::of(2026, 8, 1).value(), model::Day::of(2026, 8, 31).value()}};

Talk ask_portal(std::vector<Response> answers) {
  const auto exchange = make_rest_exchange(spec_of(kPortal, kPortalWith), kAugust, {});
  return talk(*exchange, std::move(answers));
}

std::string tree(std::string_view parent, std::string_view children = "") {
  return R"({"code":"OK","data":{"parent":)" + std::string(parent) + R"(,"children":[)" + std::string(children) + "]}}";
}

TEST_CASE("The tree is asked page by page and then each child by its id") {
  const Talk done =
      ask_portal({json(201, tree(R"({"departmentId":"r0"})", R"({"departmentId":"r0"},{"departmentId":"c1"})")),
                  json(201, tree(R"({"departmentId":"r0"})", R"({"departmentId":"c2"})")),
                  json(201, tree(R"({"departmentId":"r0"})")), json(201, tree(R"({"departmentId":"c1"})")),
                  json(201, tree("null"))});
  CHECK(done.finished);
  CHECK(done.answers_left == 0);
  REQUIRE(done.requests.size() == 5);
  CHECK(done.requests[0].url == "http://127.0.0.1:9/api/tree");
  CHECK(done.requests[0].method == "POST");
  CHECK(done.requests[0].body ==
        R"({"timeType":"month","year":2026,"month":8,"rootDepartmentId":"r0","currentPage":1,"pageSize":2})");
  CHECK(done.requests[1].body.find(R"("currentPage":2)") != std::string::npos);
  CHECK(done.requests[3].body.find(R"("rootDepartmentId":"c1")") != std::string::npos);
  CHECK(done.requests[4].body.find(R"("rootDepartmentId":"c2")") != std::string::npos);
  REQUIRE(done.documents.size() == 4);
  CHECK(done.documents[0].context.empty());
  CHECK(done.documents[3].context == std::vector<std::pair<std::string, std::string>>{{"id", "c2"}});
}

}  // namespace
}  // namespace ntmd::connectors
