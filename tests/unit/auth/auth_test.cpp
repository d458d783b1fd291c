#include <catch2/catch.hpp>
#include <deque>

#include "connectors/auth/auth.h"
#include "connectors/auth/authenticated.h"
#include "connectors/auth/base64.h"

namespace ntmd::connectors {
namespace {

using base::Fault;

constexpr std::string_view kOrigin = "https://h";

/// Asks the urls in order; fails with the status of an answer that is not 200.
class Asker final : public Exchange {
 public:
  explicit Asker(std::deque<std::string> urls) : urls_(std::move(urls)) {}
  Step begin() override { return resume(); }
  Step resume() override {
    if (urls_.empty()) return Finished{};
    Request request;
    request.url = urls_.front();
    request.body = "the same body";
    urls_.pop_front();
    return request;
  }
  Step on(const Response& response) override {
    if (response.status != 200) return base::Error{Fault::denied, "HTTP " + std::to_string(response.status)};
    return resume();
  }

 private:
  std::deque<std::string> urls_;
};

ResolvedAuth oauth2(const base::Clock& clock) {
  ResolvedAuth auth;
  auth.kind = AuthKind::oauth2_client_credentials;
  auth.client_id = "nt md";
  auth.secret = base::Secret("ge:heim");
  auth.token_url = "https://login/token";
  auth.scope = "a b";
  auth.cache = std::make_shared<TokenCache>(clock);
  return auth;
}

std::unique_ptr<Exchange> asking(std::deque<std::string> urls, ResolvedAuth auth) {
  return make_authenticated(std::make_unique<Asker>(std::move(urls)), std::move(auth), std::string(kOrigin));
}

const Request& request_of(const Step& step) {
  REQUIRE(std::holds_alternative<Request>(step));
  return std::get<Request>(step);
}

const base::Error& error_of(const Step& step) {
  REQUIRE(std::holds_alternative<base::Error>(step));
  return std::get<base::Error>(step);
}

Response answer(int status, std::string body = "{}") {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

std::string token(std::string_view name, int seconds = 3600) {
  return R"({"access_token":")" + std::string(name) + R"(","token_type":"Bearer","expires_in":)" +
         std::to_string(seconds) + "}";
}

TEST_CASE("Base64 is as RFC 4648 has it") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("Basic and bearer go with every request to the source, and to nobody else") {
  ResolvedAuth basic;
  basic.kind = AuthKind::basic;
  basic.user = "u";
  basic.secret = base::Secret("p");
  const auto exchange = asking({"https://h/1", "https://other/2", "https://h:444/3"}, basic);
  CHECK(request_of(exchange->begin()).authorization.reveal() == "Basic dTpw");
  CHECK(request_of(exchange->on(answer(200))).authorization.empty());
  CHECK(request_of(exchange->on(answer(200))).authorization.empty());
  ResolvedAuth bearer;
  bearer.kind = AuthKind::bearer;
  bearer.secret = base::Secret("t");
  CHECK(request_of(asking({"https://h/1"}, bearer)->begin()).authorization.reveal() == "Bearer t");
  CHECK(request_of(asking({"https://h/1"}, {})->begin()).authorization.empty());
}

TEST_CASE("A refused password is not tried again") {
  ResolvedAuth basic;
  basic.kind = AuthKind::basic;
  const auto exchange = asking({"https://h/1"}, basic);
  exchange->begin();
  CHECK(error_of(exchange->on(answer(401))).fault == Fault::denied);
}

TEST_CASE("OAuth2 asks for one token and keeps it for this poll and the next") {
  const base::ManualClock clock{base::Instant{}};
  const auto auth = oauth2(clock);
  const auto exchange = asking({"https://h/1", "https://h/2"}, auth);
  const Step first = exchange->begin();
  const Request& asked = request_of(first);
  CHECK(asked.method == "POST");
  CHECK(asked.url == "https://login/token");
  CHECK(asked.body == "grant_type=client_credentials&scope=a%20b");
  CHECK(asked.authorization.reveal() == "Basic " + base64("nt%20md:ge%3Aheim"));
  const Step second = exchange->on(answer(200, token("t1")));
  CHECK(request_of(second).url == "https://h/1");
  CHECK(request_of(second).body == "the same body");
  CHECK(request_of(second).authorization.reveal() == "Bearer t1");
  CHECK(request_of(exchange->on(answer(200))).authorization.reveal() == "Bearer t1");
  CHECK(request_of(asking({"https://h/3"}, auth)->begin()).authorization.reveal() == "Bearer t1");
}

TEST_CASE("A refused token is refreshed once and the request asked again; the second refusal counts") {
  const base::ManualClock clock{base::Instant{}};
  const auto exchange = asking({"https://h/1", "https://h/2"}, oauth2(clock));
  exchange->begin();
  exchange->on(answer(200, token("old")));
  CHECK(request_of(exchange->on(answer(401))).url == "https://login/token");
  const Step again = exchange->on(answer(200, token("new")));
  CHECK(request_of(again).url == "https://h/1");
  CHECK(request_of(again).authorization.reveal() == "Bearer new");
  SECTION("it works: the next request may have its own refresh") {
    CHECK(request_of(exchange->on(answer(200))).url == "https://h/2");
    CHECK(request_of(exchange->on(answer(401))).url == "https://login/token");
  }
  SECTION("refused again: the poll fails") { CHECK(error_of(exchange->on(answer(401))).fault == Fault::denied); }
}

TEST_CASE("A token is given up a little before it runs out") {
  base::ManualClock clock{base::Instant{}};
  const auto auth = oauth2(clock);
  const auto exchange = asking({"https://h/1", "https://h/2", "https://h/3"}, auth);
  exchange->begin();
  exchange->on(answer(200, token("t1", 100)));
  clock.advance(std::chrono::seconds(74));
  CHECK(request_of(exchange->on(answer(200))).authorization.reveal() == "Bearer t1");
  clock.advance(std::chrono::seconds(1));
  CHECK(request_of(exchange->on(answer(200))).url == "https://login/token");
}

TEST_CASE("A token too short-lived to keep serves its one request") {
  const base::ManualClock clock{base::Instant{}};
  const auto exchange = asking({"https://h/1", "https://h/2"}, oauth2(clock));
  exchange->begin();
  CHECK(request_of(exchange->on(answer(200, token("t1", 0)))).authorization.reveal() == "Bearer t1");
  CHECK(request_of(exchange->on(answer(200))).url == "https://login/token");
}

TEST_CASE("What the token server answers wrongly fails the poll, and no secret is in the message") {
  const base::ManualClock clock{base::Instant{}};
  const auto fails = [&](int status, std::string body) {
    const auto exchange = asking({"https://h/1"}, oauth2(clock));
    exchange->begin();
    const base::Error error = error_of(exchange->on(answer(status, std::move(body))));
    CHECK(error.what.starts_with("token from https://login/token: "));
    for (const auto* secret : {"heim", "sEcReT", "Basic"}) CHECK(error.what.find(secret) == std::string::npos);
    return error;
  };
  const auto refused = fails(401, R"({"error":"invalid_client","error_description":"sEcReT"})");
  CHECK(refused.fault == Fault::denied);
  CHECK(refused.what.find("HTTP 401, invalid_client") != std::string::npos);
  CHECK(fails(400, R"({"error":"sEcReT <b>"})").fault == Fault::denied);
  CHECK(fails(302, "").fault == Fault::retry_later);
  CHECK(fails(200, "<html>").fault == Fault::retry_later);
  CHECK(fails(200, R"({"access_tok)").fault == Fault::retry_later);
  CHECK(fails(200, "{}").fault == Fault::bad_data);
  CHECK(fails(200, R"({"access_token":""})").fault == Fault::bad_data);
  CHECK(fails(200, R"({"access_token":"sEcReT\r\nX-Other: 1"})").fault == Fault::bad_data);
  CHECK(fails(200, R"({"access_token":7})").fault == Fault::bad_data);
  CHECK(fails(200, R"({"access_token":"sEcReT","expires_in":"soon"})").fault == Fault::bad_data);
}

}  // namespace
}  // namespace ntmd::connectors
