#include <catch2/catch.hpp>
#include <future>

#include "connectors/transport/http_driver.h"
#include "tests/unit/transport/mail_server.h"

namespace ntmd::connectors {
namespace {

using test::MailServer;

const base::SystemClock kClock;

Mail mail_to(const MailServer& server) {
  Mail mail;
  mail.url = server.url();
  mail.from = "ntmd@example.vn";
  mail.to = {"ops@example.vn"};
  mail.message = "Subject: x\r\n\r\nhello\r\n";
  mail.timeout = std::chrono::minutes(5);
  return mail;
}

TEST_CASE("A mail server that falls silent at any step does not keep a driver from stopping") {
  for (const char* step : {"greeting", "EHLO", "MAIL", "RCPT", "DATA", "body"}) {
    INFO(step);
    const MailServer server(step);
    HttpDriver driver(kClock);
    auto sent = std::async(std::launch::async, [&] { return driver.send_mail(mail_to(server)); });
    CHECK(server.wait_silent());
    auto stopped = std::async(std::launch::async, [&] { driver.stop(); });
    CHECK(server.wait_left());
    stopped.get();
    const auto receipt = sent.get();
    REQUIRE_FALSE(receipt);
    CHECK(receipt.error().fault == base::Fault::retry_later);
    CHECK(receipt.error().what.find("stopping") != std::string::npos);
    if (std::string_view(step) != "body") CHECK(server.body().empty());
  }
}

TEST_CASE("A mail that was taken is sent, whether the server answers QUIT or not") {
  for (const char* step : {"", "QUIT"}) {
    INFO(step);
    const MailServer server(step);
    HttpDriver driver(kClock);
    auto sent = std::async(std::launch::async, [&] { return driver.send_mail(mail_to(server)); });
    CHECK(server.wait_left());
    const auto receipt = sent.get();
    CHECK((receipt && receipt->refused.empty()));
    CHECK(server.body() == "Subject: x\r\n\r\nhello");
  }
}

}  // namespace
}  // namespace ntmd::connectors
