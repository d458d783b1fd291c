#include "daemon/engine/connector_test.h"

#include <algorithm>

#include <fmt/format.h>

#include "connectors/files/folder_scan.h"
#include "daemon/engine/pipeline.h"
#include "daemon/rules/criteria.h"
#include "daemon/settings/yaml.h"
#include "schemas/embedded.h"

namespace ntmd::engine {
namespace {

using settings::MapReader;
using settings::Node;

/// The unit that connector tests speak of unless they name others under `units:`.
constexpr std::string_view kUnit = "08515";
constexpr std::string_view kSource = "under-test";

class Runner {
 public:
  explicit Runner(settings::Problems& problems) : problems_(problems) {
    rules::parse_elements("schemas/elements.yaml", schemas::embedded("schemas/elements.yaml"), elements_, problems_);
  }

  std::vector<ConnectorTest> run(const Node& root) {
    std::vector<ConnectorTest> out;
    const auto* name = root.find("connector");
    const auto* tests = root.find("tests");
    if (tests == nullptr || !tests->is_list() || tests->items.empty()) {
      problems_.add(root.place, "connector: has no tests, expected at least one under tests:");
      return out;
    }
    for (const auto& node : tests->items)
      out.push_back(run_test(root, name == nullptr ? std::string{} : name->text, node));
    return out;
  }

 private:
  ConnectorTest run_test(const Node& root, const std::string& connector, const Node& node) {
    ConnectorTest test;
    test.connector = connector;
    differences_ = &test.differences;
    MapReader reader(node, "test", problems_);
    test.name = reader.required_text("name");
    const auto* with = reader.optional("with");
    const auto* file = reader.required("file");
    const auto* expect = reader.required("expect");
    auto codes = reader.text_list("units");
    if (codes.empty()) codes.emplace_back(kUnit);
    if (file == nullptr || expect == nullptr) {
      test.differences.emplace_back("cannot run: see the faults");
      return test;
    }
    MapReader content(*file, "file", problems_);
    const auto name = content.required_text("name");
    const auto* text = content.required("text");

    auto plan = plan_of(root, with);
    if (!plan || text == nullptr) {
      test.differences.emplace_back("cannot run: see the faults");
      return test;
    }
    auto csv = std::string("code,name,kind,group,valid_from,valid_to\n");
    for (const auto& code : codes) csv += fmt::format("{},Xã {},xa,,2000-01-01,\n", code, code);
    const std::vector<units::UnitRegister::Csv> registers{{"units of the test", csv}};
    const auto units = units::UnitRegister::load(registers, {}, {}, problems_);
    model::NameTable sources;
    const connectors::Pseudonyms pseudonyms(base::SipKey{}, 1);
    Arrival arrival;
    arrival.part = name;
    if (plan->folder.date_pattern) arrival.dated = connectors::date_in_name(name);
    arrival.today = model::Day::parse("2100-01-01").value();
    Pipeline pipeline(plan, units, elements_, sources, pseudonyms, arrival);
    auto fed = pipeline.feed(text->text);
    base::Result<store::StagedDelivery> staged = fed ? pipeline.finish() : std::unexpected(fed.error());
    compare(*expect, staged);
    return test;
  }

  /// Parameters that the test does not give get a stand-in: no folder is read.
  std::shared_ptr<const SourcePlan> plan_of(const Node& root, const Node* with) {
    Node given{Node::Kind::map, false, {}, {}, {}, root.place};
    if (with != nullptr) given = *with;
    if (const auto* declared = root.find("with")) {
      for (const auto& entry : declared->entries) {
        if (given.find(entry.key) == nullptr)
          given.entries.push_back({entry.key, root.place, {Node::Kind::scalar, true, entry.key, {}, {}, root.place}});
      }
    }
    auto body = compile_connector(root, &given, base::Path("/"), elements_, problems_);
    if (!body) return nullptr;
    auto plan = std::make_shared<SourcePlan>();
    plan->id = kSource;
    plan->folder = std::move(body->folder);
    plan->records = std::move(body->records);
    plan->counted = std::move(body->counted);
    plan->expect.quarantine_max_pct = 100;
    return plan;
  }

  void differ(std::string line) { differences_->push_back(std::move(line)); }

  void compare(const Node& node, const base::Result<store::StagedDelivery>& staged) {
    MapReader expect(node, "expect", problems_);
    const auto refused = expect.text("refused", "");
    const auto* rows = expect.optional("rows");
    const auto* quarantine = expect.optional("quarantine");
    const auto* figures = expect.optional("figures");
    const auto outcome = expect.text("outcome", "ok");
    const auto evidence = expect.integer("evidence", 0, 1'000'000, 0);
    expect.finish();
    if (!staged) {
      if (refused.empty()) differ("refused: " + staged.error().what);
      if (staged.error().what.find(refused) == std::string::npos)
        differ(fmt::format("refused with \"{}\", expected \"{}\"", staged.error().what, refused));
      return;
    }
    if (!refused.empty()) {
      differ(fmt::format("was taken, expected to be refused with \"{}\"", refused));
      return;
    }
    if (store::to_string(staged->head.outcome) != outcome) {
      differ(fmt::format("outcome is {}, expected {}", store::to_string(staged->head.outcome), outcome));
    }
    if (rows != nullptr) compare_rows(*rows, staged->head.counts);
    compare_quarantine(quarantine, staged->quarantine);
    if (static_cast<std::int64_t>(staged->evidence.size()) != evidence) {
      differ(fmt::format("{} records of evidence, expected {}", staged->evidence.size(), evidence));
    }
    compare_figures(figures, *staged);
  }

  void compare_rows(const Node& node, const store::Counts& counts) {
    MapReader rows(node, "rows", problems_);
    const auto same = [&](std::string_view key, std::uint64_t is) {
      if (rows.optional(key) == nullptr) return;
      const auto expected = rows.integer(key, 0, 1'000'000'000, 0);
      if (static_cast<std::uint64_t>(expected) != is) differ(fmt::format("{} rows {}, expected {}", is, key, expected));
    };
    same("fetched", counts.fetched);
    same("loaded", counts.loaded);
    same("filtered", counts.filtered);
    same("quarantined", counts.quarantined);
    if (counts.fetched != counts.loaded + counts.filtered + counts.quarantined)
      differ("fetched rows are not loaded + filtered + quarantined");
  }

  void compare_quarantine(const Node* node, std::vector<store::QuarantineRow> rows) {
    std::ranges::stable_sort(rows, {}, &store::QuarantineRow::line);
    const auto expected = node == nullptr ? std::size_t{0} : node->items.size();
    if (rows.size() != expected) differ(fmt::format("{} rows in quarantine, expected {}", rows.size(), expected));
    for (std::size_t i = 0; i < std::min(rows.size(), expected); ++i) {
      MapReader row(node->items[i], "quarantine", problems_);
      const auto line = row.integer("line", 0, 1'000'000'000, 0);
      const auto column = row.text("column", "");
      const auto rule = row.text("rule", "");
      if (static_cast<std::uint64_t>(line) != rows[i].line || (!column.empty() && column != rows[i].column) ||
          rule != rows[i].rule) {
        differ(fmt::format("quarantine: line {} {} {}, expected line {} {} {}", rows[i].line, rows[i].column,
                           rows[i].rule, line, column, rule));
      }
    }
  }

  void compare_figures(const Node* node, const store::StagedDelivery& staged) {
    std::vector<std::string> is;
    for (const auto& figure : staged.figures) {
      is.push_back(fmt::format("{} {} {} {}", figure.unit.view(), elements_.names().name(figure.element),
                               figure.period.last.iso(), figure.value));
    }
    for (const auto& run : staged.runs) {
      is.push_back(fmt::format("{} {} {} {}", run.unit.view(), elements_.names().name(run.element),
                               staged.head.dated ? staged.head.dated->iso() : std::string{}, run.keys.size()));
    }
    std::vector<std::string> expected;
    if (node != nullptr) {
      for (const auto& item : node->items) {
        MapReader figure(item, "figures", problems_);
        expected.push_back(fmt::format("{} {} {} {}", figure.text("unit", ""), figure.text("element", ""),
                                       figure.text("as_of", ""), figure.integer("value", 0, 1'000'000'000'000'000, 0)));
      }
    }
    std::ranges::sort(is);
    std::ranges::sort(expected);
    for (const auto& line : is) {
      if (!std::ranges::binary_search(expected, line)) differ("figure not expected: " + line);
    }
    for (const auto& line : expected) {
      if (!std::ranges::binary_search(is, line)) differ("figure is missing: " + line);
    }
  }

  settings::Problems& problems_;
  model::ElementTable elements_;
  std::vector<std::string>* differences_ = nullptr;
};

}  // namespace

std::vector<ConnectorTest> run_connector_tests(std::string_view file, std::string_view text,
                                               settings::Problems& problems) {
  const auto root = settings::parse_yaml(file, text, problems);
  if (!root) return {};
  return Runner(problems).run(*root);
}

}  // namespace ntmd::engine
