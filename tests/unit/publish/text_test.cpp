#include <catch2/catch.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include "daemon/publish/layout.h"
#include "daemon/publish/metrics_text.h"
#include "daemon/publish/stamped.h"
#include "daemon/publish/status_text.h"
#include "daemon/publish/text_table.h"
#include "daemon/publish/words.h"
#include "tests/unit/publish/sample.h"

namespace ntmd::publish {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST_CASE("Columns line up whatever the accents, composed or not") {
  TextTable table({TextTable::Align::left, TextTable::Align::right, TextTable::Align::left});
  table.row({"Xã Hy Cương", "7", "x"});
  table.row({"Ha\xCC\x80", "1234"});
  table.row({"a\x1b[31m", "5", "y"});
  CHECK(table.str() ==
        "Xã Hy Cương     7  x\n"
        "Ha\xCC\x80           1234\n"
        "a\\x1b[31m       5  y\n");
}

TEST_CASE("The status table lists every unit with its word, in the language asked for") {
  const auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(12), 9));
  const auto vi = lines_of(status_text(snapshot, Language::vi));
  const auto en = lines_of(status_text(snapshot, Language::en));
  REQUIRE(vi.size() >= 14);
  CHECK(vi[0] == "đánh giá ngày 2024-12-20 · địa giới ngày 2024-12-01 · bản công bố số 9");
  CHECK(vi[2].find("07900  Xã Số 1") == 0);
  CHECK(vi[6].find("✓ đạt") != std::string::npos);
  CHECK(en[6].find("✓ met") != std::string::npos);
  CHECK(en[6].find("13/13") != std::string::npos);
  CHECK(en.back() == "alerts: 1 firing, 1 pending");
  CHECK(status_text(snapshot, Language::en).find("source a-portal: has not run, never") != std::string::npos);
  CHECK(status_text(snapshot, Language::en).find("source bank-vcb") == std::string::npos);
}

TEST_CASE("One unit's table and one verdict's explanation go down to the deliveries") {
  auto verdicts = test::make_verdicts(test::make_lines(12), 9);
  auto& one = verdicts->by_unit.change(4).indicators[2];
  one.state = rules::State::not_met;
  one.gap = 5;
  one.reasons = {rules::Reason::below_threshold};
  one.flags = {rules::Flag::previous_window};
  const auto snapshot = test::make_snapshot(verdicts);
  const auto unit = unit_text(snapshot, "07912", Language::en);
  REQUIRE(unit);
  CHECK(unit->find("5 more needed; below the threshold") != std::string::npos);
  const auto told = explain_text(snapshot, "07912", "1.2.1", Language::en);
  REQUIRE(told);
  for (const char* part :
       {"1.2.1 Dossiers online", "✗ not met", "1.2.1_numerator / 1.2.1_denominator ≥ 75 %", "5 more needed",
        "counted over the whole previous year", "delivery delivery-1", "delivery delivery-2", "so-lieu-xa",
        "2024-01-01..2024-12-01", "19 days old", "12/BB-UBND, UBND xã", "xa-thong-minh-2024 2024.10 sha256 aaaa"}) {
    INFO(part);
    CHECK(told->find(part) != std::string::npos);
  }
}

TEST_CASE("Asking for a unit or indicator that is not there says what would be") {
  const auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(1), 9));
  const auto no_unit = unit_text(snapshot, "99999\x1b", Language::vi);
  REQUIRE_FALSE(no_unit);
  CHECK(no_unit.error().fault == base::Fault::gone);
  CHECK(no_unit.error().what ==
        "unit \"99999\\x1b\": not assessed on 2024-12-20, expected a code that `ntmd status` lists");
  const auto no_indicator = explain_text(snapshot, "07900", "9.9", Language::vi);
  REQUIRE_FALSE(no_indicator);
  CHECK(no_indicator.error().what.find("expected one of 1.1.1, 1.1.2") != std::string::npos);
}

TEST_CASE("Every code has words in both languages, and no two codes the same") {
  std::set<std::string_view> seen;
  const auto check = [&](Phrase phrase) {
    CHECK(phrase.vi.size() > 1);
    CHECK(phrase.en.size() > 1);
    CHECK(phrase.vi != phrase.en);
    CHECK(seen.insert(phrase.en).second);
  };
  for (int i = 1; i <= 7; ++i) check(word(static_cast<rules::State>(i)));
  seen.clear();
  int reasons = 0;
  while (rules::to_string(static_cast<rules::Reason>(reasons + 1)) != "unknown")
    check(word(static_cast<rules::Reason>(++reasons)));
  CHECK(reasons >= 18);
  seen.clear();
  int flags = 0;
  while (rules::to_string(static_cast<rules::Flag>(flags + 1)) != "unknown")
    check(word(static_cast<rules::Flag>(++flags)));
  CHECK(flags >= 4);
  seen.clear();
  for (int i = 1; i <= 12; ++i) check(word(static_cast<model::EvidenceKind>(i)));
  CHECK(outcome_word("held").en == "held");
  CHECK(outcome_word("melted").vi == "melted");
  CHECK(alert_word("IndicatorLost").en == "Indicator lost");
}

TEST_CASE("The signs of the states differ") {
  std::set<std::string_view> signs;
  for (int i = 1; i <= 7; ++i) CHECK(signs.insert(sign(static_cast<rules::State>(i))).second);
}

TEST_CASE("A gap is told only when something is missing") {
  rules::IndicatorVerdict verdict;
  CHECK(gap_text(verdict, Language::vi).empty());
  CHECK(slack_text(verdict, Language::vi).empty());
  verdict.gap = 0;
  verdict.slack = 100;
  CHECK(gap_text(verdict, Language::vi).empty());
  CHECK(slack_text(verdict, Language::en) == "can lose 100");
  verdict.gap = 4;
  verdict.slack = 0;
  CHECK(gap_text(verdict, Language::vi) == "cần thêm 4");
  CHECK(slack_text(verdict, Language::en).empty());
}

TEST_CASE("Files differ when anything but the digits of their stamp does") {
  const Stamped file{"head ", "generation 7 at 10:04", " tail"};
  CHECK(file.same_as("head generation 7 at 10:04 tail"));
  CHECK(file.same_as("head generation 123 at 9:59 tail"));
  CHECK_FALSE(file.same_as("head generation 7 at 10:04 tall"));
  CHECK_FALSE(file.same_as("heat generation 7 at 10:04 tail"));
  CHECK_FALSE(file.same_as("head generation x at 10:04 tail"));
  CHECK_FALSE(file.same_as("head  tail"));
  CHECK_FALSE(file.same_as(""));
}

/// The text format's grammar, as far as promtool's lint goes.
TEST_CASE("Metrics are in Prometheus's text format with help, type and bounded labels") {
  auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(30), 7));
  snapshot.counters = {{"ntmd_requests_total", "Requests answered.", {{"code", "200"}}, 3}};
  const auto text = metrics_text(snapshot);
  const std::regex sample(R"(([a-z_]+)(\{([a-z_]+="[^"\\]*",?)*\})? (-?[0-9.e+]+))");
  std::set<std::string> described;
  std::set<std::string> typed;
  std::set<std::string> series;
  std::string type;
  for (const auto& line : lines_of(text)) {
    INFO(line);
    if (line.starts_with("# HELP ")) {
      CHECK(described.insert(line.substr(7, line.find(' ', 7) - 7)).second);
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      const auto name = line.substr(7, line.find(' ', 7) - 7);
      type = line.substr(line.rfind(' ') + 1);
      CHECK(typed.insert(name).second);
      CHECK(name.ends_with("_total") == (type == "counter"));
      continue;
    }
    std::smatch match;
    REQUIRE(std::regex_match(line, match, sample));
    CHECK(described.contains(match[1]));
    CHECK(typed.contains(match[1]));
    CHECK(std::string(match[1]).starts_with("ntmd_"));
    CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
  }
  CHECK(text.find("ntmd_generation 7\n") != std::string::npos);
  CHECK(text.find("ntmd_build_info{version=\"0.1.0\"} 1\n") != std::string::npos);
  CHECK(text.find("ntmd_source_last_success_timestamp_seconds{source=\"bank-vcb\"} 1734663845\n") != std::string::npos);
  CHECK(text.find("ntmd_source_last_success_timestamp_seconds{source=\"a-portal\"}") == std::string::npos);
  CHECK(text.find("ntmd_source_rows{source=\"bank-vcb\",result=\"quarantined\"} 5\n") != std::string::npos);
  CHECK(text.find("ntmd_alerts{state=\"firing\"} 1\n") != std::string::npos);
  CHECK(text.find("ntmd_requests_total{code=\"200\"} 3\n") != std::string::npos);
  CHECK(text.find("Xã") == std::string::npos);
  CHECK(text.find("07900") == std::string::npos);
}

TEST_CASE("Metrics count every indicator of every unit once") {
  const auto verdicts = test::make_verdicts(test::make_lines(30), 7);
  const auto text = metrics_text(test::make_snapshot(verdicts));
  std::size_t total = 0;
  std::size_t units = 0;
  for (const auto& line : lines_of(text)) {
    const auto value = [&] { return std::stoul(line.substr(line.rfind(' ') + 1)); };
    if (line.starts_with("ntmd_unit_indicators{")) total += value();
    if (line.starts_with("ntmd_units{")) units += value();
  }
  CHECK(total == 30 * 13);
  CHECK(units == 30);
}

TEST_CASE("A counter that Prometheus would refuse is a bug that shows at once") {
  auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(1), 7));
  snapshot.counters = {{"ntmd_requests", "Requests.", {}, 1}};
  CHECK_THROWS_AS(metrics_text(snapshot), std::logic_error);
  snapshot.counters = {{"ntmd_requests_total", "Requests.", {{"bad-label", "x"}}, 1}};
  CHECK_THROWS_AS(metrics_text(snapshot), std::logic_error);
}

}  // namespace
}  // namespace ntmd::publish
