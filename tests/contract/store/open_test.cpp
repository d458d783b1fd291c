// How a store is opened: by its owner, beside it, and by who only reads.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "daemon/store/sqlite_store.h"
#include "tests/unit/base/temp_folder.h"

using namespace ntmd;

namespace {

struct Home {
  test::TempFolder folder;
  base::ManualClock clock{base::Instant(std::chrono::hours(500000))};
  model::NameTable elements;
  model::NameTable sources;

  base::Result<std::unique_ptr<store::Store>> open(store::Access access) {
    return store::open_sqlite(folder.path(), access, clock, elements, sources);
  }
  /// The bytes of every file.
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      std::ifstream in(entry.path(), std::ios::binary);
      found[entry.path().filename().string()] = {std::istreambuf_iterator<char>(in), {}};
    }
    return found;
  }
};

store::RunRow run(std::string id) {
  store::RunRow row;
  row.id = std::move(id);
  row.source = "bank";
  return row;
}

}  // namespace

TEST_CASE("a second owner is denied while the first lives") {
  Home home;
  auto first = home.open(store::Access::owner);
  REQUIRE(first);
  const auto second = home.open(store::Access::owner);
  REQUIRE_FALSE(second);
  CHECK(second.error().fault == base::Fault::denied);
  first->reset();
  CHECK(home.open(store::Access::owner));
}

TEST_CASE("a file that is no database of ours is refused with its name") {
  Home home;
  std::ofstream(home.folder.path() / "ntmd.db") << "this is not a database, whatever its name says";
  const auto opened = home.open(store::Access::owner);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.find("ntmd.db") != std::string::npos);
}

TEST_CASE("a reader sees what is there and leaves the folder as it found it") {
  Home home;
  CHECK(home.open(store::Access::reader).error().fault == base::Fault::gone);
  CHECK(home.files().empty());
  {
    auto owner = home.open(store::Access::owner);
    REQUIRE(owner);
    REQUIRE((*owner)->record_run(run("one")));
  }
  const auto before = home.files();
  {
    auto reader = home.open(store::Access::reader);
    REQUIRE(reader);
    CHECK((*reader)->run_rows("bank", 0)->size() == 1);
    CHECK_FALSE((*reader)->record_run(run("two")));
    CHECK_FALSE((*reader)->post_request("sync", "bank"));
  }
  CHECK(home.files() == before);
}

TEST_CASE("a reader beside an owner sees what is committed, and the owner goes on") {
  Home home;
  auto owner = home.open(store::Access::owner);
  REQUIRE(owner);
  REQUIRE((*owner)->record_run(run("one")));
  {
    auto reader = home.open(store::Access::reader);
    REQUIRE(reader);
    CHECK((*reader)->run_rows("bank", 0)->size() == 1);
    REQUIRE((*owner)->record_run(run("two")));
    CHECK((*reader)->run_rows("bank", 0)->size() == 2);
  }
  REQUIRE((*owner)->record_run(run("three")));
  CHECK((*owner)->integrity()->empty());
}
