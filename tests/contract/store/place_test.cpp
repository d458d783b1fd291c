// One owner per folder.
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
