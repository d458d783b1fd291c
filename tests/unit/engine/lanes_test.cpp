#include "daemon/engine/lanes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "tests/unit/base/hands.h"
#include "tests/unit/codec/hostile_csv.h"
#include "tests/unit/engine/way_fixture.h"

using namespace ntmd;
using namespace ntmd::engine;

namespace {

/// All of a delivery that a user can see, as text; or why it was refused.
std::string told(base::Result<store::StagedDelivery> delivery) {
  if (!delivery) return delivery.error().what;
  const auto& head = delivery->head;
  std::string out = head.id + ' ' + head.reason + ' ' + std::to_string(head.counts.fetched) + ' ' +
                    std::to_string(head.counts.loaded) + ' ' + std::to_string(head.counts.filtered) + ' ' +
                    std::to_string(head.counts.quarantined) + ' ' + std::to_string(head.quarantine_left_out) + '\n';
  for (const auto& row : delivery->quarantine) {
    out += std::to_string(row.line) + ' ' + std::to_string(row.byte) + ' ' + row.column + ' ' + row.rule + ' ' +
           row.message + '\n';
  }
  for (const auto& run : Way::runs(*delivery)) {
    out += std::string(run.unit.view()) + ' ' + std::to_string(run.keys.size());
    for (const auto key : run.keys) out += ' ' + std::to_string(key);
    out += '\n';
  }
  return out;
}

struct Bank : Way {
  Bank() { source(kBank); }

  std::string read(std::string_view text, std::size_t block, std::size_t piece, const base::ShareWork& share) {
    Pipeline pipeline(plan, *units, sources, pseudonyms, arrival("vcb_2024-12-01.csv"),
                      Workshop{.share = share, .piece = piece});
    for (std::size_t at = 0, count = 0; at < text.size(); at += count) {
      std::string bytes(text.substr(at, block));  // gone before the next one comes
      std::span<char> into(bytes);
      // As often as not into the room that there is for them.
      if (const auto room = pipeline.room(); !room.empty() && text.size() % 2 == 0) {
        into = room.first(std::min(room.size(), bytes.size()));
        std::copy_n(bytes.begin(), into.size(), into.begin());
      }
      count = into.size();
      if (auto fed = pipeline.feed({into.data(), into.size()}); !fed) return fed.error().what;
    }
    return told(pipeline.finish());
  }
};

/// Rows of which some are bad in every way that a cut could be misled by.
std::string random_rows(std::mt19937& random, std::size_t rows, bool quotes) {
  static const std::vector<std::string> units{"08515", "08092", "08557", "99999"};
  static const std::vector<std::string> names{"AN",       "\"LÊ, TÝ\"", "\"Trần \"\"Tí\"\"\"",
                                              "\"a\nb\"", "\"a\n\nb\"", "Ổn"};
  static const std::vector<std::string> broken{"A\"N", "\"A\"N", "\xC3", "x\"\n\"y"};
  std::string text(kBankHeader);
  for (std::size_t i = 0; i < rows; ++i) {
    const auto name = quotes && random() % 30 == 0 ? broken[random() % broken.size()] : names[random() % names.size()];
    text += units[random() % units.size()] + ",025090" + std::to_string(100000 + random() % 300) + "," + name + ",0" +
            std::to_string(1 + random() % 9) + "/02/1990,TK,01/02/2023," + (random() % 5 == 0 ? "CLOSED" : "ACTIVE") +
            (random() % 50 == 0 ? ",extra" : "") + (random() % 4 == 0 ? "\r\n" : "\n");
    if (random() % 60 == 0) text += "\n";
  }
  if (random() % 2 == 0) text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("a file read side by side says what it says read in one piece, whatever the cuts and whoever works") {
  std::mt19937 random(3);
  Bank bank;
  base::Hands hands(2);
  const base::ShareWork nobody = [](const std::function<void()>&) {};
  for (int round = 0; round < 40; ++round) {
    const auto text = random_rows(random, 20 + random() % 300, round % 2 == 0);
    const auto whole = bank.read(text, text.size(), text.size() + 1, nobody);
    CAPTURE(round, text);
    for (const std::size_t piece : {8192U, 5000U, 700U, 200U}) {
      CHECK(bank.read(text, 1 + random() % 9000, piece, nobody) == whole);
      CHECK(bank.read(text, 1 + random() % 9000, piece, hands.share()) == whole);
    }
  }
}

TEST_CASE("a block may be as short as one byte, and a piece shorter than a row") {
  std::mt19937 random(4);
  Bank bank;
  base::Hands hands(1);
  const auto text = random_rows(random, 400, false);
  const auto whole = bank.read(text, text.size(), text.size() + 1, {});
  CHECK(bank.read(text, 1, 512, hands.share()) == whole);
  CHECK(bank.read(text, 1, 30, hands.share()) == whole);
  CHECK(bank.read(text, 4096, 1, hands.share()) == whole);
}

TEST_CASE("what refuses a file has its own line when it stands in a late piece") {
  std::mt19937 random(5);
  Bank bank;
  base::Hands hands(2);
  const std::string good = random_rows(random, 300, false) + "\n";
  const auto lines = static_cast<std::size_t>(std::ranges::count(good, '\n'));
  const auto open_quote = bank.read(good + "08515,025090000001,\"AN,01/02/1990\n" + good, 3000, 2000, hands.share());
  CHECK(open_quote.starts_with("vcb_2024-12-01.csv:" + std::to_string(lines + 1) + ":1: a quote"));
  const auto swallowed =
      bank.read(good + "08515,025090000001,\"AN\nx\"y,01/02/1990\n" + good, 3000, 2000, hands.share());
  CHECK(swallowed.starts_with("vcb_2024-12-01.csv:" + std::to_string(lines + 1) + ":1: a quote opened here closes"));
}

TEST_CASE("of the refused rows the first ones are kept, whoever reads them") {
  Bank bank;
  base::Hands hands(2);
  std::string text(kBankHeader);
  for (int i = 0; i < 12'000; ++i) text += "08515,1,AN,01/02/1990,TK,01/02/2023,ACTIVE\n";
  const auto whole = bank.read(text, text.size(), text.size() + 1, {});
  CHECK(whole == bank.read(text, 100'000, 60'000, hands.share()));
}

TEST_CASE("a hostile file read side by side gives what it gives row after row", "[fuzz]") {
  const test::FuzzPlan plan(1500);
  const std::vector<std::vector<std::string>> cells{{"08515", "08092", "08557", "99999"},
                                                    {"025090000001", "025090000002", "025190000003", "02509"},
                                                    {"AN", "\"LÊ, TÝ\"", "\"a\nb\""},
                                                    {"01/02/1990", "31/12/1985", "1/1/90"},
                                                    {"TK"},
                                                    {"01/02/2023"},
                                                    {"ACTIVE", "CLOSED"}};
  Bank bank;
  base::Hands hands(2);
  const auto header = std::string_view(kBankHeader).substr(0, kBankHeader.size() - 1);
  for (std::uint64_t round = 0; round < plan.rounds; ++round) {
    test::HostileCsv hostile(plan.seed + round);
    const auto text = hostile.text(header, cells);
    const auto serial = bank.read(text, 1, text.size() + 1, {});
    const auto block = static_cast<std::size_t>(1 + hostile.below(9000));
    const auto piece = static_cast<std::size_t>(1 + hostile.below(hostile.once_in(2) ? 300 : 6000));
    const auto together = bank.read(text, block, piece, hands.share());
    CAPTURE(plan.seed + round, block, piece);
    CHECK(serial == together);
  }
}
