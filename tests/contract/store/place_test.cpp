// One owner per folder, and a store that is not where it was opened.
#include <catch2/catch.hpp>
#include <filesystem>

#include "daemon/base/digest.h"
#include "daemon/store/sqlite_store.h"

using namespace ntmd;

namespace {

struct Home {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("ntmd-place-" + base::sha256_hex(base::random_bytes(16)).substr(0, 16));
  base::ManualClock clock{base::Instant(std::chrono::hours(500000))};
  model::NameTable elements;
  model::NameTable sources;

  ~Home() { std::filesystem::remove_all(folder); }
  base::Result<std::unique_ptr<store::Store>> open() {
    return store::open_sqlite(folder, store::Access::owner, clock, elements, sources);
  }
};

}  // namespace

TEST_CASE("without its lock file the store still has one owner, and who asks is told so") {
  Home home;
  auto first = home.open();
  REQUIRE(first);
  CHECK(store::is_locked(home.folder));
  std::filesystem::remove(home.folder / "ntmd.lock");
  CHECK(store::is_locked(home.folder));
  for (int i = 0; i < 2; ++i) {  // the second time with a lock file that nobody holds
    const auto second = home.open();
    REQUIRE_FALSE(second);
    CHECK(second.error().fault == base::Fault::denied);
    CHECK(store::is_locked(home.folder));
  }
  first->reset();
  CHECK_FALSE(store::is_locked(home.folder));
  CHECK(home.open());
}

TEST_CASE("a store whose file was removed or replaced takes nothing more and says what to do") {
  for (const char* name : {"ntmd.db", "ntmd.db-wal", "ntmd.db-shm"}) {
    for (const bool replaced : {false, true}) {
      INFO(name << (replaced ? " replaced" : " removed"));
      Home home;
      auto opened = home.open();
      REQUIRE(opened);
      auto& store = **opened;
      REQUIRE(store.put_meta("a", "1"));
      REQUIRE(store.in_place());
      const auto file = home.folder / name;
      const auto copy = home.folder / "copy";
      if (replaced) {
        std::filesystem::copy_file(file, copy);
        std::filesystem::rename(copy, file);
      } else {
        std::filesystem::remove(file);
      }
      const auto refused = store.put_meta("a", "2");
      REQUIRE_FALSE(refused);
      CHECK(refused.error().fault == base::Fault::bad_data);
      CHECK(refused.error().what.find("removed or replaced") != std::string::npos);
      CHECK_FALSE(store.in_place());
      CHECK(store.dead());
    }
  }
}

TEST_CASE("closing leaves the files of another store under its name alone") {
  Home home;
  auto opened = home.open();
  REQUIRE(opened);
  REQUIRE((*opened)->put_meta("a", "1"));
  const auto log = home.folder / "ntmd.db-wal";
  std::filesystem::copy_file(log, home.folder / "copy");
  std::filesystem::rename(home.folder / "copy", log);
  opened->reset();
  CHECK(std::filesystem::exists(log));
}
