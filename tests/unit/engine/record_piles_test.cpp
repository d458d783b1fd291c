#include "daemon/engine/record_piles.h"

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

using namespace ntmd;
using namespace ntmd::engine;

namespace {

/// Scratch files in memory that a test may spoil.
struct Disk {
  std::vector<std::shared_ptr<std::string>> files;
  std::uint64_t room = std::uint64_t{1} << 40U;

  OpenScratch opener() {
    return [this]() -> base::Result<std::unique_ptr<base::ScratchFile>> {
      files.push_back(std::make_shared<std::string>());
      return std::make_unique<File>(*this, files.back());
    };
  }

 private:
  struct File final : base::ScratchFile {
    File(Disk& on, std::shared_ptr<std::string> file) : disk(on), bytes(std::move(file)) {}
    base::Status append(std::string_view more) override {
      if (bytes->size() + more.size() > disk.room) return base::fail(base::Fault::retry_later, "disk full");
      *bytes += more;
      return {};
    }
    base::Status read(std::uint64_t offset, std::span<char> into) override {
      if (offset + into.size() > bytes->size()) return base::fail(base::Fault::bad_data, "ends early");
      std::copy_n(bytes->data() + offset, into.size(), into.data());
      return {};
    }
    Disk& disk;
    std::shared_ptr<std::string> bytes;
  };
};

struct Row {
  std::int64_t version = 0;
  std::uint32_t unit = 0;
  std::uint32_t counts = 0;
  std::array<std::int32_t, 3> days{};
  bool operator==(const Row&) const = default;
};
using Rows = std::map<std::uint64_t, Row>;

constexpr std::array<std::uint32_t, 4> kNumbers = {7, 5, 3, 1};

/// `count` rows of few keys; what must stay of them.
base::Status fill(RecordPiles& piles, std::size_t count, bool versions, std::uint32_t seed, Rows& expected) {
  std::mt19937_64 random(seed);
  RecordRows rows(3, versions);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 64 == 0) {
      if (auto added = piles.add(rows); !added) return added;
      rows.clear();
    }
    Row row{versions ? static_cast<std::int64_t>(random() % 5) - 2 : 0,
            static_cast<std::uint32_t>(random() % 4),
            static_cast<std::uint32_t>(random() % 16),
            {}};
    for (auto& day : row.days)
      day = random() % 4 == 0 ? store::RecordBlock::kNoDay : static_cast<std::int32_t>(random() % 30'000);
    const auto key = (1 + random() % (count / 2 + 1)) * 0x9E3779B97F4A7C15ULL;
    rows.add(key, row.version, row.unit, row.counts, row.days);
    row.unit = kNumbers[row.unit];
    const auto [known, fresh] = expected.try_emplace(key, row);
    if (!fresh && row.version >= known->second.version) known->second = row;
  }
  return piles.add(rows);
}

base::Status take(RecordPiles::Ordered& ordered, Rows& rows) {
  store::RecordBlock block;
  std::optional<std::uint32_t> bucket;
  while (true) {
    const auto next = ordered.blocks->next();
    if (!next) return std::unexpected(next.error());
    if (*next == nullptr) return {};
    REQUIRE((!bucket || *bucket < (*next)->bucket));
    bucket = (*next)->bucket;
    REQUIRE(store::unpack((*next)->bytes, 3, block));
    REQUIRE(block.size() == (*next)->rows);
    for (std::size_t i = 0; i < block.size(); ++i) {
      REQUIRE((ordered.bits == 0 ? 0 : block.keys[i] >> (64U - ordered.bits)) == *bucket);
      rows[block.keys[i]] = {
          block.versions[i], block.units[i], block.counts[i], {block.days[0][i], block.days[1][i], block.days[2][i]}};
    }
  }
}

}  // namespace

TEST_CASE("of each key the row with the greatest version stays, then the last, in memory or through a file") {
  for (const bool versions : {false, true}) {
    for (const std::size_t count : {0, 1, 100, 30'000}) {
      for (const std::size_t held : {64, 1'000, 1'000'000}) {
        CAPTURE(versions, count, held);
        Disk disk;
        RecordPiles piles(3, versions, disk.opener(), held);
        Rows expected;
        REQUIRE(fill(piles, count, versions, 11, expected));
        auto ordered = piles.finish(kNumbers);
        REQUIRE(ordered);
        CHECK(ordered->rows == count);
        Rows rows;
        REQUIRE(take(*ordered, rows));
        CHECK(rows == expected);
        CHECK(disk.files.empty() == (held >= count));
      }
    }
  }
}

TEST_CASE("a full disk is told as one, wherever it fills up") {
  for (const std::uint64_t room : {0, 5'000, 100'000, 300'000}) {
    Disk disk;
    disk.room = room;
    RecordPiles piles(3, true, disk.opener(), 1'000);
    Rows expected;
    auto filled = fill(piles, 20'000, true, 5, expected);
    if (filled) {
      auto ordered = piles.finish(kNumbers);
      filled = ordered ? base::Status{} : std::unexpected(ordered.error());
    }
    REQUIRE_FALSE(filled);
    CHECK(filled.error().fault == base::Fault::retry_later);
  }
}

TEST_CASE("a temporary file that is not as it was written is never taken for rows") {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Disk disk;
    RecordPiles piles(3, true, disk.opener(), 1'000);
    Rows expected;
    REQUIRE(fill(piles, 5'000, true, seed, expected));
    const bool rows_spoilt = seed % 2 == 0;
    const auto spoil = [&](std::string& bytes) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1U << random() % 8);
    };
    if (rows_spoilt) spoil(*disk.files.at(0));
    auto ordered = piles.finish(kNumbers);
    if (rows_spoilt) {
      REQUIRE_FALSE(ordered);
      CHECK(ordered.error().fault == base::Fault::bad_data);
      continue;
    }
    REQUIRE(ordered);
    spoil(*disk.files.at(1));
    Rows rows;
    const auto taken = take(*ordered, rows);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().fault == base::Fault::bad_data);
  }
}
