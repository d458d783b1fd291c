#include "daemon/base/work_sharing.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

#include "daemon/base/made_ahead.h"
#include "tests/unit/base/hands.h"

using namespace ntmd::base;

namespace {

const ShareWork kNobody = [](const std::function<void()>&) {};

}  // namespace

TEST_CASE("what is done together is done once each, whoever has time") {
  Hands hands(2);
  for (const auto& share : {ShareWork(), kNobody, hands.share()}) {
    for (const std::size_t count : {0U, 1U, 2U, 500U}) {
      std::vector<std::atomic<int>> done(count);
      do_together(share, count, [&](std::size_t i) { ++done[i]; });
      for (const auto& times : done) CHECK(times == 1);
    }
  }
}

TEST_CASE("what is thrown while it is done together comes out where it was asked for") {
  Hands hands(1);
  std::atomic<int> done{0};
  CHECK_THROWS_WITH(do_together(hands.share(), 1000,
                                [&](std::size_t i) {
                                  if (i == 10) throw std::runtime_error("the tenth");
                                  ++done;
                                }),
                    "the tenth");
  CHECK(done < 1000);
}

TEST_CASE("an errand is done when it is over, once, also when nobody takes it") {
  Hands hands(2);
  for (const auto& share : {ShareWork(), kNobody, hands.share()}) {
    for (int round = 0; round < 100; ++round) {
      std::atomic<int> done{0};
      {
        Errand errand(share, [&] { ++done; });
        if (round % 2 == 0) errand.finish();
      }
      CHECK(done == 1);
    }
    Errand failing(share, [] { throw std::runtime_error("lost"); });
    CHECK_THROWS_WITH(failing.finish(), "lost");
  }
}

TEST_CASE("batches that are made ahead come in their order, each whole") {
  struct Batch {
    std::vector<int> items;
    void clear() { items.clear(); }
  };
  Hands hands(2);
  for (const auto& share : {ShareWork(), kNobody, hands.share()}) {
    int made = 0;
    MadeAhead<Batch> ahead(share, [&](Batch& batch) {
      for (int i = 0; i < 3 && made < 100; ++i) batch.items.push_back(made++);
    });
    std::vector<int> got;
    while (true) {
      const auto& batch = ahead.next();
      if (batch.items.empty()) break;
      got.insert(got.end(), batch.items.begin(), batch.items.end());
    }
    REQUIRE(got.size() == 100);
    CHECK(std::ranges::is_sorted(got));
    MadeAhead<Batch> failing(share, [](Batch&) { throw std::runtime_error("torn"); });
    CHECK_THROWS_WITH(failing.next(), "torn");
  }
}
