// Every folder tests/cases/<connector>/<case>/ is a delivery as somebody sent it, and what must become of it:
//   source.yaml        the source
//   input files        everything else, in the order of their names
//   records.ndjson     figures, evidence and counted people that are loaded
//   rejects.ndjson     the rows in quarantine
//   outcome.txt        one line per file: counts and standing, or the refusal
// NTMD_WRITE_CASES=1 writes the expectations anew; read the difference before you keep it.

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/base/json_writer.h"
#include "daemon/engine/pipeline.h"
#include "daemon/rules/criteria.h"
#include "daemon/store/record_months.h"
#include "schemas/embedded.h"

using namespace ntmd;
namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What came of all files of a case.
struct Result {
  std::string records;
  std::string rejects;
  std::string outcome;
};

bool is_input(const fs::path& path) {
  const auto name = path.filename().string();
  return name != "source.yaml" && name != "records.ndjson" && name != "rejects.ndjson" && name != "outcome.txt" &&
         name != "note.txt";
}

class CaseRunner {
 public:
  CaseRunner() {
    settings::Problems problems;
    rules::parse_elements("schemas/elements.yaml", schemas::embedded("schemas/elements.yaml"), elements_, problems);
    const std::vector<units::UnitRegister::Csv> registers = {
        {"units", std::string(schemas::embedded("schemas/tables/sample_units.csv"))}};
    const std::vector<units::UnitRegister::Csv> aliases = {
        {"aliases", std::string(schemas::embedded("schemas/tables/sample_aliases.csv"))}};
    units_ = std::make_shared<const units::UnitRegister>(units::UnitRegister::load(registers, {}, aliases, problems));
    REQUIRE(problems.empty());
  }

  Result run(const fs::path& folder, std::size_t piece) {
    settings::Problems problems;
    const engine::PlanContext context{elements_, units_, "", base::TimeZone::find("Asia/Ho_Chi_Minh").value()};
    auto read =
        engine::read_source((folder / "source.yaml").string(), read_file(folder / "source.yaml"), context, problems);
    CAPTURE(problems.lines());
    REQUIRE(read);
    const auto plan = std::make_shared<const engine::SourcePlan>(std::move(*read));
    std::vector<fs::path> inputs;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (is_input(entry.path())) inputs.push_back(entry.path());
    }
    std::sort(inputs.begin(), inputs.end());
    REQUIRE_FALSE(inputs.empty());
    Result result;
    for (const auto& input : inputs) deliver(plan, input, piece, result);
    return result;
  }

 private:
  void deliver(const std::shared_ptr<const engine::SourcePlan>& plan, const fs::path& input, std::size_t piece,
               Result& result) {
    engine::Arrival arrival;
    arrival.part = input.filename().string();
    arrival.today = model::Day::of(2024, 12, 20).value();
    engine::Pipeline pipeline(plan, *units_, sources_, pseudonyms_, arrival);
    const auto text = read_file(input);
    base::Status fed;
    for (std::size_t at = 0; at < text.size() && fed; at += piece)
      fed = pipeline.feed(std::string_view(text).substr(at, piece));
    auto delivery = fed ? pipeline.finish() : base::Result<store::StagedDelivery>(std::unexpected(fed.error()));
    if (!delivery) {
      result.outcome += fmt::format("refused {}\n", delivery.error().what);
      return;
    }
    const auto& head = delivery->head;
    result.outcome += fmt::format("{}: fetched {}, loaded {}, filtered {}, quarantined {}; {} {}\n", head.part,
                                  head.counts.fetched, head.counts.loaded, head.counts.filtered,
                                  head.counts.quarantined, store::to_string(head.standing), head.reason);
    for (const auto& note : pipeline.notes()) result.outcome += fmt::format("note {}\n", note);
    auto figures = delivery->figures;
    if (delivery->records) {
      auto counted = store::figures_alone(*delivery->records);
      REQUIRE(counted);
      figures = std::move(*counted);
    }
    for (const auto& figure : figures) {
      base::JsonWriter line;
      line.begin_object().field("unit", figure.unit.view()).field("element", elements_.names().name(figure.element));
      line.field("first", figure.period.first.iso())
          .field("last", figure.period.last.iso())
          .field("value", figure.value)
          .end_object();
      result.records += line.str() + "\n";
    }
    for (const auto& record : delivery->evidence) {
      base::JsonWriter line;
      line.begin_object().field("unit", record.unit.view()).field("indicator", record.indicator);
      line.field("kind", model::to_string(record.kind)).field("state", model::to_string(record.state));
      line.field("issued_on", record.issued_on.iso())
          .field("issuer", record.issuer)
          .field("number", record.number)
          .end_object();
      result.records += line.str() + "\n";
    }
    const auto runs = store::read_runs(delivery->runs.get());
    REQUIRE(runs);
    for (const auto& run : *runs) {
      base::JsonWriter line;
      line.begin_object().field("unit", run.unit.view()).field("element", elements_.names().name(run.element));
      line.field("partition", head.partition).field("people", static_cast<std::uint64_t>(run.keys.size())).end_object();
      result.records += line.str() + "\n";
    }
    for (const auto& row : delivery->quarantine) {
      base::JsonWriter line;
      line.begin_object()
          .field("line", row.line)
          .field("byte", row.byte)
          .field("column", row.column)
          .field("rule", row.rule);
      line.field("message", row.message);
      if (row.value) line.field("value", *row.value);
      result.rejects += line.end_object().str() + "\n";
    }
  }

  model::ElementTable elements_;
  std::shared_ptr<const units::UnitRegister> units_;
  model::NameTable sources_;
  connectors::Pseudonyms pseudonyms_{base::SipKey{9}, 1};
};

std::vector<fs::path> case_folders() {
  std::vector<fs::path> folders;
  for (const auto& connector : fs::directory_iterator("tests/cases")) {
    if (!connector.is_directory()) continue;
    for (const auto& folder : fs::directory_iterator(connector)) {
      if (fs::exists(folder.path() / "source.yaml")) folders.push_back(folder.path());
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

void write_file(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

TEST_CASE("what was sent becomes what the case says, in whatever pieces it is read") {
  const auto folders = case_folders();
  REQUIRE(folders.size() >= 10);
  const bool write = std::getenv("NTMD_WRITE_CASES") != nullptr;
  CaseRunner runner;
  for (const auto& folder : folders) {
    CAPTURE(folder.string());
    const auto whole = runner.run(folder, std::size_t{1} << 30U);
    if (write) {
      write_file(folder / "records.ndjson", whole.records);
      write_file(folder / "rejects.ndjson", whole.rejects);
      write_file(folder / "outcome.txt", whole.outcome);
    }
    CHECK(whole.records == read_file(folder / "records.ndjson"));
    CHECK(whole.rejects == read_file(folder / "rejects.ndjson"));
    CHECK(whole.outcome == read_file(folder / "outcome.txt"));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
      CAPTURE(piece);
      const auto cut = runner.run(folder, piece);
      CHECK(cut.records == whole.records);
      CHECK(cut.rejects == whole.rejects);
      CHECK(cut.outcome == whole.outcome);
    }
  }
}
