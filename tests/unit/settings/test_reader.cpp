#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "daemon/settings/reader.h"
#include "daemon/settings/yaml.h"

using namespace ntmd::settings;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

Node parsed(std::string_view text) {
  Problems problems;
  auto node = parse_yaml("a.yaml", text, problems);
  INFO(problems.error().what);
  REQUIRE(node);
  return *std::move(node);
}

/// Reads `text` as the value of a key with `convert`, and gives the faults.
template <class Convert>
Lines faults_of(std::string_view text, Convert convert) {
  Problems problems;
  const Node root = parsed("v: " + std::string(text) + "\n");
  CHECK_FALSE(convert(*root.find("v"), "port", problems));
  return problems.lines();
}

}  // namespace

TEST_CASE("a map gives its values and the defaults of the keys it lacks") {
  const Node root = parsed(
      "name: 08515\nport: 8780\non: true\nwait: 15m\ncap: 50MiB\nday: 2024-12-01\n"
      "list: [a, 2]\nsingle: x\nurl: {secret: room_url}\nempty:\n");
  Problems problems;
  {
    MapReader reader(root, "", problems);
    CHECK(reader.required_text("name") == "08515");
    CHECK(reader.integer("port", 0, 65535, 1) == 8780);
    CHECK(reader.boolean("on", false));
    CHECK(reader.duration("wait", 1s) == 15min);
    CHECK(reader.size("cap", 1) == 50U << 20U);
    CHECK(reader.day("day") == ntmd::model::Day::parse("2024-12-01"));
    CHECK(reader.text_list("list") == Lines{"a", "2"});
    CHECK(reader.text_list("single") == Lines{"x"});
    CHECK(reader.secret("url")->name == "room_url");
    CHECK(reader.text("empty", "fallback") == "fallback");
    CHECK(reader.text("none", "fallback") == "fallback");
    CHECK(reader.choice("none", {"vi", "en"}, "vi") == "vi");
    CHECK_FALSE(reader.day("none"));
    CHECK(reader.text_list("none").empty());
  }
  CHECK(problems.lines().empty());
}

TEST_CASE("an unknown key is told with the nearest known one, when the reader goes") {
  const Node root = parsed("shedule: x\nid: a\nnonsense: 1\n");
  Problems problems;
  {
    MapReader reader(root, "source portal", problems);
    CHECK(reader.required_text("id") == "a");
    CHECK(reader.optional("schedule") == nullptr);
    CHECK(problems.empty());
  }
  CHECK(problems.lines() == Lines{"a.yaml:1:1: unknown key \"shedule\", did you mean \"schedule\"?",
                                  "a.yaml:3:1: unknown key \"nonsense\""});
}

TEST_CASE("suggestions take typing slips and leave strangers alone") {
  const Lines known = {"schedule", "timezone", "id", "numerator", "quarantine_max_pct"};
  CHECK(suggestion("shcedule", known) == ", did you mean \"schedule\"?");
  CHECK(suggestion("time_zone", known) == ", did you mean \"timezone\"?");
  CHECK(suggestion("quarantine_max_percent", known) == ", did you mean \"quarantine_max_pct\"?");
  CHECK(suggestion("di", {"id"}).empty() == false);
  CHECK(suggestion("to", known).empty());
  CHECK(suggestion("secret", known).empty());
  CHECK(suggestion("", known).empty());
  CHECK(suggestion(std::string(100'000, 'x'), known).empty());
}

TEST_CASE("a missing or empty required key is told once, at the map or at the key") {
  const Node root = parsed("# header\nid:\n");
  Problems problems;
  MapReader reader(root, "source", problems);
  CHECK(reader.required("id") == nullptr);
  CHECK(reader.required("cron") == nullptr);
  CHECK(reader.required_text("cron").empty());
  reader.finish();
  CHECK(problems.lines() == Lines{"a.yaml:2:1: source: key \"id\" is empty, expected a value",
                                  "a.yaml:2:1: source: key \"cron\" is missing, expected a value"});
}

TEST_CASE("what is no map is one fault however many keys are asked for") {
  for (const auto* text : {"[1]", "x", ""}) {
    const Node root = parsed(text);
    Problems problems;
    {
      MapReader reader(root, "alerts", problems);
      CHECK(reader.required("a") == nullptr);
      CHECK(reader.integer("b", 0, 1, 1) == 1);
    }
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems.lines()[0], Catch::Contains("expected a map"));
  }
}

TEST_CASE("integers are plain decimal numbers within their bounds") {
  const auto convert = [](const Node& n, std::string_view s, Problems& p) { return as_integer(n, s, 0, 65535, p); };
  CHECK(faults_of("abc", convert) == Lines{"a.yaml:1:4: port: found \"abc\", expected an integer from 0 to 65535"});
  CHECK(faults_of("\"5\"", convert) ==
        Lines{"a.yaml:1:4: port: found the text \"5\", expected an integer from 0 to 65535; remove the quotes"});
  for (const auto* text :
       {"65536", "-1", "1.0", "0x10", "1_000", "08", "+5", "5 m", "[1]", "{a: 1}", "~", "''", "99999999999999999999"}) {
    INFO(text);
    CHECK(faults_of(text, convert).size() == 1);
  }
  Problems problems;
  const auto whole = [&](std::string_view text) {
    using Limits = std::numeric_limits<std::int64_t>;
    return as_integer(*parsed("v: " + std::string(text)).find("v"), "v", Limits::min(), Limits::max(), problems);
  };
  CHECK(whole("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(whole("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  CHECK(whole("0") == 0);
  CHECK(problems.empty());
}

TEST_CASE("texts, truths, durations, sizes and days of another type are told with what was found") {
  CHECK(faults_of("[a]", as_text) == Lines{"a.yaml:1:4: port: found a list, expected a text"});
  CHECK(faults_of("{a: 1}", as_text) == Lines{"a.yaml:1:4: port: found a map, expected a text"});
  CHECK(faults_of("~", as_text) == Lines{"a.yaml:1:4: port: found nothing, expected a text"});
  for (const auto* text : {"yes", "True", "1", "\"true\"", "~", "[]"}) CHECK(faults_of(text, as_bool).size() == 1);
  for (const auto* text : {"15", "m", "1.5h", "-1s", "15 m", "15M", "10w", "~", "[1s]", "9223372036854775807d"}) {
    INFO(text);
    CHECK(faults_of(text, as_duration).size() == 1);
  }
  for (const auto* text : {"15", "5MB", "5mib", "-5B", "1.5GiB", "9223372036854775807KiB"}) {
    INFO(text);
    CHECK(faults_of(text, as_size).size() == 1);
  }
  for (const auto* text : {"2024-02-30", "2024-2-1", "20/12/2024", "~"}) CHECK(faults_of(text, as_day).size() == 1);
  CHECK(faults_of("[a, [b], ~]", as_text_list) == Lines{"a.yaml:1:8: port[1]: found a list, expected a text",
                                                        "a.yaml:1:13: port[2]: found nothing, expected a text"});
  CHECK(faults_of("{a: 1}", as_text_list).size() == 1);
}

TEST_CASE("every unit of a duration and of a size has its length") {
  Problems problems;
  const auto duration = [&](std::string_view text) {
    return as_duration(*parsed("v: " + std::string(text)).find("v"), "v", problems).value();
  };
  CHECK(duration("250ms") == 250ms);
  CHECK(duration("30s") == 30s);
  CHECK(duration("15m") == 15min);
  CHECK(duration("24h") == 24h);
  CHECK(duration("45d") == 45 * 24h);
  CHECK(duration("0s") == 0s);
  const auto size = [&](std::string_view text) {
    return as_size(*parsed("v: " + std::string(text)).find("v"), "v", problems).value();
  };
  CHECK(size("7B") == 7);
  CHECK(size("1KiB") == 1024);
  CHECK(size("2MiB") == 2097152);
  CHECK(size("3GiB") == 3221225472);
  CHECK(problems.empty());
}

TEST_CASE("a choice lists what is allowed and suggests the nearest") {
  const Node root = parsed("kind: webhok\nlanguage: fr\n");
  Problems problems;
  MapReader reader(root, "channel room", problems);
  CHECK(reader.choice("kind", {"webhook", "smtp"}, "webhook") == "webhook");
  CHECK(reader.choice("language", {"vi", "en"}, "vi") == "vi");
  reader.finish();
  CHECK(problems.lines() ==
        Lines{"a.yaml:1:7: channel room, kind: found \"webhok\", expected webhook | smtp, did you mean \"webhook\"?",
              "a.yaml:2:11: channel room, language: found \"fr\", expected vi | en"});
}

TEST_CASE("a secret written into the file is refused without being shown") {
  const auto found = faults_of("hunter2-the-password", as_secret);
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains("{secret: name}") && !Catch::Contains("hunter2"));
  CHECK(faults_of("{secret: a, other: b}", as_secret) == Lines{"a.yaml:1:16: unknown key \"other\""});
  CHECK(faults_of("{}", as_secret).size() == 1);
  CHECK(faults_of("[a]", as_secret).size() == 1);
}

TEST_CASE("what a fault quotes is short and shows no control characters") {
  const auto convert = [](const Node& n, std::string_view s, Problems& p) { return as_integer(n, s, 0, 9, p); };
  const auto found = faults_of("\"a\\n\\e[2J" + std::string(500, 'x') + "\"", convert);
  REQUIRE(found.size() == 1);
  CHECK(found[0].size() < 150);
  CHECK_THAT(found[0], Catch::Contains("a\\x0a\\x1b[2J"));
}

TEST_CASE("a map's keys are placed for faults that are found later") {
  const Node root = parsed("a: 1\nb:\n  c: 2\n");
  Problems problems;
  MapReader reader(root, "x", problems);
  CHECK(reader.required("a") != nullptr);
  CHECK(reader.required("b") != nullptr);
  CHECK(reader.place_of("b").str() == "a.yaml:2:1");
  CHECK(reader.place_of("none").str() == "a.yaml:1:1");
  CHECK(reader.subject() == "x");
}
