#include "daemon/engine/pipeline.h"

#include <catch2/catch.hpp>

#include "connectors/catalogue/catalogue.h"
#include "daemon/engine/counted.h"
#include "daemon/rules/criteria.h"
#include "daemon/settings/yaml.h"
#include "schemas/embedded.h"

using namespace ntmd;

namespace {

constexpr std::string_view kHeader = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n";

struct Bench {
  settings::Problems problems;
  model::ElementTable elements;
  model::NameTable sources;
  std::shared_ptr<engine::SourcePlan> plan = std::make_shared<engine::SourcePlan>();
  std::optional<units::UnitRegister> units;
  connectors::Pseudonyms pseudonyms{base::SipKey{1, 2, 3}, 1};

  Bench() {
    rules::parse_elements("elements", schemas::embedded("schemas/elements.yaml"), elements, problems);
    const auto root =
        settings::parse_yaml("bank", schemas::embedded("connectors/catalogue/bank-accounts-csv.yaml"), problems);
    const auto with = settings::parse_yaml("with", "{dir: /in, match: '*', bank: vcb}", problems);
    auto body = engine::compile_connector(*root, &*with, "/", elements, problems);
    plan->id = "bank-vcb";
    plan->records = body->records;
    const std::vector<units::UnitRegister::Csv> csv{
        {"units",
         "code,name,kind,group,valid_from,valid_to\n08515,Xã A,xa,,2020-01-01,\n08518,Xã B,xa,,2020-01-01,\n"}};
    units = units::UnitRegister::load(csv, {}, {}, problems);
    REQUIRE(problems.empty());
  }

  base::Result<store::StagedDelivery> load(const std::string& text, std::size_t piece) {
    engine::Arrival arrival;
    arrival.part = "vcb_2024-12-01.csv";
    arrival.dated = model::Day::parse("2024-12-01");
    arrival.today = model::Day::parse("2024-12-31").value();
    engine::Pipeline pipeline(plan, *units, elements, sources, pseudonyms, arrival);
    for (std::size_t at = 0; at < text.size(); at += piece) {
      if (auto fed = pipeline.feed(std::string_view(text).substr(at, piece)); !fed) return std::unexpected(fed.error());
    }
    return pipeline.finish();
  }
};

std::string rows() {
  std::string text(kHeader);
  for (int i = 0; i < 5000; ++i) {
    const auto id = std::to_string(25090000000 + i % 3000);
    text += (i % 2 == 0 ? "08515,0" : "08518,0") + id + (i % 7 == 0 ? ",\"LÊ, \"\"TÝ\"\"\"" : ",AN") +
            ",01/02/1990,TK,01/02/2023," +
            (i % 11 == 0    ? "CLOSED\n"
             : i % 100 == 3 ? "FROZEN\n"
                            : "ACTIVE\n");
  }
  return text;
}

}  // namespace

TEST_CASE("a bank file gives the same however its bytes are cut") {
  Bench bench;
  const auto text = rows();
  const auto whole = bench.load(text, text.size());
  REQUIRE(whole);
  CHECK(whole->head.counts.fetched == 5000);
  CHECK(whole->head.counts.fetched ==
        whole->head.counts.loaded + whole->head.counts.filtered + whole->head.counts.quarantined);
  for (const std::size_t piece : {1UL, 7UL, 4096UL}) {
    const auto cut = bench.load(text, piece);
    REQUIRE(cut);
    CHECK(cut->head.id == whole->head.id);
    CHECK(cut->head.counts == whole->head.counts);
    CHECK(cut->quarantine == whole->quarantine);
    REQUIRE(cut->runs.size() == whole->runs.size());
    for (std::size_t i = 0; i < cut->runs.size(); ++i) CHECK(cut->runs[i].keys == whole->runs[i].keys);
  }
}

TEST_CASE("quarantined rows of personal sources keep no value") {
  Bench bench;
  const auto staged = bench.load(std::string(kHeader) + "08515,02509000000,AN,01/02/1990,TK,01/02/2023,ACTIVE\n", 1000);
  REQUIRE(staged);
  REQUIRE(staged->quarantine.size() == 1);
  CHECK_FALSE(staged->quarantine[0].value);
  CHECK(staged->quarantine[0].message.find("11 digits, expected 12") != std::string::npos);
}

TEST_CASE("beyond quarantine_max_pct a delivery is held and says why") {
  Bench bench;
  const auto staged = bench.load(rows() + "08515,1,AN,01/02/1990,TK,01/02/2023,ACTIVE\n", 100000);
  REQUIRE(staged);
  CHECK(staged->head.standing == store::Standing::in_force);
  bench.plan->expect.quarantine_max_pct = 0;
  const auto strict = bench.load(rows(), 100000);
  REQUIRE(strict);
  CHECK(strict->head.standing == store::Standing::held);
  CHECK(strict->head.reason.find("expected at most 0 %") != std::string::npos);
}

TEST_CASE("the union of runs counts each key once") {
  CHECK(engine::union_size({}) == 0);
  CHECK(engine::union_size({{1, 2, 3}}) == 3);
  CHECK(engine::union_size({{1, 2, 3}, {}, {2, 3, 4}, {~0ULL}}) == 5);
}

TEST_CASE("of a source's snapshots the newest on or before the day is in force, with the last delivered of each part") {
  const auto head = [](model::Revision revision, const char* day, std::string part,
                       store::Standing standing = store::Standing::in_force) {
    store::DeliveryHead out;
    out.revision = revision;
    out.kind = store::LoadKind::snapshot;
    out.dated = model::Day::parse(day);
    out.part = std::move(part);
    out.standing = standing;
    return out;
  };
  const std::vector<store::DeliveryHead> heads{
      head(1, "2024-12-01", "a"), head(2, "2024-12-10", "a"), head(3, "2024-12-10", "b"),
      head(4, "2024-12-10", "a"), head(5, "2024-12-20", "a"), head(6, "2024-12-12", "a", store::Standing::held)};
  const auto revisions = [&](const char* day) {
    std::vector<model::Revision> out;
    for (const auto& each : engine::snapshot_in_force(heads, model::Day::parse(day).value()))
      out.push_back(each.revision);
    return out;
  };
  CHECK(revisions("2024-12-15") == std::vector<model::Revision>{3, 4});
  CHECK(revisions("2024-12-05") == std::vector<model::Revision>{1});
  CHECK(revisions("2024-12-31") == std::vector<model::Revision>{5});
  CHECK(revisions("2024-11-30").empty());
}
