#include "daemon/notify/message.h"

#include <catch2/catch.hpp>

#include "daemon/base/digest.h"
#include "daemon/notify/alertmanager.h"
#include "daemon/notify/mail.h"
#include "daemon/notify/sender.h"

using namespace ntmd;

namespace {

notify::Notice notice(const char* id = "n1") {
  notify::Notice out;
  out.id = id;
  out.alert = "IndicatorLost";
  out.criteria = "xa";
  out.unit = "08515";
  out.unit_name = "Xã Hy Cương";
  out.group = "227";
  out.pillar = "1.1";
  out.indicator = "1.1.1";
  out.since = "2024-12-20T03:04:05Z";
  out.began = "2024-12-19T03:04:05Z";
  out.reason = "below_threshold";
  out.value = "84.96";
  out.threshold = "85";
  out.gap = 4;
  out.source = "so-lieu-xa";
  out.delivery = "d1";
  out.title_vi = "Chỉ tiêu không còn đạt: Xã Hy Cương 1.1.1";
  out.title_en = "Indicator lost: Xã Hy Cương 1.1.1";
  out.text_vi = "Xã Hy Cương (08515), chỉ tiêu 1.1.1: không còn đạt";
  out.text_en = "Xã Hy Cương (08515), indicator 1.1.1: no longer met";
  return out;
}

notify::Message message(std::vector<notify::Notice> alerts = {notice()}) {
  return {"m1", "firing", "firing", "2024-12-20T03:04:06Z", "vi", {}, std::move(alerts)};
}

notify::OpenChannel mail_channel() {
  notify::OpenChannel out;
  out.channel.id = "mail";
  out.channel.kind = notify::ChannelKind::smtp;
  out.channel.from = "ntmd@example.vn";
  out.channel.to = {"a@example.vn", "b@example.vn"};
  out.url = base::Secret("smtp://127.0.0.1:2525");
  return out;
}

std::string header(const std::string& mail, std::string_view name) {
  const auto head = mail.substr(0, mail.find("\r\n\r\n") + 2);
  const auto at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return {};
  auto end = at + 2;
  do {
    end = head.find("\r\n", end + 2);
  } while (end + 2 < head.size() && head[end + 2] == ' ');
  return head.substr(at + 2, end - at - 2);
}

}  // namespace

TEST_CASE("a message comes back from its JSON as it was") {
  auto two = message({notice("n1"), notice("n2")});
  two.grouped_by = {{"group", "227"}, {"pillar", ""}};
  two.alerts[1].gap.reset();
  two.alerts[1].unit.clear();
  two.alerts[1].about_source = true;
  two.alerts[1].text_en = "quotes \" and \\ and \n lines";
  const auto again = notify::parse_message(to_json(two));
  REQUIRE(again);
  CHECK(*again == two);
}

TEST_CASE("a webhook's body has the fields of the contract at its top") {
  const auto json = to_json(message());
  for (const char* field :
       {R"("id":"m1")", R"("state":"firing")", R"("alert":"IndicatorLost")", R"("unit":"08515")",
        R"("indicator":"1.1.1")", R"("since":"2024-12-20T03:04:05Z")", R"("reason":"below_threshold")",
        R"("value":"84.96")", R"("threshold":"85")", R"("gap":4)", R"("source":"so-lieu-xa")", R"("delivery":"d1")",
        R"("text":"Xã Hy Cương (08515), chỉ tiêu 1.1.1: không còn đạt")", R"("count":1)"}) {
    INFO(field);
    CHECK(json.find(field) != std::string::npos);
    CHECK(json.find(field) < json.find("\"alerts\":"));
  }
  auto english = message();
  english.language = "en";
  CHECK(to_json(english).find(R"("text":"Xã Hy Cương (08515), indicator)") != std::string::npos);
  auto nothing = message();
  nothing.alerts[0].unit.clear();
  nothing.alerts[0].gap.reset();
  CHECK(to_json(nothing).find(R"("unit":null)") != std::string::npos);
  CHECK(to_json(nothing).find(R"("gap":null)") != std::string::npos);
}

TEST_CASE("what is no message is refused") {
  for (const char* text :
       {"", "[]", "{}", R"({"id":"a","state":"firing","alerts":[]})", R"({"id":"a","state":"firing","alerts":[{}]})",
        R"({"id":"a","state":"burning","alerts":[{"id":"b","alert":"c","since":"d","began":"e"}]})"}) {
    INFO(text);
    CHECK_FALSE(notify::parse_message(text));
  }
}

TEST_CASE("the signature is the HMAC of the body that RFC 4231 gives") {
  CHECK(notify::signature(base::Secret("Jefe"), "what do ya want for nothing?") ==
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a header's text is ASCII in whole characters, and no header can be added by it") {
  CHECK(notify::header_text("plain") == "plain");
  CHECK(notify::header_text("a\r\nBcc: x@y") == "a  Bcc: x@y");
  const auto encoded =
      notify::header_text("Xã Hy Cương không còn đạt chỉ tiêu 1.1.1, và còn nhiều chữ nữa để phải gấp dòng\r\nBcc: x");
  std::string rest = encoded;
  while (!rest.empty()) {
    const auto end = std::min(rest.find("\r\n "), rest.size());
    const auto word = rest.substr(0, end);
    CHECK(word.size() <= 75);
    CHECK(word.starts_with("=?UTF-8?B?"));
    CHECK(word.ends_with("?="));
    rest = end == rest.size() ? "" : rest.substr(end + 3);
  }
  CHECK(encoded.find("Bcc") == std::string::npos);
}

TEST_CASE("a mail is the same on every try, in both languages, and holds what it is given as text only") {
  auto told = message();
  told.alerts[0].unit_name = "Xã\r\nBcc: evil@example.vn";
  told.alerts[0].title_vi = "Xã\r\nBcc: evil@example.vn\r\n\r\nbody";
  told.alerts[0].text_vi = "one\r\n.\r\ntwo\x1b[31m";
  const auto mail = notify::compose_mail(mail_channel(), told);
  CHECK(mail.message == notify::compose_mail(mail_channel(), told).message);
  CHECK(mail.to == std::vector<std::string>{"a@example.vn", "b@example.vn"});
  CHECK(header(mail.message, "Bcc").empty());
  CHECK(header(mail.message, "From") == "From: ntmd@example.vn");
  CHECK(header(mail.message, "To") == "To: <a@example.vn>, <b@example.vn>");
  CHECK(header(mail.message, "Message-ID") == "Message-ID: <m1.mail@example.vn>");
  CHECK(header(mail.message, "Content-Type") == "Content-Type: text/plain; charset=UTF-8");
  CHECK(mail.message.find("evil") == std::string::npos);
  CHECK(mail.message.find('\x1b') == std::string::npos);
  for (std::size_t at = mail.message.find('\n'); at != std::string::npos; at = mail.message.find('\n', at + 1))
    CHECK(mail.message[at - 1] == '\r');
  const auto plain = notify::compose_mail(mail_channel(), message()).message;
  CHECK(plain.find("=C4=91=E1=BA=A1t") != std::string::npos);
  CHECK(plain.find("no longer met") != std::string::npos);
}

TEST_CASE("to Alertmanager one alert keeps its labels, whatever changes of it") {
  const base::Instant now{std::chrono::sys_days(std::chrono::year(2024) / 12 / 20)};
  const auto labels = [&](const notify::Message& told) {
    const auto json = notify::alertmanager_json(told, now);
    return json.substr(0, json.find("\"annotations\""));
  };
  const auto fired = message();
  auto over = message();
  over.state = over.event = "resolved";
  over.alerts[0].value = "86.00";
  over.alerts[0].source = "other";
  over.alerts[0].delivery = "d2";
  over.alerts[0].since = "2024-12-21T00:00:00Z";
  CHECK(labels(fired) == labels(over));
  CHECK(labels(fired).find("so-lieu-xa") == std::string::npos);
  CHECK(notify::alertmanager_json(over, now).find(R"("endsAt":"2024-12-21T00:00:00Z")") != std::string::npos);
  CHECK(notify::alertmanager_json(fired, now).find(R"("startsAt":"2024-12-19T03:04:05Z","endsAt":"2034-12-18)") !=
        std::string::npos);
  auto source = message();
  source.alerts[0] = {};
  source.alerts[0].alert = "SourceFailing";
  source.alerts[0].source = "bank";
  source.alerts[0].about_source = true;
  CHECK(labels(source).find(R"("source":"bank")") != std::string::npos);
}
