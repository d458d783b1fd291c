#include "connectors/rest/template.h"

#include <catch2/catch.hpp>

namespace ntmd::connectors {
namespace {

base::Result<std::string> put(Escape escape, std::string value) {
  return fill({{"<", "", Escape::plain}, {"", "v", escape}, {">", "", Escape::plain}}, {{"v", std::move(value)}});
}

TEST_CASE("A value is escaped as the place asks") {
  CHECK(put(Escape::plain, "a b") == "<a b>");
  CHECK(put(Escape::path, "a/b c") == "<a%2Fb%20c>");
  CHECK(put(Escape::query, "a&b=c") == "<a%26b%3Dc>");
  CHECK(put(Escape::query, "") == "<>");
  CHECK(put(Escape::json_text, "a\"\\\n") == "<a\\\"\\\\\\n>");
  CHECK(put(Escape::json_number, "-12") == "<-12>");
}

TEST_CASE("A value that cannot stand there is bad data, and the message names the placeholder, not the value") {
  const auto refused = [](Escape escape, const std::string& value) {
    const auto done = put(escape, value);
    return !done && done.error().fault == base::Fault::bad_data && done.error().what.starts_with("{v}: ") &&
           (value.size() < 3 || done.error().what.find(value) == std::string::npos);
  };
  CHECK(refused(Escape::plain, "line\r\nX: 1"));
  CHECK(refused(Escape::path, ""));
  CHECK(refused(Escape::path, "."));
  CHECK(refused(Escape::path, ".."));
  for (const auto* text : {"", "-", "1.5", "01", "1e3", "12x", "1234567890123456789", "+1"}) {
    CAPTURE(text);
    CHECK(refused(Escape::json_number, text));
  }
}

TEST_CASE("A placeholder without a value is bad data") {
  const auto done = fill({{"", "item.id", Escape::path}}, {{"item.other", "x"}});
  REQUIRE_FALSE(done);
  CHECK(done.error().fault == base::Fault::bad_data);
  CHECK(done.error().what == "{item.id}: has no value here, expected one");
}

}  // namespace
}  // namespace ntmd::connectors
