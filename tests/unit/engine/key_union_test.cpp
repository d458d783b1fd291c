#include "daemon/engine/key_union.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "tests/unit/base/hands.h"

using namespace ntmd::engine;

namespace {

using Runs = std::vector<std::vector<std::uint64_t>>;

Runs random_runs(std::mt19937_64& random, std::size_t people) {
  Runs runs(random() % 7);
  for (auto& run : runs) {
    std::set<std::uint64_t> keys;
    for (auto left = random() % people; left > 0; --left) keys.insert(random() % people * 0x9E3779B97F4A7C15U);
    run.assign(keys.begin(), keys.end());
  }
  return runs;
}

std::int64_t counted(const Runs& runs) {
  std::set<std::uint64_t> all;
  for (const auto& run : runs) all.insert(run.begin(), run.end());
  return static_cast<std::int64_t>(all.size());
}

}  // namespace

TEST_CASE("a union counts each key once, however many runs name it") {
  std::mt19937_64 random(21);
  CHECK(union_size({}) == 0);
  CHECK(union_size({{}, {}}) == 0);
  CHECK(union_size({{0, ~std::uint64_t{0}}, {~std::uint64_t{0}}, {0}}) == 2);
  for (int round = 0; round < 300; ++round) {
    const auto runs = random_runs(random, 1 + random() % 400);
    CHECK(union_size(runs) == counted(runs));
  }
}

TEST_CASE("many unions come back by their places, whoever makes them") {
  std::mt19937_64 random(22);
  ntmd::base::Hands hands(1);
  for (const auto& share : {ntmd::base::ShareWork(), hands.share()}) {
    Unions unions(share);
    std::vector<std::int64_t> expected;
    for (std::size_t unit = 0; unit < 200; ++unit) {
      auto runs = random_runs(random, 5000);
      expected.push_back(counted(runs));
      CHECK(unions.add(std::move(runs)) == unit);
    }
    CHECK(unions.finish() == expected);
  }
}
