#include "connectors/map/memo_table.h"

#include <catch2/catch.hpp>
#include <cstdint>

namespace ntmd::connectors {
namespace {

struct Key {
  std::uint64_t value = 0;
  std::size_t spread = 1;  // 0: all keys meet in one place
  bool operator==(const Key& other) const { return value == other.value; }
  [[nodiscard]] std::size_t hash() const { return value * spread; }
};

TEST_CASE("Each key is asked for once, also when many meet in one place") {
  for (const std::size_t spread : {0, 1, 256}) {
    MemoTable<Key, std::uint64_t> table;
    std::size_t asked = 0;
    for (int round = 0; round < 2; ++round) {
      for (std::uint64_t value = 1; value <= 2000; ++value) {
        const auto answer = table.find({value, spread}, [&] {
          ++asked;
          return value * 3;
        });
        REQUIRE(answer == value * 3);
      }
    }
    CHECK(asked == 2000);
    CHECK(table.size() == 2000);
  }
}

TEST_CASE("A table that is full begins anew and keeps giving the right answers") {
  using Table = MemoTable<Key, std::uint64_t>;
  Table table;
  const std::uint64_t keys = 3 * Table::kMost + 7;
  for (std::uint64_t value = 1; value <= keys; ++value) {
    REQUIRE(table.find({value, 1}, [&] { return value + 1; }) == value + 1);
    REQUIRE(table.size() <= Table::kMost);
  }
  REQUIRE(table.find({1, 1}, [] { return std::uint64_t{2}; }) == 2);
}

}  // namespace
}  // namespace ntmd::connectors
