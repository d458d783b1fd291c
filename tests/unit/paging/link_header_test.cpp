#include <catch2/catch.hpp>

#include "connectors/paging/pager.h"

namespace ntmd::connectors {
namespace {

TEST_CASE("The next link is found among others, however it is written") {
  CHECK(next_of_link_header(R"(<https://h/2>; rel="next")") == "https://h/2");
  CHECK(next_of_link_header(R"(<https://h/1>; rel="prev", <https://h/3>;rel=next)") == "https://h/3");
  CHECK(next_of_link_header(R"(<https://h/a,b;c>; title="x, rel=\"last\""; REL="first NEXT")") == "https://h/a,b;c");
  CHECK(next_of_link_header(R"(</rows?p=2> ; rel = "next" )") == "/rows?p=2");
}

TEST_CASE("What names no next page gives none") {
  for (const auto* value :
       {"", "https://h/2", "<https://h/2>", R"(<https://h/2>; rel="nextish")",
        R"(<https://h/2>; rel="prev"; rel="next")", "<https://h/2", R"(<https://h/2>; rel=")", "<>x"}) {
    CAPTURE(value);
    CHECK_FALSE(next_of_link_header(value));
  }
}

}  // namespace
}  // namespace ntmd::connectors
