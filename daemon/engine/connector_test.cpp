#include "daemon/engine/connector_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/engine/connector_test_run.h"
#include "daemon/engine/pipeline.h"
#include "daemon/engine/source_plan_connector.h"
#include "daemon/rules/criteria.h"
#include "daemon/settings/reader.h"
#include "daemon/settings/yaml.h"
#include "schemas/embedded.h"

namespace ntmd::engine {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

/// "today" of a test that says none: after every date that a test would write.
constexpr model::Day kToday{std::chrono::year(2099) / 12 / 31};
/// Of tests only; real keys are secrets.
constexpr base::SipKey kTestKey = {'t', 'e', 's', 't', 's', ' ', 'o', 'n', 'l', 'y', ' ', 'k', 'e', 'y', ' ', '1'};

model::ElementTable shipped_elements(Problems& problems) {
  model::ElementTable elements;
  rules::parse_elements("schemas/elements.yaml", schemas::embedded("schemas/elements.yaml"), elements, problems);
  return elements;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// The sample units, and the test's own as rows of the same files.
units::UnitRegister test_units(const Node* own, Problems& problems) {
  std::string rows = std::string(schemas::embedded("schemas/tables/sample_units.csv"));
  std::string aliases = std::string(schemas::embedded("schemas/tables/sample_aliases.csv"));
  if (own != nullptr) {
    if (!own->is_list()) problems.add(own->place, "units: expected a list");
    for (const auto& item : own->items) {
      MapReader reader(item, "units", problems);
      const auto code = reader.required_text("code");
      const auto name = reader.text("name", "Xã " + code);
      const auto kind = reader.choice("kind", {"xa", "phuong", "thi_tran"}, "xa");
      const auto from = reader.day("valid_from").value_or(model::Day{});
      const auto to = reader.day("valid_to");
      rows += fmt::format("{},{},{},,{},{}\n", code, quoted(name), kind, from.iso(), to ? to->iso() : std::string());
      const auto* known_as = reader.optional("aliases");
      if (known_as == nullptr) continue;
      for (const auto& entry : known_as->entries) {
        const auto alias = settings::as_text(entry.value, "units.aliases", problems).value_or("");
        aliases += fmt::format("{},{},{},{},\n", entry.key, quoted(alias), code, from.iso());
      }
    }
  }
  const std::vector<units::UnitRegister::Csv> registers = {{"units of the test", rows}};
  const std::vector<units::UnitRegister::Csv> known = {{"aliases of the test", aliases}};
  return units::UnitRegister::load(registers, {}, known, problems);
}

std::optional<model::Period> month(const std::string& name) {
  const auto first = model::Day::parse(name + "-01");
  if (!first) return std::nullopt;
  const auto ymd = first->ymd();
  return model::Period{*first, model::Day(std::chrono::year_month_day(ymd.year() / ymd.month() / std::chrono::last))};
}

TestOutcome run_file(Pipeline& pipeline, const std::string& text) {
  TestOutcome outcome;
  if (auto fed = pipeline.feed(text); !fed) {
    outcome.delivery = std::unexpected(fed.error());
  } else {
    outcome.delivery = pipeline.finish();
  }
  outcome.notes.assign(pipeline.notes().begin(), pipeline.notes().end());
  return outcome;
}

class TestRunner {
 public:
  TestRunner(std::string_view file, const Node& connector, bool in_place, Problems& problems)
      : file_(file),
        connector_(connector),
        in_place_(in_place),
        problems_(problems),
        elements_(shipped_elements(problems)) {}

  void run(const Node& test, std::vector<ConnectorTest>& results) {
    const auto before = problems_.size();
    MapReader reader(test, "tests", problems_);
    ConnectorTest result;
    result.connector = name();
    result.name = reader.required_text("name");
    const auto* with = reader.optional("with");
    const auto today = reader.day("today").value_or(kToday);
    const auto registered = test_units(reader.optional("units"), problems_);
    const auto* file = reader.optional("file");
    const auto* answers = reader.optional("answers");
    const auto window_name = reader.text("window", "");
    const auto* expect = reader.required("expect");
    reader.finish();
    if (expect != nullptr && expect->is_map() && expect->entries.empty())
      problems_.add(expect->place, "tests.expect: is empty, expected what must become of the input");
    if (!names_.insert(result.name).second)
      problems_.add(test.place, fmt::format("tests: name \"{}\" stands twice", result.name));
    if ((file != nullptr) == (answers != nullptr)) problems_.add(test.place, "tests: expected one of file, answers");
    auto compiled = compile_connector({.connector = connector_,
                                       .with = with,
                                       .with_place = test.place,
                                       .folder = ".",
                                       .in_place = in_place_,
                                       .for_test = true},
                                      elements_, problems_);
    if (problems_.size() != before || !compiled || expect == nullptr) return;

    auto plan = make_plan(std::move(*compiled));
    if ((file != nullptr) != plan->folder.has_value()) {
      problems_.add(test.place, fmt::format("tests: the connector fetches {}",
                                            plan->folder ? "files, expected file" : "by requests, expected answers"));
      return;
    }
    Arrival arrival;
    arrival.today = today;
    arrival.received = base::Instant(std::chrono::days(today.since_epoch()));
    std::string text;
    if (file != nullptr) {
      MapReader file_reader(*file, "tests.file", problems_);
      arrival.part = file_reader.required_text("name");
      const auto* content = file_reader.optional("text");
      if (content == nullptr) problems_.add(file->place, "tests.file: text is missing");
      if (content != nullptr) text = settings::as_text(*content, "tests.file.text", problems_).value_or("");
    } else if (!window_name.empty()) {
      arrival.window = month(window_name);
      if (!arrival.window)
        problems_.add(reader.place_of("window"),
                      fmt::format("tests.window: \"{}\" is no month, expected e.g. 2026-08", window_name));
      arrival.part = window_name;
      if (arrival.window) arrival.dated = arrival.window->last;
    } else {
      arrival.part = today.iso();
      arrival.window = model::Period{today, today};
      arrival.dated = today;
    }
    if (problems_.size() != before) return;
    model::NameTable sources;
    const connectors::Pseudonyms pseudonyms(kTestKey, 1);
    Pipeline pipeline(plan, registered, sources, pseudonyms, arrival);
    const auto outcome =
        file != nullptr ? run_file(pipeline, text)
                        : run_answers(*plan, *answers, plan->rest, arrival.window, arrival.part, pipeline, problems_);
    result.differences = compare(*expect, outcome, elements_, problems_);
    if (problems_.size() == before) results.push_back(std::move(result));
  }

 private:
  [[nodiscard]] std::string name() const {
    const auto* node = connector_.find("connector");
    return node != nullptr && node->is_scalar() ? node->text : file_;
  }
  [[nodiscard]] std::shared_ptr<const SourcePlan> make_plan(CompiledConnector compiled) const {
    auto cron = settings::Cron::parse("0 * * * *");
    auto zone = base::TimeZone::find("UTC");
    return std::make_shared<const SourcePlan>(
        SourcePlan{.id = "test",
                   .connector = name(),
                   .place = connector_.place,
                   .parameters = std::move(compiled.parameters),
                   .schedule = {.cron = std::move(cron.value()), .zone = zone.value()},
                   .freshness = {},
                   .expect = {},
                   .spool = Spooling::digest,
                   .personal = compiled.personal,
                   .folder = std::move(compiled.folder),
                   .rest = std::move(compiled.rest),
                   .records = std::move(compiled.records),
                   .counted = std::move(compiled.counted)});
  }

  std::string file_;
  const Node& connector_;
  bool in_place_;
  Problems& problems_;
  model::ElementTable elements_;
  std::set<std::string> names_;
};

}  // namespace

std::vector<ConnectorTest> run_connector_tests(std::string_view file, std::string_view text, Problems& problems) {
  std::vector<ConnectorTest> results;
  const auto tree = settings::parse_yaml(file, text, problems);
  if (!tree) return results;
  const auto* named = tree->find("connector");
  const bool is_source = tree->find("schedule") != nullptr || tree->find("id") != nullptr;
  if (is_source && named != nullptr && named->is_scalar()) return results;
  const bool in_place = named != nullptr && named->is_map();
  const auto& connector = in_place ? *named : *tree;
  const auto* tests = connector.find("tests");
  if (tests == nullptr || !tests->is_list() || tests->items.empty()) {
    problems.add(tests != nullptr ? tests->place : connector.place, "tests: there are none, expected at least one");
    return results;
  }
  TestRunner runner(file, connector, in_place, problems);
  for (const auto& test : tests->items) runner.run(test, results);
  return results;
}

}  // namespace ntmd::engine
