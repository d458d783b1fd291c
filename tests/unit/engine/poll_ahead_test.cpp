#include "daemon/engine/poll_ahead.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/unit/engine/random_province.h"

using namespace ntmd;
using engine::PollAhead;
using engine::Province;

namespace {

/// An export that has been still since 2024-11-09.
void drop(const engine::SourcePlan& plan, const std::string& name, const std::string& rows) {
  const std::filesystem::path folder(plan.folder->dir);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name) << "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n" << rows;
  const std::chrono::sys_time<std::chrono::file_clock::duration> then =
      std::chrono::sys_days(std::chrono::year(2024) / 11 / 9);
  std::filesystem::last_write_time(folder / name, std::chrono::file_clock::from_sys(then));
}

struct Banks {
  Province province{{"bank-x", "bank-y"}};
  engine::Engine& engine = province.engine();
  std::shared_ptr<engine::Readers> readers = std::make_shared<engine::Readers>(1);

  const std::shared_ptr<const engine::SourcePlan>& plan(std::string_view id) {
    return *std::ranges::find(engine.setup().plans, id, [](const auto& each) { return each->id; });
  }
  std::unique_ptr<PollAhead> begin(std::string_view id) {
    auto run = engine.open_run(plan(id), province.today());
    REQUIRE(run);
    return std::make_unique<PollAhead>(engine, std::move(*run), province.today(), readers);
  }
  std::size_t deliveries() { return engine.store().deliveries()->size(); }
};

constexpr auto kRow = "00001,025090000001,AN,01/02/1990,TK,01/02/2023,ACTIVE\n";

}  // namespace

TEST_CASE("polls that read side by side are committed in the order in which they are served") {
  Banks banks;
  for (const auto* id : {"bank-x", "bank-y"}) {
    drop(*banks.plan(id), "a_2024-11-08.csv", kRow);
    drop(*banks.plan(id), "b_2024-11-08.csv", kRow);
  }
  const auto first = banks.begin("bank-x");
  const auto second = banks.begin("bank-y");
  CHECK(banks.deliveries() == 0);
  const auto run = second->serve();
  REQUIRE(run);
  CHECK(run->outcome == store::Outcome::ok);
  CHECK(run->deliveries == 2);
  CHECK(banks.deliveries() == 2);
  CHECK(first->serve()->deliveries == 2);
  std::vector<std::string> sources;
  const auto heads = banks.engine.store().deliveries();
  for (const auto& head : *heads) sources.push_back(head.source);
  std::ranges::sort(sources);
  CHECK(sources == std::vector<std::string>{"bank-x", "bank-x", "bank-y", "bank-y"});
}

TEST_CASE("a poll that is never served ends, and nothing of it is committed") {
  Banks banks;
  drop(*banks.plan("bank-x"), "a_2024-11-08.csv", kRow);
  banks.begin("bank-x").reset();
  CHECK(banks.deliveries() == 0);
  CHECK(banks.engine.store().run_rows("bank-x", 1)->empty());
  CHECK(banks.begin("bank-x")->serve()->deliveries == 1);
}

TEST_CASE("a poll that waits for a reader ends, too, and is read when its turn comes") {
  Banks banks;
  drop(*banks.plan("bank-x"), "a_2024-11-08.csv", kRow);
  drop(*banks.plan("bank-y"), "a_2024-11-08.csv", kRow);
  banks.readers = std::make_shared<engine::Readers>(0);
  banks.begin("bank-x").reset();
  CHECK(banks.engine.store().run_rows("bank-x", 1)->empty());
  const auto first = banks.begin("bank-x");
  const auto second = banks.begin("bank-y");
  CHECK(first->serve()->deliveries == 1);
  CHECK(second->serve()->deliveries == 1);
}

TEST_CASE("a file that is refused is told in the run of its own poll") {
  Banks banks;
  drop(*banks.plan("bank-x"), "a_2024-11-08.csv", "00001,\"open\n");
  drop(*banks.plan("bank-y"), "a_2024-11-08.csv", kRow);
  const auto bad = banks.begin("bank-x");
  const auto good = banks.begin("bank-y");
  const auto refused = bad->serve();
  REQUIRE(refused);
  CHECK(refused->outcome == store::Outcome::refused);
  CHECK(refused->message.find("a_2024-11-08.csv:2:") != std::string::npos);
  CHECK(good->serve()->outcome == store::Outcome::ok);
}
