#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>

#include "daemon/publish/html.h"
#include "daemon/publish/index_html.h"
#include "daemon/publish/unit_html.h"
#include "schemas/embedded.h"
#include "tests/unit/publish/sample.h"

namespace ntmd::publish {
namespace {

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

std::string unit_page(const Snapshot& snapshot, std::string_view code) {
  const Printing printing(snapshot);
  return unit_html(printing, model::UnitCode::of(code).value()).text();
}

TEST_CASE("Text from data never becomes markup") {
  CHECK(Html().text("<script>alert(\"x\") & 'y'</script>").str() ==
        "&lt;script&gt;alert(&quot;x&quot;) &amp; &#39;y&#39;&lt;/script&gt;");
  CHECK(Html().text("a\x01\xff\xe2\x80\xae").str() == "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(Html().text("Xã Hy Cương").str() == "Xã Hy Cương");
}

TEST_CASE("A unit, a source or an alert named like a script stays a name on every page") {
  auto verdicts = test::make_verdicts({{"07900", "<script>alert(1)</script>", "227"}}, 1);
  auto criteria = std::make_shared<rules::Criteria>(*verdicts->criteria[0]);
  criteria->name_vi = criteria->indicators[0].name_en = criteria->pillars[0].name_vi = "<script>alert(2)</script>";
  verdicts->criteria = {criteria};
  auto snapshot = test::make_snapshot(verdicts);
  snapshot.sources[0].message = "<script>alert(3)</script>";
  snapshot.alerts[1].text = snapshot.alerts[1].indicator = "\"><script>alert(4)</script>";
  snapshot.version = "<script>";
  const auto index = index_html(snapshot);
  CHECK(count(index, "<script") == 1);  // the page's own
  CHECK(index.find("&lt;script&gt;alert(1)") != std::string::npos);
  const auto page = unit_page(snapshot, "07900");
  CHECK(count(page, "<script") == 1);
  CHECK(page.find("&lt;script&gt;alert(1)") != std::string::npos);
}

TEST_CASE("The pages ask nobody else for anything") {
  const auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(3), 1));
  for (const auto& page : {index_html(snapshot), unit_page(snapshot, "07900")}) {
    CHECK(page.find("http:") == std::string::npos);
    CHECK(page.find("https:") == std::string::npos);
    CHECK(page.find("src=\"//") == std::string::npos);
    CHECK(page.find("@import") == std::string::npos);
    CHECK(page.find("url(") == std::string::npos);
    CHECK(count(page, " src=") == 1);  // the script of the folder
    CHECK(count(page, "<link ") == 2);
  }
  for (const char* name : {"schemas/page/page.css", "schemas/page/page.js"}) {
    const auto text = schemas::embedded(name);
    CHECK_FALSE(text.empty());
    for (const char* outside : {"http:", "https:", "url(", "@import", "fetch", "XMLHttpRequest", "import("})
      CHECK(text.find(outside) == std::string_view::npos);
  }
}

TEST_CASE("The index has a row for each unit and a cell for each indicator, with a sign that needs no colour") {
  const auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(148), 41));
  const auto page = index_html(snapshot);
  CHECK(count(page, "<tr><th scope=row>") == 148);
  std::size_t cells = 0;
  for (const auto state : kStates) cells += count(page, fmt::format("<td class={}>", state_class(state)));
  CHECK(cells == 148 * 13);
  CHECK(count(page, "<td class=\"st ") == 148);
  const auto css = schemas::embedded("schemas/page/page.css");
  for (const auto state : kStates) {
    const auto say =
        fmt::format("--sign: \"{}\"; --vi: \"{}\"; --en: \"{}\";", sign(state), word(state).vi, word(state).en);
    const auto rule = css.find(fmt::format("\n.{} {{ ", state_class(state)));
    INFO(say);
    REQUIRE(rule != std::string_view::npos);
    CHECK(css.substr(rule, css.find('}', rule) - rule).find(say) != std::string_view::npos);
  }
  CHECK(page.find("href=\"units/07900.html\"") != std::string::npos);
  CHECK(page.find("41") != std::string::npos);
}

TEST_CASE("Both languages are in the page, and it opens in the configured one without a script") {
  auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(2), 1));
  const auto vi = index_html(snapshot);
  CHECK(vi.find("<html lang=vi>") != std::string::npos);
  CHECK(vi.find("id=vi checked>") != std::string::npos);
  CHECK(count(vi, "<span lang=vi>") == count(vi, "<span lang=en>"));
  CHECK(vi.find("Người trưởng thành có điện thoại thông minh") != std::string::npos);
  CHECK(vi.find("Adults with a smartphone") != std::string::npos);
  snapshot.language = "en";
  CHECK(index_html(snapshot).find("id=en checked>") != std::string::npos);
}

TEST_CASE("A nation's page stays small") {
  const auto page = index_html(test::make_snapshot(test::make_verdicts(test::make_lines(2000), 1)));
  CHECK(page.size() < 2000UL * 800);  // of which a browser lays out what is in view
  CHECK(count(page, "<section class=mx") == 14);
}

TEST_CASE("Alerts stand gravest first, in the language that is chosen") {
  auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(2), 1));
  snapshot.alerts.clear();
  for (const char* name : {"DataStale", "IndicatorLost", "PillarLost", "UnitLost"}) {
    AlertSummary alert;
    alert.name = name;
    alert.state = "firing";
    alert.unit = "07900";
    if (alert.name == "PillarLost") alert.pillar = "1.4";
    alert.text = alert.text_vi = std::string("chữ ") + name;
    alert.text_en = std::string("words ") + name;
    alert.silenced = alert.name == "DataStale";
    snapshot.alerts.push_back(alert);
  }
  const auto page = index_html(snapshot);
  std::size_t before = 0;
  for (const char* name : {"UnitLost", "PillarLost", "IndicatorLost", "DataStale"}) {
    const auto at = page.find(fmt::format("<span lang=vi>chữ {0}</span><span lang=en>words {0}</span>", name));
    REQUIRE(at != std::string::npos);
    CHECK(at > before);
    before = at;
  }
  CHECK(page.find("href=\"units/07900.html#p-1.4\"") != std::string::npos);
  CHECK(count(page, "silenced") == 1);
}

TEST_CASE("Groups get sections of their own") {
  const auto page = index_html(test::make_snapshot(
      test::make_verdicts({{"07900", "Xã A", "227"}, {"07903", "Xã B", "228"}, {"07906", "Xã C", "227"}}, 1)));
  CHECK(count(page, "<section class=mx") == 2);
  CHECK(page.find("Xã A") < page.find("Xã C"));
  CHECK(page.find("Xã C") < page.find("Xã B"));
}

TEST_CASE("A unit's page says what is missing, how old the inputs are and why") {
  auto verdicts = test::make_verdicts(test::make_lines(5), 1);
  auto& one = verdicts->by_unit.change(4).indicators[0];
  one.state = rules::State::not_met;
  one.gap = 4;
  one.slack = 0;
  one.reasons = {rules::Reason::below_threshold};
  const auto page = unit_page(test::make_snapshot(verdicts), "07912");
  CHECK(page.find("cần thêm 4") != std::string::npos);
  CHECK(page.find("4 more needed") != std::string::npos);
  CHECK(page.find("dưới ngưỡng") != std::string::npos);
  CHECK(page.find("below the threshold") != std::string::npos);
  CHECK(page.find("delivery-1") != std::string::npos);
  CHECK(page.find("12/BB-UBND") != std::string::npos);
  CHECK(page.find("href=\"../page.css\"") != std::string::npos);
  CHECK(count(page, "<div class=ind id=") == 13);
}

}  // namespace
}  // namespace ntmd::publish
