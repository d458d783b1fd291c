#include "daemon/publish/status_json.h"

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/publish/health_json.h"
#include "daemon/publish/unit_json.h"
#include "tests/unit/publish/sample.h"

namespace ntmd::publish {
namespace {

namespace json = boost::json;
using Keys = std::vector<std::string>;

Keys keys_of(const json::value& object) {
  Keys keys;
  for (const auto& entry : object.as_object()) keys.emplace_back(entry.key());
  return keys;
}

/// The named keys come first and in this order; more may follow.
bool begins_with(const Keys& keys, const Keys& named) {
  return keys.size() >= named.size() && std::equal(named.begin(), named.end(), keys.begin());
}

const Keys kTop = {"schema", "as_of", "generated_at", "boundaries", "criteria", "units", "groups", "sources", "alerts"};
const Keys kUnit = {"code", "name",     "group", "criteria", "status",  "measured",  "official",
                    "met",  "possible", "of",    "deciding", "pillars", "indicators"};
const Keys kPillar = {"id", "status", "measured", "official", "met", "possible", "of", "deciding"};
const Keys kIndicator = {"id",        "pillar",      "status",  "measured",  "official",
                         "numerator", "denominator", "percent", "threshold", "gap",
                         "slack",     "last_truth",  "reasons", "flags",     "inputs"};
const Keys kInput = {"element", "value", "source", "as_of", "delivery"};
const Keys kSource = {"id", "outcome", "last_success", "loaded", "filtered", "quarantined", "freshness"};

TEST_CASE("status.json has every key of the contract, in its order, for every unit") {
  const auto text = status_json(test::make_snapshot(test::make_verdicts(test::make_lines(60), 7)));
  const auto root = json::parse(text);
  CHECK(begins_with(keys_of(root), kTop));
  CHECK(root.at("schema") == 1);
  CHECK(root.at("as_of") == "2024-12-20");
  CHECK(root.at("boundaries") == "2024-12-01");
  CHECK(root.at("generated_at") == "2024-12-20T03:04:05Z");
  CHECK(root.at("generation") == 7);
  CHECK(keys_of(root.at("criteria").at(0)) == Keys{"id", "version", "sha256"});
  REQUIRE(root.at("units").as_array().size() == 60);
  std::string last_code;
  for (const auto& unit : root.at("units").as_array()) {
    CHECK(begins_with(keys_of(unit), kUnit));
    const auto code = json::value_to<std::string>(unit.at("code"));
    CHECK(last_code < code);
    last_code = code;
    CHECK(unit.at("pillars").as_array().size() == 4);
    CHECK(unit.at("indicators").as_array().size() == 13);
    for (const auto& pillar : unit.at("pillars").as_array()) CHECK(begins_with(keys_of(pillar), kPillar));
    for (const auto& indicator : unit.at("indicators").as_array()) {
      CHECK(begins_with(keys_of(indicator), kIndicator));
      for (const auto& input : indicator.at("inputs").as_array()) CHECK(begins_with(keys_of(input), kInput));
    }
  }
  CHECK(root.at("groups").as_array().empty());
  CHECK(keys_of(root.at("alerts")) == Keys{"firing", "pending"});
  CHECK(root.at("alerts").at("firing") == 1);
  CHECK(root.at("alerts").at("pending") == 1);
}

TEST_CASE("What is unknown is null, never 0 and never left out") {
  auto verdicts = test::make_verdicts(test::make_lines(1), 1);
  auto& indicators = verdicts->by_unit.change(0).indicators;
  auto& missing = indicators[0];
  missing = {};
  missing.rule = 0;
  missing.threshold = "85";
  rules::Operand operand;
  operand.element_name = "adults";
  missing.operands = {operand};
  auto& stale = indicators[1];
  stale.last_truth = model::Truth::f;
  auto& evidence_only = indicators[3];
  const auto root = json::parse(status_json(test::make_snapshot(verdicts)));
  const auto& printed = root.at("units").at(0).at("indicators");
  for (const char* key : {"numerator", "denominator", "percent", "gap", "slack", "last_truth"}) {
    INFO(key);
    CHECK(printed.at(0).at(key).is_null());
  }
  CHECK(printed.at(0).at("threshold") == "85");
  for (const char* key : {"value", "source", "as_of", "delivery"})
    CHECK(printed.at(0).at("inputs").at(0).at(key).is_null());
  CHECK(printed.at(1).at("last_truth") == "F");
  REQUIRE_FALSE(evidence_only.threshold);
  for (const char* key : {"numerator", "denominator", "percent", "threshold", "gap", "slack"})
    CHECK(printed.at(3).at(key).is_null());
  CHECK(printed.at(3).at("inputs").as_array().empty());
  CHECK(root.at("units").at(0).at("group").is_null());
}

TEST_CASE("Numbers are whole, percents are text as the rules gave them") {
  auto verdicts = test::make_verdicts(test::make_lines(1), 1);
  auto& one = verdicts->by_unit.change(0).indicators[0];
  one.numerator = 9'007'199'254'740'993;  // 2^53 + 1
  one.percent = "84.96";
  one.gap = 4;
  const auto root = json::parse(status_json(test::make_snapshot(verdicts)));
  const auto& printed = root.at("units").at(0).at("indicators").at(0);
  CHECK(printed.at("numerator").as_int64() == 9'007'199'254'740'993);
  CHECK(printed.at("percent") == "84.96");
  CHECK(printed.at("gap") == 4);
}

TEST_CASE("Indicators and deciding ids stand in numeric order whatever the order of the criteria file") {
  CHECK(id_before("1.2.9", "1.2.10"));
  CHECK_FALSE(id_before("1.2.10", "1.2.9"));
  CHECK(id_before("1.2", "1.2.1"));
  CHECK(id_before("2.1", "10.1"));
  CHECK_FALSE(id_before("1.2.1", "1.2.1"));
  CHECK(id_before("1.2", "1.a"));

  auto verdicts = test::make_verdicts(test::make_lines(1), 1);
  auto criteria = std::make_shared<rules::Criteria>(*verdicts->criteria[0]);
  criteria->indicators[12].id = "1.1.10";  // the last of the file
  criteria->indicators[0].id = "1.1.9";
  verdicts->criteria = {criteria};
  verdicts->by_unit.change(0).deciding = {12, 0, 1};
  const auto root = json::parse(status_json(test::make_snapshot(verdicts)));
  const auto& unit = root.at("units").at(0);
  CHECK(unit.at("indicators").at(0).at("id") == "1.1.2");
  CHECK(unit.at("indicators").at(1).at("id") == "1.1.9");
  CHECK(unit.at("indicators").at(2).at("id") == "1.1.10");
  CHECK(unit.at("deciding") == json::value({"1.1.2", "1.1.9", "1.1.10"}));
}

TEST_CASE("An indicator names its pillar, its newest delivery and its decision") {
  const auto verdicts = test::make_verdicts(test::make_lines(5), 1);
  const auto root = json::parse(status_json(test::make_snapshot(verdicts)));
  const auto& dossiers = root.at("units").at(4).at("indicators").at(2);
  CHECK(dossiers.at("id") == "1.2.1");
  CHECK(dossiers.at("pillar") == "1.2");
  CHECK(dossiers.at("inputs").at(0).at("delivery") == "delivery-2");
  CHECK(dossiers.at("inputs").at(0).at("as_of") == "2024-12-01");
  CHECK(dossiers.at("decision").as_int64() == 100);
}

TEST_CASE("Groups are listed with their indicators") {
  auto verdicts = test::make_verdicts(test::make_lines(1), 1);
  auto district = std::make_shared<rules::Criteria>();
  district->id = "huyen-ntm-nang-cao-2024";
  district->of_group = true;
  rules::IndicatorRule rule;
  rule.id = "8.9";
  district->indicators.push_back(rule);
  verdicts->criteria.push_back(district);
  rules::GroupVerdict group;
  group.group = "227";
  group.criteria = 1;
  group.indicators.emplace_back();
  verdicts->by_group.push_back(group);
  const auto root = json::parse(status_json(test::make_snapshot(verdicts)));
  const auto& printed = root.at("groups").at(0);
  CHECK(keys_of(printed) == Keys{"code", "criteria", "indicators"});
  CHECK(printed.at("code") == "227");
  CHECK(printed.at("indicators").at(0).at("id") == "8.9");
  CHECK(printed.at("indicators").at(0).at("status") == "no_data");
  CHECK(root.at("criteria").as_array().size() == 2);
}

TEST_CASE("A province without units, sources and criteria still gives the whole frame") {
  auto verdicts = std::make_shared<rules::Verdicts>();
  verdicts->units = test::make_units({});
  Snapshot snapshot;
  snapshot.verdicts = verdicts;
  const auto root = json::parse(status_json(snapshot));
  CHECK(begins_with(keys_of(root), kTop));
  CHECK(root.at("units").as_array().empty());
  CHECK(root.at("sources").as_array().empty());
}

TEST_CASE("Sources stand by id; one that never ran has null where nothing is known") {
  const auto root = json::parse(status_json(test::make_snapshot(test::make_verdicts(test::make_lines(1), 1))));
  const auto& sources = root.at("sources");
  CHECK(keys_of(sources.at(0)) == kSource);
  CHECK(sources.at(0).at("id") == "a-portal");
  CHECK(sources.at(0).at("outcome").is_null());
  CHECK(sources.at(0).at("last_success").is_null());
  CHECK(sources.at(0).at("freshness") == "never");
  CHECK(sources.at(1).at("outcome") == "ok");
  CHECK(sources.at(1).at("last_success") == "2024-12-20T03:04:05Z");
  CHECK(sources.at(1).at("loaded") == 990);
}

TEST_CASE("alerts.json lists what fires first, with the fields of a webhook") {
  const auto root = json::parse(alerts_json(test::make_snapshot(test::make_verdicts(test::make_lines(1), 3))).text());
  CHECK(root.at("generation") == 3);
  CHECK(root.at("firing") == 1);
  const auto& lost = root.at("alerts").at(0);
  for (const auto* key : {"alert", "state", "unit", "indicator", "since", "reason", "value", "threshold", "gap",
                          "source", "delivery", "text"}) {
    CAPTURE(key);
    CHECK(lost.as_object().contains(key));
  }
  CHECK(lost.at("alert") == "IndicatorLost");
  CHECK(lost.at("gap") == 4);
  CHECK(lost.at("source").is_null());
  CHECK(root.at("alerts").at(1).at("state") == "pending");
}

TEST_CASE("A unit's own file has its entry of status.json, enlarged by names, ages and evidence") {
  const auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(8), 3));
  const Printing printing(snapshot);
  const auto whole = json::parse(status_json(snapshot));
  for (std::size_t n = 0; n < 8; ++n) {
    const auto& entry = whole.at("units").at(n);
    const auto code = model::UnitCode::of(json::value_to<std::string>(entry.at("code"))).value();
    const auto root = json::parse(unit_json(printing, code).text());
    CHECK(root.at("schema") == 1);
    CHECK(root.at("generation") == 3);
    for (const auto& field : entry.as_object()) {
      if (field.key() == "indicators" || field.key() == "pillars") continue;
      CHECK(root.at(field.key()) == field.value());
    }
    for (std::size_t i = 0; i < 13; ++i) {
      const auto& small = entry.at("indicators").at(i);
      const auto& large = root.at("indicators").at(i);
      for (const auto& field : small.as_object()) {
        if (field.key() != "inputs") CHECK(large.at(field.key()) == field.value());
      }
      CHECK(large.at("name").at("vi").is_string());
      CHECK(large.at("name").at("en").is_string());
      CHECK(large.at("reasons_text").at("vi").as_array().size() == small.at("reasons").as_array().size());
      CHECK(large.at("evidence").at(0).at("kind") == "inspection");
    }
  }
  const auto dossiers = json::parse(indicator_json(printing, model::UnitCode::of("07912").value(), "1.2.1").value());
  CHECK(dossiers.at("unit") == "07912");
  CHECK(dossiers.at("indicator").at("inputs").at(0).at("deliveries") == json::value({"delivery-1", "delivery-2"}));
  CHECK(dossiers.at("indicator").at("inputs").at(0).at("age_days") == 19);
  CHECK_FALSE(indicator_json(printing, model::UnitCode::of("07912").value(), "9.9"));
  CHECK_FALSE(indicator_json(printing, model::UnitCode::of("99999").value(), "1.2.1"));
}

TEST_CASE("A unit under two criteria sets is listed twice, and its file holds both") {
  auto verdicts = test::make_verdicts(test::make_lines(2), 1);
  auto second = std::make_shared<rules::Criteria>(*verdicts->criteria[0]);
  second->id = "xa-ntm-nang-cao-2024";
  verdicts->criteria.push_back(second);
  std::vector<rules::UnitVerdict> both(verdicts->by_unit.begin(), verdicts->by_unit.end());
  for (auto& unit : both) unit.criteria = 1;
  verdicts->by_unit = rules::UnitVerdicts({verdicts->by_unit[0], both[0], verdicts->by_unit[1], both[1]});
  const auto snapshot = test::make_snapshot(verdicts);
  const auto root = json::parse(status_json(snapshot));
  CHECK(root.at("units").as_array().size() == 4);
  CHECK(root.at("units").at(1).at("criteria") == "xa-ntm-nang-cao-2024");
  const Printing printing(snapshot);
  const auto file = json::parse(unit_json(printing, model::UnitCode::of("07903").value()).text());
  CHECK(file.at("criteria") == "xa-thong-minh-2024");
  CHECK(file.at("others").at(0).at("criteria") == "xa-ntm-nang-cao-2024");
}

}  // namespace
}  // namespace ntmd::publish
