#include "connectors/paging/pager.h"

#include <catch2/catch.hpp>
#include <vector>

namespace ntmd::connectors {
namespace {

using base::Fault;
using Kind = PageSpec::Kind;

PageSpec spec_of(Kind kind) {
  PageSpec spec;
  spec.kind = kind;
  spec.size = 3;
  spec.items = "/rows";
  spec.next = "/next";
  return spec;
}

struct Pages {
  explicit Pages(PageSpec spec, std::string_view first = "https://h/api/rows?limit=3")
      : pager(std::move(spec), "GET"), asked(parse_url(first).value()) {}

  base::Result<bool> take(std::string_view body, Headers headers = {}) {
    Response response;
    response.status = 200;
    response.headers = std::move(headers);
    auto more = pager.take(parse_json(body).value(), response, asked);
    if (pager.next_url()) asked = parse_url(*pager.next_url()).value();
    return more;
  }

  Pager pager;
  Url asked;
};

bool goes_on(const base::Result<bool>& more) { return more && *more; }
bool ends(const base::Result<bool>& more) { return more && !*more; }
std::string fault_of(const base::Result<bool>& more) {
  if (more) return "no fault";
  return more.error().fault == Fault::bad_data ? more.error().what : "not bad_data: " + more.error().what;
}

TEST_CASE("Pages are counted and offsets are rows received, not rows asked for") {
  Pages pages(spec_of(Kind::offset_limit));
  CHECK(pages.pager.values().at("page.offset") == "0");
  CHECK(goes_on(pages.take(R"({"rows":[1,2]})")));  // the server clamps the size to 2
  CHECK(pages.pager.values().at("page.offset") == "2");
  CHECK(pages.pager.values().at("page.number") == "2");
  CHECK(goes_on(pages.take(R"({"rows":[3]})")));  // a short page is no end
  CHECK(pages.pager.values().at("page.offset") == "3");
  CHECK(ends(pages.take(R"({"rows":[]})")));
  CHECK(pages.pager.rows() == 3);
}

TEST_CASE("The first page's number is as the source counts") {
  PageSpec spec = spec_of(Kind::page_number);
  spec.first_page = 0;
  Pages pages(spec);
  CHECK(pages.pager.values().at("page.number") == "0");
  CHECK(goes_on(pages.take(R"({"rows":[1]})")));
  CHECK(pages.pager.values().at("page.number") == "1");
}

TEST_CASE("A declared total ends a listing without one more request") {
  PageSpec spec = spec_of(Kind::page_number);
  spec.total = "/total";
  Pages pages(spec);
  CHECK(goes_on(pages.take(R"({"total":3,"rows":[1,2]})")));
  CHECK(ends(pages.take(R"({"total":3,"rows":[3]})")));
}

TEST_CASE("Rows that are missing against the declared total fail the listing") {
  PageSpec spec = spec_of(Kind::page_number);
  spec.total = "header:x-total-count";
  Pages pages(spec);
  CHECK(goes_on(pages.take(R"({"rows":[1,2]})", {{"x-total-count", "5"}})));
  CHECK(fault_of(pages.take(R"({"rows":[]})", {{"x-total-count", "5"}})).find("2 rows came in all, expected the 5") !=
        std::string::npos);
}

TEST_CASE("More rows than declared fail it, too, and so does a total that is no count") {
  PageSpec spec = spec_of(Kind::page_number);
  spec.total = "/total";
  CHECK(fault_of(Pages(spec).take(R"({"total":1,"rows":[1,2]})")).find("expected the 1") != std::string::npos);
  CHECK(fault_of(Pages(spec).take(R"({"total":"many","rows":[1]})")).find("is no count") != std::string::npos);
  CHECK(fault_of(Pages(spec).take(R"({"total":[1],"rows":[1]})")).find("is no count") != std::string::npos);
  CHECK(goes_on(Pages(spec).take(R"({"rows":[1]})")));  // not declared
}

TEST_CASE("A next link without the rows it promises is incomplete: total over received") {
  PageSpec spec = spec_of(Kind::next_link);
  spec.total = "/total";
  CHECK(fault_of(Pages(spec).take(R"({"total":40,"rows":[1,2]})")).find("2 rows came in all, expected the 40") !=
        std::string::npos);
}

TEST_CASE("The same rows again fail the listing: the server ignores the paging") {
  for (const Kind kind : {Kind::page_number, Kind::offset_limit}) {
    Pages pages(spec_of(kind));
    CHECK(goes_on(pages.take(R"({"rows":[{"id":1},{"id":2}]})")));
    CHECK(goes_on(pages.take(R"({"rows":[{"id":2},{"id":1}]})")));
    CHECK(fault_of(pages.take(R"({"rows":[{"id":1},{"id":2}],"page":3})")).find("the same rows came again") !=
          std::string::npos);
  }
}

TEST_CASE("Where it is told so, a short page that comes again is the whole listing; a full one is not") {
  PageSpec spec = spec_of(Kind::page_number);
  spec.short_repeat_ends = true;
  Pages short_one(spec);
  CHECK(goes_on(short_one.take(R"({"rows":[{"id":1},{"id":2}]})")));
  CHECK(ends(short_one.take(R"({"rows":[{"id":1},{"id":2}]})")));
  CHECK(short_one.pager.repeated());
  CHECK(short_one.pager.rows() == 2);
  Pages full(spec);
  CHECK(goes_on(full.take(R"({"rows":[{"id":1},{"id":2},{"id":3}]})")));
  CHECK(fault_of(full.take(R"({"rows":[{"id":1},{"id":2},{"id":3}]})")).find("the same rows came again") !=
        std::string::npos);
}

TEST_CASE("Rows that are not there or no array are a fault, null is an empty page") {
  CHECK(fault_of(Pages(spec_of(Kind::page_number)).take(R"({"items":[1]})")).find("/rows is not there") !=
        std::string::npos);
  CHECK(fault_of(Pages(spec_of(Kind::page_number)).take(R"({"rows":{"a":1}})")).find("/rows is no array") !=
        std::string::npos);
  CHECK(ends(Pages(spec_of(Kind::page_number)).take(R"({"rows":null})")));
  PageSpec fhir = spec_of(Kind::next_link);
  fhir.absent_is_empty = true;
  CHECK(ends(Pages(fhir).take(R"({"resourceType":"Bundle"})")));
}

TEST_CASE("A boolean can end the listing, and nothing else in its place") {
  PageSpec spec = spec_of(Kind::page_number);
  spec.more = "/more";
  CHECK(goes_on(Pages(spec).take(R"({"more":true,"rows":[1]})")));
  CHECK(ends(Pages(spec).take(R"({"more":false,"rows":[1]})")));
  CHECK(fault_of(Pages(spec).take(R"({"more":"no","rows":[1]})")).find("is no boolean") != std::string::npos);
  CHECK(fault_of(Pages(spec).take(R"({"rows":[1]})")).find("is no boolean") != std::string::npos);
}

TEST_CASE("A cursor is handed on until there is none, and must change") {
  Pages pages(spec_of(Kind::cursor));
  CHECK_FALSE(pages.pager.values().contains("page.cursor"));
  CHECK(goes_on(pages.take(R"({"next":"c2","rows":[1]})")));
  CHECK(pages.pager.values().at("page.cursor") == "c2");
  CHECK(fault_of(pages.take(R"({"next":"c2","rows":[2]})")).find("the same cursor") != std::string::npos);
  Pages last(spec_of(Kind::cursor));
  CHECK(ends(last.take(R"({"next":"","rows":[1]})")));
  CHECK(ends(Pages(spec_of(Kind::cursor)).take(R"({"next":null,"rows":[1]})")));
  CHECK(fault_of(Pages(spec_of(Kind::cursor)).take(R"({"next":{},"rows":[1]})")).find("is no text") !=
        std::string::npos);
  PageSpec header = spec_of(Kind::cursor);
  header.next = "header:x-next";
  Pages by_header(header);
  CHECK(goes_on(by_header.take(R"({"rows":[1]})", {{"x-next", "<odd>"}})));
  CHECK(by_header.pager.values().at("page.cursor") == "<odd>");
}

TEST_CASE("A next link is followed as given, from the body, a FHIR Bundle or a Link header") {
  Pages body(spec_of(Kind::next_link));
  CHECK(goes_on(body.take(R"({"next":"?limit=3&offset=3","rows":[1]})")));
  CHECK(body.pager.next_url() == "https://h/api/rows?limit=3&offset=3");
  PageSpec fhir = spec_of(Kind::next_link);
  fhir.next = "link:next";
  Pages bundle(fhir);
  CHECK(goes_on(bundle.take(
      R"({"link":[{"relation":"self","url":"https://h/api/rows"},{"relation":"next","url":"https://h/api?page=2"}],"rows":[1]})")));
  CHECK(bundle.pager.next_url() == "https://h/api?page=2");
  CHECK(ends(bundle.take(R"({"link":[{"relation":"self","url":"https://h/api?page=2"}],"rows":[2]})")));
  PageSpec header = spec_of(Kind::next_link);
  header.next = "header:link";
  Pages link(header);
  CHECK(goes_on(link.take(R"({"rows":[1]})", {{"link", R"(<https://h/api/rows?p=1>; rel="prev")"},
                                              {"link", R"(<https://h/api/rows?p=2>; rel="next")"}})));
  CHECK(link.pager.next_url() == "https://h/api/rows?p=2");
}

TEST_CASE("A next link may not leave the source") {
  for (const auto* link :
       {"https://other/api/rows", "http://h/api/rows", "https://h:444/api/rows", "//169.254.169.254/x",
        "file:///etc/passwd", "https://h/apikeys", "https://h/", "https://h/api/../admin", "https://h/api/%2e%2E/admin",
        "../admin", "https://h@other/api", ":"}) {
    CAPTURE(link);
    const auto fault =
        fault_of(Pages(spec_of(Kind::next_link)).take(R"({"rows":[1],"next":")" + std::string(link) + "\"}"));
    CHECK(fault.find("the next link") != std::string::npos);
    CHECK(fault.find("expected") != std::string::npos);
  }
}

TEST_CASE("A next link that leads back fails the listing") {
  Pages pages(spec_of(Kind::next_link));
  CHECK(fault_of(pages.take(R"({"next":"/api/rows?limit=3","rows":[1]})")).find("asked for already") !=
        std::string::npos);
  Pages loop(spec_of(Kind::next_link));
  CHECK(goes_on(loop.take(R"({"next":"?p=2","rows":[1]})")));
  CHECK(goes_on(loop.take(R"({"next":"?p=3","rows":[2]})")));
  CHECK(fault_of(loop.take(R"({"next":"?p=2","rows":[3]})")).find("asked for already") != std::string::npos);
}

TEST_CASE("A listing has a longest") {
  PageSpec spec = spec_of(Kind::page_number);
  spec.max_pages = 2;
  Pages pages(spec);
  CHECK(goes_on(pages.take(R"({"rows":[1]})")));
  CHECK(fault_of(pages.take(R"({"rows":[2]})")).find("more than 2 pages") != std::string::npos);
}

TEST_CASE("Without paging one answer is all") { CHECK(ends(Pages(spec_of(Kind::none)).take(R"({"anything":1})"))); }

}  // namespace
}  // namespace ntmd::connectors
