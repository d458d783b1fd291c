#include "connectors/files/folder_scan.h"

#include <catch2/catch.hpp>

using namespace ntmd;
using connectors::FolderSpec;
using connectors::KnownFile;
using connectors::scan_folder;
using connectors::SeenFile;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
const base::Instant kNow{std::chrono::seconds(1000)};

SeenFile seen(std::string name, std::int64_t modified_s, std::uint64_t size = 10) {
  base::FileState state;
  state.size = size;
  state.modified_ns = modified_s * kSecond;
  state.regular = true;
  return {std::move(name), state};
}

}  // namespace

TEST_CASE("files are read in the order they came, then by name") {
  FolderSpec spec;
  const std::vector<SeenFile> files{seen("b.csv", 100), seen("a.csv", 100), seen("z.csv", 50)};
  const auto scan = scan_folder(spec, files, {}, kNow);
  REQUIRE(scan.to_read.size() == 3);
  CHECK(scan.to_read[0].name == "z.csv");
  CHECK(scan.to_read[1].name == "a.csv");
  CHECK(scan.to_read[2].name == "b.csv");
}

TEST_CASE("a file that changed within stable_for waits unless its manifest is there") {
  FolderSpec spec;
  const std::vector<SeenFile> files{seen("fresh.csv", 990), seen("told.csv", 990), seen("told.csv.sha256", 990),
                                    seen("still.csv", 970)};
  const auto scan = scan_folder(spec, files, {}, kNow);
  REQUIRE(scan.to_read.size() == 2);
  CHECK(scan.to_read[0].name == "still.csv");
  CHECK(scan.to_read[1].has_manifest);
  CHECK(scan.not_ready == std::vector<std::string>{"fresh.csv"});
}

TEST_CASE("a file that was read and has not changed is not read again") {
  FolderSpec spec;
  const std::vector<SeenFile> files{seen("a.csv", 100), seen("bad.csv", 100)};
  const std::vector<KnownFile> known{{"a.csv", 10, 100 * kSecond, 0, 0, 0, false},
                                     {"bad.csv", 10, 100 * kSecond, 0, 0, 0, true}};
  const auto scan = scan_folder(spec, files, known, kNow);
  CHECK(scan.to_read.empty());
  CHECK(scan.unchanged == 1);
  CHECK(scan.still_refused == std::vector<std::string>{"bad.csv"});
  const std::vector<SeenFile> changed{seen("a.csv", 100, 11)};
  CHECK(scan_folder(spec, changed, known, kNow).to_read.size() == 1);
}

TEST_CASE("names that another system could misread are refused and dates are taken from names") {
  FolderSpec spec;
  spec.date_pattern = "yyyy-MM-dd";
  const std::vector<SeenFile> files{seen("vcb_2024-12-18.csv", 1), seen("vcb_2024-02-30.csv", 1), seen("vcb.csv", 1),
                                    seen("a b_2024-12-18.csv", 1), seen(".hidden_2024-12-18.csv", 1)};
  const auto scan = scan_folder(spec, files, {}, kNow);
  REQUIRE(scan.to_read.size() == 1);
  CHECK(scan.to_read[0].dated == model::Day::parse("2024-12-18"));
  CHECK(scan.bad.size() == 3);
  CHECK_FALSE(connectors::date_in_name("2024-01-01_2024-01-02.csv"));
}

TEST_CASE("a snapshot in parts waits until all of them are there") {
  FolderSpec spec;
  spec.date_pattern = "yyyy-MM-dd";
  spec.parts = 2;
  const std::vector<SeenFile> one{seen("a_2024-12-18.csv", 1)};
  CHECK(scan_folder(spec, one, {}, kNow).to_read.empty());
  const std::vector<SeenFile> two{seen("a_2024-12-18.csv", 1), seen("b_2024-12-18.csv", 1)};
  CHECK(scan_folder(spec, two, {}, kNow).to_read.size() == 2);
}
