// One reader of CSV against itself: whatever is fed, in whatever cuts and by whatever instructions, it says the same.

#include <catch2/catch.hpp>
#include <functional>
#include <set>
#include <string>
#include <tuple>

#include "connectors/codec/byte_classes.h"
#include "connectors/codec/csv.h"
#include "tests/unit/codec/hostile_csv.h"

using namespace ntmd;
using namespace ntmd::connectors;

namespace {

/// Rows and faults with their places, or why all of it was refused.
std::string read(std::string_view text, const std::function<std::size_t()>& next_size) {
  std::string rows;
  std::set<std::tuple<std::uint64_t, std::uint64_t, std::string>> faults;  // those of a batch come in no order
  const auto reader = make_csv_reader({{"b", "a"}, 6000, 40'000}, [&](const RawBatch& batch) -> base::Status {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      rows += std::to_string(batch.line[row]) + ' ' + std::to_string(batch.byte[row]);
      for (const auto& column : batch.cells) (rows += '|') += column[row];
      rows += '\n';
    }
    for (const auto& fault : batch.faults)
      faults.emplace(fault.line, fault.byte, fault.column + ' ' + fault.rule + ' ' + fault.message);
    return {};
  });
  while (!text.empty()) {
    const std::string bytes(text.substr(0, next_size()));  // gone before the next ones come
    if (auto fed = reader->feed(bytes); !fed) return fed.error().what;
    text.remove_prefix(bytes.size());
  }
  if (auto ended = reader->finish(); !ended) return ended.error().what;
  for (const auto& [line, byte, what] : faults)
    rows += std::to_string(line) + ' ' + std::to_string(byte) + ' ' + what + '\n';
  return rows;
}

}  // namespace

TEST_CASE("hostile CSV is read the same byte by byte, at once and in any pieces", "[fuzz]") {
  const test::FuzzPlan plan(4000);
  const std::vector<std::vector<std::string>> cells{{"1", "22", "\"3\""}, {"x", "y,"}, {"", "z", "\"q,\"\"q\""}};
  for (std::uint64_t round = 0; round < plan.rounds; ++round) {
    test::HostileCsv hostile(plan.seed + round);
    const auto text = hostile.text("a,b,c", cells);
    const auto serial = read(text, [] { return std::size_t{1}; });
    const auto whole = read(text, [&] { return text.size(); });
    const auto pieces = read(text, [&] { return static_cast<std::size_t>(1 + hostile.below(700)); });
    CAPTURE(plan.seed + round);
    CHECK(serial == whole);
    CHECK(serial == pieces);
  }
}

TEST_CASE("all instructions find the same marks and the same broken text in hostile bytes", "[fuzz]") {
  const test::FuzzPlan plan(4000);
  const auto all = all_byte_classes();
  const std::vector<std::vector<std::string>> cells{{"1", "\"3\"", "Tr\xE1\xBA\xA7n"}, {"x", "\xF0\x9F\x98\x80"}};
  for (std::uint64_t round = 0; round < plan.rounds; ++round) {
    test::HostileCsv hostile(plan.seed + round);
    auto text = hostile.text("a,b", cells);
    const auto size = text.size();
    const auto blocks = (size + kMarksBlock - 1) / kMarksBlock;
    text.resize(blocks * kMarksBlock, ' ');
    std::vector<std::uint64_t> plain(blocks);
    all.front().csv_marks(text.data(), blocks, plain.data());
    const bool clean = all.front().clean_utf8(text.data(), size);
    for (const auto& classes : all) {
      std::vector<std::uint64_t> marks(blocks);
      classes.csv_marks(text.data(), blocks, marks.data());
      CAPTURE(plan.seed + round, classes.name);
      CHECK(marks == plain);
      CHECK(classes.clean_utf8(text.data(), size) == clean);
    }
  }
}
