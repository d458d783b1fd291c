// The wall that later speed stands on: rows cost no allocation.

#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "connectors/codec/csv.h"
#include "connectors/codec/ndjson.h"
#include "connectors/map/compile.h"
#include "connectors/map/mapper.h"
#include "daemon/settings/yaml.h"

namespace {

std::atomic<std::size_t> g_allocations{0};

}  // namespace

// NOLINTBEGIN(misc-new-delete-overloads)
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* const p = operator new(size, std::nothrow)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
// NOLINTEND(misc-new-delete-overloads)

using namespace ntmd;
using namespace ntmd::connectors;

TEST_CASE("after the first piece, splitting, typing and checking good rows allocates nothing") {
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
  const auto map = tree(
      "unit: {column: u, type: unit}\np: {column: p, type: citizen_number, keep: pseudonym}\n"
      "born: {column: b, type: date, format: dd/MM/yyyy}\nstate: {column: s, enum: {A: a, B: b}}\nt: {column: t, type: "
      "text}\n"
      "n: {column: n, type: integer}\n");
  const auto load = tree("figures: {unit: unit, values: {adults: n}, as_of: $date}");
  const auto check = tree("filter: {state: a}");
  const auto plan = compile_records(
      {&decode, &map, &check, &load, true}, elements, [](std::string_view) { return nullptr; }, problems);
  REQUIRE(plan != nullptr);
  const std::vector<units::UnitRegister::Csv> registers = {
      {"u",
       "code,name,kind,group,valid_from,valid_to\n08515,Xã Hy Cương,xa,227,2020-01-01,\n08092,Xã Gia "
       "Điền,xa,231,2020-01-01,\n"}};
  const auto units = units::UnitRegister::load(registers, {}, {}, problems);
  REQUIRE(problems.empty());

  const Pseudonyms pseudonyms(base::SipKey{1}, 1);
  Variables variables;
  variables.dated = model::Day::of(2024, 12, 1);
  RecordMapper mapper(*plan, units, pseudonyms, variables);
  REQUIRE(mapper.begin_document({}));
  Quarantine quarantine(true, true);
  std::size_t good = 0;
  auto reader = make_csv_reader({.columns = plan->columns}, [&](const RawBatch& raw) -> base::Status {
    const auto& batch = mapper.map(raw, quarantine);
    for (std::size_t row = 0; row < batch.rows; ++row) good += batch.state[row] == RowState::good ? 1U : 0U;
    return {};
  });
  std::string piece;
  for (int i = 0; i < 10'000; ++i) {
    piece += fmt::format("{},0250900{:05},01/02/1990,{},\"Nguyễn, \"\"{}\"\"\",{}\n", i % 2 == 0 ? "08515" : "08092", i,
                         i % 3 == 0 ? "B" : "A", i, i);
  }
  REQUIRE(reader->feed("u,p,b,s,t,n\n" + piece));
  const auto before = g_allocations.load();
  const bool fed = reader->feed(piece).has_value();
  const auto after = g_allocations.load();
  REQUIRE(fed);
  CHECK(good == 2 * 6'666);
  CHECK(quarantine.count() == 0);
  CHECK(after - before < 10);
}

TEST_CASE("after the first piece, reading lines of JSON allocates nothing") {
  std::size_t rows = 0;
  auto reader = make_ndjson_reader({.columns = {"/a", "/c"}, .caps = {}}, [&](const RawBatch& raw) -> base::Status {
    rows += raw.rows;
    return {};
  });
  REQUIRE(reader);
  std::string piece;
  for (int i = 0; i < 10'000; ++i) {
    piece += fmt::format("{{\"a\":\"H44.128-260803-{:05}\",\"b\":[{{\"d\":\"Nguyễn\"}}],\"c\":\"\\u1ec7\"{}}}\n", i,
                         i % 3 == 0 ? ",\"a rather long name of a member\":1" : "");
  }
  REQUIRE((*reader)->feed(piece));
  const auto before = g_allocations.load();
  const bool fed = (*reader)->feed(piece).has_value();
  const auto after = g_allocations.load();
  REQUIRE(fed);
  CHECK(rows == 20'000);
  CHECK(after - before < 10);
}
