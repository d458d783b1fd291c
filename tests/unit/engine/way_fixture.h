#pragma once
// What the tests of the way of the data share: sample units, shipped elements, a source's plan, a delivery in one call.

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/engine/pipeline.h"
#include "daemon/engine/source_plan.h"
#include "daemon/rules/criteria.h"
#include "schemas/embedded.h"

namespace ntmd::engine {

struct Way {
  Way() {
    settings::Problems problems;
    rules::parse_elements("schemas/elements.yaml", schemas::embedded("schemas/elements.yaml"), elements, problems);
    const std::vector<units::UnitRegister::Csv> registers = {
        {"units.csv", std::string(schemas::embedded("schemas/tables/sample_units.csv"))}};
    const std::vector<units::UnitRegister::Csv> aliases = {
        {"aliases.csv", std::string(schemas::embedded("schemas/tables/sample_aliases.csv"))}};
    units = std::make_shared<const units::UnitRegister>(units::UnitRegister::load(registers, {}, aliases, problems));
    CAPTURE(problems.lines());
    REQUIRE(problems.empty());
  }

  /// The faults of a source file; the plan is kept when there are none.
  std::vector<std::string> read(std::string_view text, std::string_view file = "sources.d/s.yaml",
                                const std::string& connectors_dir = {}) {
    settings::Problems problems;
    const PlanContext context{elements, units, connectors_dir, base::TimeZone::find("Asia/Ho_Chi_Minh").value()};
    auto made = read_source(file, text, context, problems);
    plan = made ? std::make_shared<const SourcePlan>(std::move(*made)) : nullptr;
    return problems.lines();
  }
  std::shared_ptr<const SourcePlan> source(std::string_view text) {
    const auto faults = read(text);
    CAPTURE(faults);
    REQUIRE(plan != nullptr);
    return plan;
  }

  Arrival arrival(std::string part) const {
    Arrival made;
    made.part = std::move(part);
    made.received = base::Instant(std::chrono::hours(480000));
    made.today = today;
    return made;
  }
  base::Result<store::StagedDelivery> deliver(const std::string& part, std::string_view text,
                                              std::size_t piece = 1 << 20) {
    Pipeline pipeline(plan, *units, sources, pseudonyms, arrival(part));
    for (std::size_t at = 0; at < text.size(); at += piece) {
      const std::string bytes(text.substr(at, piece));
      if (auto fed = pipeline.feed(bytes); !fed) return std::unexpected(fed.error());
    }
    auto made = pipeline.finish();
    notes.assign(pipeline.notes().begin(), pipeline.notes().end());
    return made;
  }

  /// What the delivery counted; once.
  static std::vector<store::Run> runs(const store::StagedDelivery& delivery) {
    auto runs = store::read_runs(delivery.runs.get());
    if (!runs) FAIL(runs.error().what);
    return std::move(*runs);
  }

  model::ElementTable elements;
  std::shared_ptr<const units::UnitRegister> units;
  model::NameTable sources;
  connectors::Pseudonyms pseudonyms{base::SipKey{1, 2, 3}, 7};
  std::shared_ptr<const SourcePlan> plan;
  std::vector<std::string> notes;
  model::Day today = model::Day::of(2024, 12, 20).value();
};

inline constexpr std::string_view kFigures = R"(
id: so-lieu-xa
connector: figures-csv
with: {dir: "../in", match: "*.csv"}
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
)";
inline constexpr std::string_view kEvidence = R"(
id: ho-so
connector: evidence-register
with: {dir: "../in", match: "*.csv"}
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
)";
inline constexpr std::string_view kBank = R"(
id: bank-vcb
connector: bank-accounts-csv
with: {dir: "../in/banks", match: "vcb_*.csv", bank: vcb}
schedule: {cron: "0 * * * *", timezone: Asia/Ho_Chi_Minh}
expect: {quarantine_max_pct: 50}
)";
inline constexpr std::string_view kBankHeader = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n";

}  // namespace ntmd::engine
