#include "connectors/wire/url.h"

#include <catch2/catch.hpp>

namespace ntmd::connectors {
namespace {

using base::Fault;

TEST_CASE("A url is read into its parts and written back in one form") {
  const auto url = parse_url("HTTPS://Portal.Example:443/api?x=1");
  REQUIRE(url);
  CHECK(url->host == "portal.example");
  CHECK(url->port == 443);
  CHECK(url->str() == "https://portal.example/api?x=1");
  CHECK(url->origin() == "https://portal.example");
  CHECK(parse_url("http://127.0.0.1:8080")->str() == "http://127.0.0.1:8080/");
  CHECK(parse_url("http://[::1]:8080/x")->origin() == "http://[::1]:8080");
  CHECK(parse_url("https://h/a|b")->path == "/a%7Cb");
}

TEST_CASE("What two programs could read in two ways is no url, and the message does not repeat it") {
  for (const auto* text : {"", "portal.example", "ftp://h", "file:///etc/passwd", "https://", "https://user:geheim@h/",
                           "https://h/#part", "https://h:0/", "https://h:70000/", "https://h:80x/", "https://h /",
                           "https://h/\r\nX: 1", "https://h\\@other/", "https://[::1", "https://[zz]/", "https://h:"}) {
    CAPTURE(text);
    const auto url = parse_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().fault == Fault::bad_config);
    CHECK(url.error().what.find("geheim") == std::string::npos);
  }
}

TEST_CASE("A query is not shown, it may hold what must not be logged") {
  CHECK(parse_url("https://h/path?key=geheim")->shown() == "https://h/path");
}

TEST_CASE("A link is taken relative to where it was found") {
  const auto base = parse_url("https://h/fhir/Patient?_count=2").value();
  CHECK(resolve_url(base, "https://other/x")->str() == "https://other/x");
  CHECK(resolve_url(base, "//other/x")->str() == "https://other/x");
  CHECK(resolve_url(base, "/fhir?page=2")->str() == "https://h/fhir?page=2");
  CHECK(resolve_url(base, "?page=2")->str() == "https://h/fhir/Patient?page=2");
  CHECK(resolve_url(base, "Patient?page=2")->str() == "https://h/fhir/Patient?page=2");
  CHECK_FALSE(resolve_url(base, ""));
  CHECK_FALSE(resolve_url(base, "javascript:alert(1)"));
}

TEST_CASE("Plain http is for loopback hosts only") {
  for (const auto* text :
       {"http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://127.9.9.9/", "https://h/"}) {
    CAPTURE(text);
    CHECK(check_http_url(parse_url(text).value()));
  }
  // 0127 is 87 for a reader that takes it as octal.
  for (const auto* text : {"http://h/", "http://10.0.0.1/", "http://127.0.0.1.example/", "http://0127.0.0.1/",
                           "http://127.1/", "http://169.254.169.254/", "smtp://127.0.0.1/"}) {
    CAPTURE(text);
    const auto refused = check_http_url(parse_url(text).value());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::bad_config);
    CHECK(refused.error().what.find("expected https") != std::string::npos);
  }
}

TEST_CASE("Everything but letters, digits and -._~ is percent-encoded") {
  CHECK(percent_encode("aZ0-._~") == "aZ0-._~");
  CHECK(percent_encode("a b/c?&=%ộ") == "a%20b%2Fc%3F%26%3D%25%E1%BB%99");
}

}  // namespace
}  // namespace ntmd::connectors
