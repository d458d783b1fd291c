#include "connectors/transport/retry.h"

#include <catch2/catch.hpp>

namespace ntmd::connectors {
namespace {

using base::Fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

const base::Instant kNow{seconds(1'767'225'600)};  // Thu, 01 Jan 2026 00:00:00 GMT

Verdict judged(int status, std::string retry_after = "", std::uint32_t tries = 1) {
  Response response;
  response.status = status;
  if (!retry_after.empty()) response.headers.emplace_back("retry-after", std::move(retry_after));
  return judge(response, {}, tries, kNow, "GET https://h/x");
}

bool given_on(const Verdict& verdict) { return std::holds_alternative<GiveOn>(verdict); }

TEST_CASE("A failed try is made again after one second, doubling to thirty, five tries in all") {
  const RetryLimits limits;
  std::vector<milliseconds> waits;
  for (std::uint32_t tries = 1; tries < 5; ++tries) waits.push_back(std::get<TryAgain>(judged(500, "", tries)).wait);
  CHECK(waits == std::vector<milliseconds>{seconds(1), seconds(2), seconds(4), seconds(8)});
  CHECK(backoff_after(limits, 6) == seconds(30));
  CHECK(backoff_after(limits, 4'000'000'000) == seconds(30));
  const auto error = std::get<base::Error>(judged(500, "", 5));
  CHECK(error.fault == Fault::retry_later);
  CHECK(error.what == "GET https://h/x: HTTP 500, expected an answer; tried 5 times");
}

TEST_CASE("A refusal is an answer at once: nobody knocks five times at a closed door") {
  for (const int status : {200, 201, 204, 302, 400, 401, 403, 404, 409, 410, 422}) CHECK(given_on(judged(status)));
  for (const int status : {408, 500, 502, 503, 504}) CHECK(std::holds_alternative<TryAgain>(judged(status)));
}

TEST_CASE("429 is waited for up to a minute, and nobody asks that host meanwhile") {
  const auto again = std::get<TryAgain>(judged(429, "60"));
  CHECK(again.wait == seconds(60));
  CHECK(again.whole_host);
  CHECK(std::get<TryAgain>(judged(429, "0")).wait == seconds(0));
  CHECK(std::get<TryAgain>(judged(503, "7")).wait == seconds(7));
}

TEST_CASE("429 that says longer, or nothing, ends the poll until its schedule") {
  for (const auto* header : {"", "61", "soon", "-1", "99999999999999999999", "Fri, 02 Jan 2026 00:00:00 GMT"}) {
    CAPTURE(header);
    const auto error = std::get<base::Error>(judged(429, header));
    CHECK(error.fault == Fault::slow_down);
    CHECK(error.what.starts_with("GET https://h/x: HTTP 429 with"));
    CHECK(error.what.ends_with("asked again on schedule"));
  }
  CHECK(std::get<base::Error>(judged(429, "61")).wait == seconds(61));
  CHECK(std::get<base::Error>(judged(429)).wait == seconds(0));
  CHECK(std::get<base::Error>(judged(429, "1", 5)).what.find("after 5 tries") != std::string::npos);
}

TEST_CASE("Retry-After is seconds or an HTTP date; the past is now") {
  CHECK(parse_retry_after("120", kNow) == seconds(120));
  CHECK(parse_retry_after(" 5 ", kNow) == seconds(5));
  CHECK(parse_retry_after("Thu, 01 Jan 2026 00:00:30 GMT", kNow) == seconds(30));
  CHECK(parse_retry_after("Wed, 31 Dec 2025 23:00:00 GMT", kNow) == seconds(0));
  for (const auto* value : {"", "1.5", "tomorrow", "2026-01-01", "+5", "Thu, 99 Jan 2026 00:00:30 GMT"}) {
    CAPTURE(value);
    CHECK_FALSE(parse_retry_after(value, kNow));
  }
}

TEST_CASE("A failure that will not pass is told at once") {
  const base::Error error{Fault::bad_data, "GET https://h/x: its body is over 5 bytes"};
  CHECK(std::get<base::Error>(judge(error, false, {}, 1)).what == error.what);
  CHECK(std::get<TryAgain>(judge(error, true, {}, 1)).wait == seconds(1));
  CHECK_FALSE(std::get<TryAgain>(judge(error, true, {}, 1)).whole_host);
}

}  // namespace
}  // namespace ntmd::connectors
