#include "daemon/rules/alert_settings.h"

#include <catch2/catch.hpp>

#include "daemon/settings/yaml.h"

using namespace ntmd;
using namespace std::chrono_literals;
using rules::AlertField;

namespace {

struct Read {
  settings::Problems problems;
  rules::AlertSettings settings;

  explicit Read(std::string_view text) {
    const auto root = ntmd::settings::parse_yaml("alerts.yaml", text, problems);
    REQUIRE(root);
    ntmd::settings::MapReader reader(*root, "alerts", problems);
    reader.optional("channels");
    settings = rules::read_alert_settings(reader, {"room", "am"}, base::TimeZone::find("Asia/Ho_Chi_Minh").value());
  }
  std::string faults() const {
    std::string out;
    for (const auto& line : problems.lines()) out += line + '\n';
    return out;
  }
};

base::Instant at(int hours) {
  return base::Instant(std::chrono::sys_days(std::chrono::year(2025) / 1 / 31)) + std::chrono::hours(hours);
}

}  // namespace

TEST_CASE("nothing said is the documented default") {
  const Read read("channels: []\nroutes: []\n");
  CHECK(read.problems.empty());
  CHECK(read.settings.routes.empty());
  CHECK(read.settings.policy.observations == 2);
  CHECK(read.settings.policy.wait_limit == 24h);
  CHECK(read.settings.policy.remind_every == 24h);
  CHECK(read.settings.policy.thin_margin_permille == 0);
}

TEST_CASE("routes, silences and the policy are read") {
  const Read read(R"(
routes:
  - {match: {alert: [IndicatorLost, PillarLost], unit: "08515"}, to: [room, am], group_by: [group, pillar], continue: true}
  - {to: room}
silences:
  - {match: {source: bank-vcb}, until: 2025-01-31, comment: "the bank moves house"}
  - {match: {unit: "08515"}, until: "2025-01-31T12:00+07:00", comment: c}
  - {match: {unit: "08515"}, until: "2025-01-31T12:00:30Z", comment: c}
policy:
  observations: 3
  wait_limit: 48h
  remind_every: 0s
  flapping: {fires: 4, within: 2d, calm: 6h}
  source_failures: 5
  thin_margin_permille: 10
)");
  CHECK(read.faults().empty());
  REQUIRE(read.settings.routes.size() == 2);
  const auto& route = read.settings.routes[0];
  CHECK(route.to == std::vector<std::string>{"room", "am"});
  CHECK(route.group_by == std::vector{AlertField::group, AlertField::pillar});
  CHECK(route.goes_on);
  rules::AlertSubject subject{rules::AlertName::pillar_lost, "xa", "08515", "227", "1.1", "", "", ""};
  CHECK(route.match.matches(subject, {}));
  subject.name = rules::AlertName::unit_lost;
  CHECK_FALSE(route.match.matches(subject, {}));
  CHECK(read.settings.routes[1].match.matches(subject, {}));
  REQUIRE(read.settings.silences.size() == 3);
  CHECK(read.settings.silences[0].until == at(24 - 7));
  CHECK(read.settings.silences[1].until == at(12 - 7));
  CHECK(read.settings.silences[2].until == at(12) + 30s);
  CHECK(read.settings.policy.observations == 3);
  CHECK(read.settings.policy.flap_calm == 6h);
  CHECK(read.settings.policy.source_failures == 5);
}

TEST_CASE("every fault is named at its place") {
  const Read read(R"(
routes:
  - {match: {alert: IndicatorLos}, to: [rom]}
  - {match: {district: "227"}, to: [room, room]}
  - {to: [], group_by: [unti]}
  - {match: {unit: []}, to: [room]}
silences:
  - {match: {}, until: 2025-01-31, comment: c}
  - {match: {unit: "1"}, until: 2025-02-30, comment: c}
  - {match: {unit: "1"}, until: "2025-01-31T12:00"}
policy: {observations: 0, remind_every: 5s, wait: 1h}
)");
  const auto faults = read.faults();
  for (const char* text :
       {"alerts.yaml:3:21: route, match: unknown alert \"IndicatorLos\", did you mean \"IndicatorLost\"?",
        "route, to: there is no channel \"rom\", did you mean \"room\"?", "alerts.yaml:4:14: unknown key \"district\"",
        "channel \"room\" is given twice", "alerts.yaml:5:10: route, to: is an empty list",
        "unknown field \"unti\", did you mean \"unit\"?", "alerts.yaml:6:20: route, match, unit: is an empty list",
        "silence every alert", "silence, until: found \"2025-02-30\"", "silence, until: found \"2025-01-31T12:00\"",
        "key \"comment\" is missing", "policy, observations: found \"0\"", "remind_every: is under a minute",
        "unknown key \"wait\""}) {
    INFO(text);
    INFO(faults);
    CHECK(faults.find(text) != std::string::npos);
  }
}
