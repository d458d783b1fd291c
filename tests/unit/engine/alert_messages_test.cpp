#include "daemon/engine/alert_messages.h"

#include <catch2/catch.hpp>
#include <set>

#include "daemon/notify/message.h"

using namespace ntmd;
using rules::AlertEvent;
using rules::AlertField;
using rules::AlertName;
using Kind = rules::AlertEvent::Kind;

namespace {

AlertEvent event(AlertName name, const char* unit, Kind kind = Kind::firing, const char* pillar = "1.1") {
  AlertEvent out;
  out.kind = kind;
  out.state.subject = {name, "xa", unit, "227", pillar, name == AlertName::indicator_lost ? "1.1.1" : "", "", ""};
  out.state.phase = kind == Kind::resolved ? rules::AlertPhase::resolved : rules::AlertPhase::firing;
  out.id = std::string(unit) + std::string(rules::to_string(name)) + std::string(to_string(kind)) + pillar;
  return out;
}

rules::Route route(std::vector<std::string> to, std::vector<rules::AlertMatch::Term> terms = {},
                   std::vector<AlertField> by = {}, bool goes_on = false) {
  return {{std::move(terms)}, std::move(to), std::move(by), goes_on};
}

/// "channel:count" of each message.
std::string sent(const std::vector<AlertEvent>& events, const std::vector<rules::Route>& routes) {
  std::string out;
  std::set<std::string> seen;
  for (const auto& row : engine::messages_of(events, routes, "vi", {})) {
    const auto message = notify::parse_message(row.body);
    REQUIRE(message);
    CHECK(message->id == row.id);
    CHECK(seen.insert(row.channel + row.id).second);
    out += (out.empty() ? "" : " ") + row.channel + ":" + std::to_string(message->alerts.size());
  }
  return out;
}

}  // namespace

TEST_CASE("without a route nobody is told, and the first that matches takes an alert") {
  const std::vector events{event(AlertName::unit_lost, "1"), event(AlertName::indicator_lost, "1")};
  CHECK(sent(events, {}).empty());
  CHECK(sent(events, {route({"a"})}) == "a:1 a:1");
  CHECK(sent(events, {route({"a"}, {{AlertField::alert, {"UnitLost"}}}), route({"b", "c"})}) == "a:1 b:1 c:1");
  CHECK(sent(events, {route({"a"}, {{AlertField::unit, {"2"}}})}).empty());
}

TEST_CASE("continue goes on to the next route, and no channel gets an event twice") {
  const std::vector events{event(AlertName::unit_lost, "1")};
  CHECK(sent(events, {route({"a"}, {}, {}, true), route({"b"})}) == "a:1 b:1");
  CHECK(sent(events, {route({"a"}, {}, {}, true), route({"a", "b"}, {}, {AlertField::unit})}) == "a:1 b:1");
}

TEST_CASE("what agrees in group_by is one message, and what fires is never in one with what is over") {
  const std::vector events{event(AlertName::pillar_lost, "1"),
                           event(AlertName::indicator_lost, "1"),
                           event(AlertName::indicator_lost, "2"),
                           event(AlertName::indicator_lost, "3", Kind::resolved),
                           event(AlertName::indicator_lost, "4", Kind::firing, "1.2"),
                           event(AlertName::indicator_lost, "5", Kind::reminder)};
  CHECK(sent(events, {route({"a"}, {}, {AlertField::group, AlertField::pillar})}) == "a:3 a:1 a:1 a:1");
  const auto rows = engine::messages_of(events, {route({"a"}, {}, {AlertField::group, AlertField::pillar})}, "vi", {});
  const auto first = notify::parse_message(rows[0].body).value();
  CHECK(first.grouped_by == std::vector<std::pair<std::string, std::string>>{{"group", "227"}, {"pillar", "1.1"}});
  CHECK(first.alerts[0].alert == "PillarLost");
  CHECK(first.id != events[0].id);
  CHECK(rows[1].id == events[3].id);
}

TEST_CASE("more than twenty of one alert are one message") {
  std::vector<AlertEvent> events;
  for (int i = 0; i < 20; ++i) events.push_back(event(AlertName::indicator_lost, std::to_string(i).c_str()));
  events.push_back(event(AlertName::unit_lost, "x"));
  CHECK(engine::messages_of(events, {route({"a"})}, "vi", {}).size() == 21);
  events.push_back(event(AlertName::indicator_lost, "20"));
  CHECK(sent(events, {route({"a"})}) == "a:21 a:1");
  const auto again = engine::messages_of(events, {route({"a"})}, "vi", {});
  CHECK(again[0].id == engine::messages_of(events, {route({"a"})}, "vi", {})[0].id);
}
