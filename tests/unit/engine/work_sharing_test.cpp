#include "daemon/engine/work_sharing.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

#include "tests/unit/engine/hands.h"

using namespace ntmd::engine;

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
