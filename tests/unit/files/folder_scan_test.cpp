#include "connectors/files/folder_scan.h"

#include <catch2/catch.hpp>

using namespace ntmd;
using namespace ntmd::connectors;

namespace {

constexpr base::Instant kNow{std::chrono::hours(480'000)};

/// A file last changed `age` ago.
SeenFile seen(std::string name, std::chrono::seconds age = std::chrono::hours(1), std::uint64_t inode = 1) {
  SeenFile file;
  file.name = std::move(name);
  file.state.inode = inode;
  file.state.size = 10;
  file.state.regular = true;
  file.state.links = 1;
  file.state.modified_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>((kNow - age).time_since_epoch()).count();
  file.state.changed_ns = file.state.modified_ns;
  return file;
}

KnownFile known(const SeenFile& file, bool refused = false) {
  return {file.name,        file.state.size, file.state.modified_ns, file.state.changed_ns, file.state.device,
          file.state.inode, refused};
}

std::vector<std::string> names(const FolderScan& scan) {
  std::vector<std::string> out;
  for (const auto& file : scan.to_read) out.push_back(file.name);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("files that match and have been still are read, oldest first, then by name") {
  FolderSpec spec;
  spec.match = "vcb_*.csv";
  const std::vector<SeenFile> files = {
      seen("vcb_b.csv"), seen("vcb_a.csv"),      seen("vcb_old.csv", std::chrono::hours(2)),
      seen("mb_a.csv"),  seen("vcb_a.csv.part"), seen(".vcb_x.csv")};
  CHECK(names(scan_folder(spec, files, {}, kNow)) == Names{"vcb_old.csv", "vcb_a.csv", "vcb_b.csv"});
}

TEST_CASE("a file that has just changed waits, unless its manifest is there") {
  FolderSpec spec;
  const std::vector<SeenFile> files = {seen("a.csv", std::chrono::seconds(29)), seen("b.csv", std::chrono::seconds(30)),
                                       seen("c.csv", std::chrono::seconds(1)),
                                       seen("c.csv.sha256", std::chrono::seconds(1))};
  const auto scan = scan_folder(spec, files, {}, kNow);
  CHECK(scan.not_ready == Names{"a.csv"});
  CHECK(names(scan) == Names{"b.csv", "c.csv"});
  CHECK(scan.waits == Names{"a.csv: changed 29 s ago, expected it to be still for 30 s; it waits"});
  CHECK(scan.to_read[1].has_manifest);
}

TEST_CASE("a file dated in the future waits, and is refused when it would wait for long") {
  auto file = seen("a.csv", std::chrono::seconds(-100));
  file.state.changed_ns = seen("a.csv").state.changed_ns;  // came an hour ago
  auto scan = scan_folder({}, std::vector<SeenFile>{file}, {}, kNow);
  CHECK(scan.not_ready == Names{"a.csv"});
  CHECK(scan.bad.empty());
  REQUIRE(scan.waits.size() == 1);
  CHECK(scan.waits[0].find("a.csv: its modification time") == 0);
  CHECK(scan.waits[0].find("in the future") != std::string::npos);

  file.state.changed_ns = seen("a.csv", std::chrono::hours(2)).state.changed_ns;
  for (const auto& stuck : {file, seen("a.csv", -std::chrono::hours(25))}) {
    scan = scan_folder({}, std::vector<SeenFile>{stuck}, {}, kNow);
    CHECK(scan.to_read.empty());
    CHECK(scan.not_ready.empty());
    REQUIRE(scan.bad.size() == 1);
    CHECK(scan.bad[0].find("touch the file") != std::string::npos);
  }
}

TEST_CASE("what is no regular file is refused where its name fits") {
  FolderSpec spec;
  spec.match = "*.csv";
  auto link = seen("link.csv");
  link.state.regular = false;
  auto folder = seen("old");
  folder.state.regular = false;
  const auto scan = scan_folder(spec, std::vector<SeenFile>{link, folder}, {}, kNow);
  CHECK(scan.matched == 1);
  REQUIRE(scan.bad.size() == 1);
  CHECK(scan.bad[0].find("link.csv: is a link, folder, pipe or device") == 0);
}

TEST_CASE("a file is unchanged only while device, inode, size and both times are") {
  const auto file = seen("a.csv");
  const std::vector<KnownFile> before = {known(file)};
  CHECK(scan_folder({}, std::vector<SeenFile>{file}, before, kNow).unchanged == Names{"a.csv"});
  for (const int what : {0, 1, 2, 3, 4}) {
    auto changed = file;
    if (what == 0) changed.state.size = 11;
    if (what == 1) changed.state.modified_ns -= 1;
    if (what == 2) changed.state.changed_ns -= 1;
    if (what == 3) changed.state.device = 5;
    if (what == 4) changed.state.inode = 9;
    CAPTURE(what);
    CHECK(names(scan_folder({}, std::vector<SeenFile>{changed}, before, kNow)) == Names{"a.csv"});
  }
}

TEST_CASE("a refused file is not read again until it changes, and stays visible") {
  const auto file = seen("a.csv");
  const std::vector<KnownFile> before = {known(file, true)};
  const auto scan = scan_folder({}, std::vector<SeenFile>{file}, before, kNow);
  CHECK(scan.still_refused == Names{"a.csv"});
  CHECK(scan.to_read.empty());
}

TEST_CASE("names that could lead elsewhere or be misread are refused and told") {
  const std::vector<SeenFile> files = {
      seen("a b.csv"), seen("-rf.csv"), seen("a\nb.csv"), seen("x/../a.csv"), seen(std::string(129, 'a')),
      seen("ok.csv")};
  const auto scan = scan_folder({}, files, {}, kNow);
  CHECK(scan.bad.size() == 5);
  CHECK(names(scan) == Names{"ok.csv"});
  for (const auto& message : scan.bad) CHECK(message.find('\n') == std::string::npos);
}

TEST_CASE("where files are dated by their name it must hold one real date") {
  CHECK(date_in_name("vcb_2024-12-01.csv") == model::Day::of(2024, 12, 1));
  CHECK(date_in_name("2024-02-29") == model::Day::of(2024, 2, 29));
  CHECK_FALSE(date_in_name("vcb_2024-02-30.csv").has_value());
  CHECK_FALSE(date_in_name("vcb_20241201.csv").has_value());
  CHECK_FALSE(date_in_name("vcb_2024-12-01_2024-12-02.csv").has_value());
  CHECK_FALSE(date_in_name("").has_value());
  FolderSpec spec;
  spec.date_pattern = "yyyy-MM-dd";
  const auto scan = scan_folder(spec, std::vector<SeenFile>{seen("vcb.csv"), seen("vcb_2024-12-01.csv")}, {}, kNow);
  CHECK(scan.bad.size() == 1);
  REQUIRE(scan.to_read.size() == 1);
  CHECK(scan.to_read[0].dated == model::Day::of(2024, 12, 1));
}

TEST_CASE("a snapshot in parts waits until all are there") {
  FolderSpec spec;
  spec.date_pattern = "yyyy-MM-dd";
  spec.parts = 2;
  const std::vector<SeenFile> files = {seen("a_2024-12-01.csv"), seen("a_2024-12-02.csv"), seen("b_2024-12-02.csv")};
  const auto scan = scan_folder(spec, files, {}, kNow);
  CHECK(scan.not_ready == Names{"a_2024-12-01.csv"});
  CHECK(scan.waits == Names{"a_2024-12-01.csv: 1 of the 2 parts of 2024-12-01 are here, expected all; it waits"});
  CHECK(names(scan) == Names{"a_2024-12-02.csv", "b_2024-12-02.csv"});
}

TEST_CASE("where manifests are required a file without one waits, and once it is still that is told") {
  FolderSpec spec;
  spec.manifest_required = true;
  const std::vector<SeenFile> files = {seen("a.csv", std::chrono::seconds(1)), seen("b.csv"), seen("c.csv"),
                                       seen("c.csv.sha256")};
  const auto scan = scan_folder(spec, files, {}, kNow);
  CHECK(scan.not_ready == Names{"a.csv"});
  CHECK(scan.unproven == Names{"b.csv"});
  CHECK(names(scan) == Names{"c.csv"});
}
