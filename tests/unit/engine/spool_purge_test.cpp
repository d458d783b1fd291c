#include <catch2/catch.hpp>

#include "daemon/engine/spool.h"
#include "tests/unit/base/temp_folder.h"

namespace ntmd::engine {
namespace {

TEST_CASE("purging leaves what runs under way have kept, whole or half written") {
  const test::TempFolder folder;
  const auto files = base::make_system_files();
  Spool spool(*files, folder / "spool");
  const auto keep = [&](const std::string& run) {
    auto draft = spool.keep({run, "part"}, Arrival{});
    REQUIRE(draft);
    return std::move(*draft);
  };
  for (const char* run : {"aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"}) REQUIRE(keep(run).commit());
  auto half = keep("dddddddddddddddd");
  const base::Instant long_ago{};
  const auto dropped = spool.purge({{"aaaaaaaaaaaaaaaa", "part"}}, long_ago, {"bbbbbbbbbbbbbbbb", "dddddddddddddddd"});
  CHECK(dropped == 1);  // c: of no delivery, and nobody is at it
  REQUIRE(half.commit());
  const auto all = spool.purge({}, long_ago);
  CHECK(all == 3);
}

}  // namespace
}  // namespace ntmd::engine
