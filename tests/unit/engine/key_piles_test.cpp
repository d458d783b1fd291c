#include "daemon/engine/key_piles.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace ntmd;
using namespace ntmd::engine;

namespace {

/// A scratch file in memory that a test may spoil.
struct Disk {
  std::string bytes;
  std::size_t files = 0;
  std::uint64_t room = std::uint64_t{1} << 40U;

  OpenScratch opener() {
    return [this]() -> base::Result<std::unique_ptr<base::ScratchFile>> {
      ++files;
      return std::make_unique<File>(*this);
    };
  }

 private:
  struct File final : base::ScratchFile {
    explicit File(Disk& on) : disk(on) {}
    base::Status append(std::string_view more) override {
      if (disk.bytes.size() + more.size() > disk.room) return base::fail(base::Fault::retry_later, "disk full");
      disk.bytes += more;
      return {};
    }
    base::Status read(std::uint64_t offset, std::span<char> into) override {
      if (offset + into.size() > disk.bytes.size()) return base::fail(base::Fault::bad_data, "ends early");
      std::copy_n(disk.bytes.data() + offset, into.size(), into.data());
      return {};
    }
    Disk& disk;
  };
};

using Keys = std::vector<std::uint64_t>;
using Added = std::vector<std::pair<std::uint32_t, std::uint64_t>>;

KeyPiles filled(const Added& added, std::uint32_t groups, OpenScratch open, std::size_t held) {
  KeyPiles piles(groups, std::move(open), held);
  for (const auto& [group, key] : added) {
    REQUIRE(piles.make_room(1));
    piles.add(group, key);
  }
  piles.finish();
  return piles;
}

/// Every group's keys; the first error.
base::Result<std::map<std::uint32_t, Keys>> drain(KeyPiles& piles, std::uint32_t groups) {
  std::map<std::uint32_t, Keys> out;
  for (std::uint32_t group = 0; group < groups; ++group) {
    Keys keys;
    if (auto taken = piles.take(group, keys); !taken) return std::unexpected(taken.error());
    if (!keys.empty()) out[group] = std::move(keys);
  }
  if (auto ended = piles.end(); !ended) return std::unexpected(ended.error());
  return out;
}

Added random_keys(std::mt19937_64& random, std::size_t count, std::uint32_t groups, std::uint64_t distinct) {
  Added added;
  for (std::size_t i = 0; i < count; ++i) {
    const auto group = static_cast<std::uint32_t>(random() % groups);
    const auto person = random() % distinct;
    // Half of the rounds spread like hashes do, half do not.
    added.emplace_back(group, distinct % 2 == 0 ? person * 0x9E3779B97F4A7C15U : person);
  }
  return added;
}

}  // namespace

TEST_CASE("keys come back distinct and ascending by group, spilled or not") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 60; ++round) {
    const auto groups = static_cast<std::uint32_t>(1 + random() % 12);
    const auto added = random_keys(random, random() % 6000, groups, 1 + random() % 5000);
    std::map<std::uint32_t, std::set<std::uint64_t>> sets;
    for (const auto& [group, key] : added) sets[group].insert(key);
    std::map<std::uint32_t, Keys> expected;
    for (const auto& [group, set] : sets) expected[group].assign(set.begin(), set.end());

    Disk disk;
    const auto held = 1 + random() % 3000;
    auto spilling = filled(added, groups, disk.opener(), held);
    auto holding = filled(added, groups, {}, held);
    CHECK(drain(spilling, groups).value() == expected);
    CHECK(drain(holding, groups).value() == expected);
    CHECK(disk.files == (added.size() > held ? 1U : 0U));
  }
}

TEST_CASE("what fits in memory touches no disk") {
  Disk disk;
  auto piles = filled({{0, 5}, {1, 4}, {0, 3}}, 2, disk.opener(), 3);
  CHECK(drain(piles, 2).value() == std::map<std::uint32_t, Keys>{{0, {3, 5}}, {1, {4}}});
  CHECK(disk.files == 0);
}

TEST_CASE("a full disk ends the filling") {
  Disk disk;
  disk.room = 100;
  KeyPiles piles(1, disk.opener(), 10);
  base::Status room;
  for (std::uint64_t key = 0; key < 100 && room; ++key) {
    room = piles.make_room(1);
    if (room) piles.add(0, key);
  }
  REQUIRE_FALSE(room);
  CHECK(room.error().fault == base::Fault::retry_later);
}

TEST_CASE("no byte of the spilled keys changes unseen, and none is missing unseen") {
  std::mt19937_64 random(12);
  constexpr std::uint32_t kGroups = 4;
  const auto added = random_keys(random, 400, kGroups, 300);
  Disk whole;
  filled(added, kGroups, whole.opener(), 100);
  REQUIRE(whole.bytes.size() > 2000);
  for (std::size_t at = 0; at < whole.bytes.size(); ++at) {
    Disk disk;
    auto piles = filled(added, kGroups, disk.opener(), 100);
    disk.bytes[at] = static_cast<char>(disk.bytes[at] ^ (1 << (at % 8)));
    const auto drained = drain(piles, kGroups);
    INFO("byte " << at);
    REQUIRE_FALSE(drained);
    CHECK(drained.error().fault == base::Fault::bad_data);
  }
  Disk shorter;
  auto piles = filled(added, kGroups, shorter.opener(), 100);
  shorter.bytes.resize(shorter.bytes.size() - 8);
  CHECK_FALSE(drain(piles, kGroups));
}

TEST_CASE("many accounts of few people take the memory of few people") {
  Disk disk;
  KeyPiles spilling(1, disk.opener(), 100'000);
  constexpr std::uint64_t kPeople = 1000;
  for (std::uint64_t i = 0; i < 3'000'000; ++i) {
    if (i % 1000 == 0) REQUIRE(spilling.make_room(1000));
    spilling.add(0, i % kPeople * 0x9E3779B97F4A7C15U);
  }
  spilling.finish();
  Keys keys;
  REQUIRE(spilling.take(0, keys));
  REQUIRE(spilling.end());
  CHECK(keys.size() == kPeople);
  CHECK(keys.capacity() <= std::size_t{1} << 21U);
}
