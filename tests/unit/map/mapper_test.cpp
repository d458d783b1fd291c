#include "connectors/map/mapper.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "connectors/codec/csv.h"
#include "connectors/map/compile.h"
#include "daemon/settings/yaml.h"

using namespace ntmd;
using namespace ntmd::connectors;

namespace {

const std::shared_ptr<const units::UnitRegister>& sample_units() {
  static const auto units = [] {
    settings::Problems problems;
    const std::vector<units::UnitRegister::Csv> registers = {{"u",
                                                              "code,name,kind,group,valid_from,valid_to\n"
                                                              "08515,Xã Hy Cương,xa,227,2020-01-01,\n"
                                                              "08290,Xã Hùng Long,xa,230,2020-01-01,\n"
                                                              "08314,Xã Hưng Long,xa,234,2020-01-01,2024-06-30\n"}};
    const std::vector<units::UnitRegister::Csv> aliases = {
        {"a", "scheme,alias,code,valid_from,valid_to\nportal,H44.1,08515,2020-01-01,\n"}};
    auto made =
        std::make_shared<const units::UnitRegister>(units::UnitRegister::load(registers, {}, aliases, problems));
    REQUIRE(problems.empty());
    return made;
  }();
  return units;
}

std::shared_ptr<const RecordPlan> compile(std::string_view map, std::string_view check = "{}", bool personal = false) {
  settings::Problems problems;
  model::ElementTable elements;
  elements.put({.name = "adults",
                .label_vi = {},
                .label_en = {},
                .precedence = {},
                .tolerance_permille = {},
                .jump_max_permille = {}});
  const auto tree = [&](std::string_view text) { return settings::parse_yaml("t", text, problems).value(); };
  const auto decode = tree("csv: {}");
  const auto fields = tree(map);
  const auto checks = tree(check);
  const auto load = tree("figures: {unit: unit, values: {adults: n}, as_of: $date}");
  const RecordSections sections{&decode, &fields, &checks, &load, personal};
  const auto no_text = [](std::string_view) { return nullptr; };
  auto plan = compile_records(sections, elements, no_text, problems);
  CAPTURE(problems.lines());
  REQUIRE(plan != nullptr);
  return plan;
}

struct Mapped {
  std::string states;  // one letter per row
  std::vector<RefusedRow> refused;
};

Mapped run(const std::shared_ptr<const RecordPlan>& plan, std::string_view text) {
  const Pseudonyms pseudonyms(base::SipKey{1}, 1);
  Variables variables;
  variables.source = "s";
  variables.dated = model::Day::of(2024, 12, 1);
  variables.today = model::Day::of(2024, 12, 20).value();
  RecordMapper mapper(*plan, *sample_units(), pseudonyms, variables);
  REQUIRE(mapper.begin_document({}));
  Quarantine quarantine(true, plan->personal);
  Mapped mapped;
  auto reader = make_csv_reader({.columns = plan->columns}, [&](const RawBatch& raw) -> base::Status {
    const auto& batch = mapper.map(raw, quarantine);
    for (std::size_t row = 0; row < batch.rows; ++row) mapped.states += "gfbs"[static_cast<int>(batch.state[row])];
    return {};
  });
  REQUIRE(reader->feed(text));
  REQUIRE(reader->finish());
  quarantine.hand_over([&](RefusedRow row) { mapped.refused.push_back(std::move(row)); });
  return mapped;
}

constexpr std::string_view kFields = "unit: {column: u, type: unit, scheme: name}\nn: {column: n, type: integer}\n";

}  // namespace

TEST_CASE("an ambiguous or outdated name is refused and says whom it may mean") {
  const auto mapped = run(compile(std::string(kFields)), "u,n\nxã Hùng Long,1\nhung long,2\nHưng Long,3\nnowhere,4\n");
  CHECK(mapped.states == "ggbb");
  CHECK(mapped.refused[0].rule == "unit");
  CHECK(mapped.refused[0].message.find("08314") != std::string::npos);
  const auto then = run(compile("unit: {column: u, type: unit, scheme: name, on: [d]}\nd: {column: d, type: date}\nn: "
                                "{column: n, type: integer}\n"),
                        "u,n,d\nhung long,2,2024-06-30\nHưng Long,3,2024-06-30\n");
  CHECK(then.states == "bg");
  CHECK(then.refused[0].message.find("ambiguous") != std::string::npos);
}

TEST_CASE("an alias resolves in its own scheme only") {
  const auto mapped = run(compile("unit: {column: u, type: unit, scheme: portal}\nn: {column: n, type: integer}\n"),
                          "u,n\nH44.1,1\n08515,1\nh44.1,1\n");
  CHECK(mapped.states[0] == 'g');
  CHECK(mapped.states[1] == 'b');
}

TEST_CASE("a group's code stands for the group where the field says so") {
  const std::string_view text = "u,n\n227,1\n08515,2\n999,3\n";
  CHECK(run(compile("unit: {column: u, type: unit}\nn: {column: n, type: integer}\n"), text).states == "bgb");
  CHECK(run(compile("unit: {column: u, type: unit, groups: true}\nn: {column: n, type: integer}\n"), text).states ==
        "ggb");
}

TEST_CASE("a row has one fault, the first; a row in quarantine is neither filtered nor loaded") {
  const auto plan =
      compile(std::string(kFields) + "state: {column: s, enum: {A: yes, B: no}}\n", "filter: {state: yes}\n");
  const auto mapped = run(plan, "u,n,s\nHy Cương,1,A\nHy Cương,1,B\nnowhere,x,C\nHy Cương,-1,B\n");
  CHECK(mapped.states == "gfbb");
  REQUIRE(mapped.refused.size() == 2);
  CHECK(mapped.refused[0].column == "u");
  CHECK(mapped.refused[0].value == "nowhere");
  CHECK(mapped.refused[1].column == "n");
}

TEST_CASE("skipped rows are not looked at") {
  const auto plan =
      compile(std::string(kFields) + "level: {column: l, type: text}\n", "skip: {level: [PROVINCE, TOTAL]}\n");
  CHECK(run(plan, "u,n,l\nnowhere,x,PROVINCE\nnowhere,x,TOTAL\nHy Cương,1,COMMUNE\n").states == "ssg");
}

TEST_CASE("text with controls or invisible direction marks is refused, Vietnamese is not") {
  const auto plan = compile(std::string(kFields) + "t: {column: t, type: text}\n");
  const auto mapped = run(plan,
                          "u,n,t\nHy Cương,1,Nguyễn Thị Ứng\nHy Cương,1,a\xE2\x80\xAE"
                          "b\nHy Cương,1,a\x1b[31m\nHy Cương,1,\n");
  CHECK(mapped.states == "gbbb");
  CHECK(mapped.refused[0].rule == "text");
  CHECK(mapped.refused[2].rule == "required");
  // What is shown of a value cannot reorder or colour a screen.
  CHECK(mapped.refused[0].value->find("\xE2\x80\xAE") == std::string::npos);
  CHECK(mapped.refused[1].value->find('\x1b') == std::string::npos);
}

TEST_CASE("a personal connector keeps and tells no value, not even of a unit") {
  const auto mapped = run(compile(std::string(kFields), "{}", true), "u,n\nNGUYEN VAN AN,1\nHy Cương,0250900\n");
  CHECK(mapped.states == "bg");
  CHECK_FALSE(mapped.refused[0].value.has_value());
  CHECK(mapped.refused[0].message.find("NGUYEN") == std::string::npos);
}

TEST_CASE("constants and variables stand for a column") {
  const auto plan =
      compile("unit: {value: \"08515\", type: unit}\nn: {column: n, type: integer}\nday: {value: $date, type: date}\n");
  CHECK(run(plan, "n\n1\n2\n").states == "gg");
  const Pseudonyms pseudonyms(base::SipKey{1}, 1);
  const auto item = compile("unit: {value: $item.code, type: unit}\nn: {column: n, type: integer}\n");
  RecordMapper mapper(*item, *sample_units(), pseudonyms, {});
  CHECK_FALSE(mapper.begin_document({}));
  const std::vector<std::pair<std::string, std::string>> items = {{"code", "08515"}};
  CHECK(mapper.begin_document(items));
}
