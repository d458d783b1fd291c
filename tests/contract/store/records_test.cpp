// What a store promises of upserted records: whatever is delivered, retracted or accepted, and in whatever order, what
// is told are the counts of the rows in force.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <random>
#include <tuple>

#include "daemon/base/digest.h"
#include "daemon/store/record_months.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/store/store.h"

using namespace ntmd;
using store::RecordBlock;
using store::Standing;

namespace {

struct Home {
  std::filesystem::path folder;
  base::ManualClock clock{base::Instant(std::chrono::hours(500000))};
  model::NameTable elements;
  model::NameTable sources;
  std::unique_ptr<store::Store> store;

  Home()
      : folder(std::filesystem::temp_directory_path() /
               ("ntmd-records-" + base::sha256_hex(base::random_bytes(16)).substr(0, 16))) {
    for (const auto* name : {"dossiers", "dossiers_online", "dossiers_resolved"}) elements.intern(name);
    open();
  }
  ~Home() {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  void open() {
    store.reset();
    auto opened = store::open_sqlite(folder, store::Access::owner, clock, elements, sources);
    if (!opened) FAIL(opened.error().what);
    store = std::move(*opened);
  }
};

constexpr std::string_view kUnits[] = {"08044", "08053", "08515"};
constexpr std::int32_t kNone = RecordBlock::kNoDay;

struct Row {
  std::uint64_t key = 0;
  std::int64_t version = 0;
  std::uint32_t unit = 0;    // into kUnits
  std::uint32_t counts = 0;  // dossiers, dossiers_online on the first day; dossiers_resolved on the second
  std::int32_t received = kNone;
  std::int32_t ended = kNone;
};

class Blocks final : public store::BlockReader {
 public:
  Blocks(std::vector<Row> rows, unsigned bits) : rows_(std::move(rows)), bits_(bits) {
    std::ranges::sort(rows_, {}, &Row::key);
  }
  base::Result<const store::PackedBlock*> next() override {
    if (at_ == rows_.size()) return nullptr;
    RecordBlock block;
    block.clear(2);
    const auto bucket = [&](std::uint64_t key) { return bits_ == 0 ? 0 : key >> (64U - bits_); };
    packed_.bucket = static_cast<std::uint32_t>(bucket(rows_[at_].key));
    for (; at_ < rows_.size() && bucket(rows_[at_].key) == packed_.bucket; ++at_) {
      const auto& row = rows_[at_];
      block.keys.push_back(row.key);
      block.versions.push_back(row.version);
      block.units.push_back(row.unit);
      block.counts.push_back(row.counts);
      block.days[0].push_back(row.received);
      block.days[1].push_back(row.ended);
    }
    packed_.rows = static_cast<std::uint32_t>(block.size());
    store::pack(block, packed_.bytes);
    return &packed_;
  }

 private:
  std::vector<Row> rows_;
  unsigned bits_;
  std::size_t at_ = 0;
  store::PackedBlock packed_;
};

struct Told {
  std::string id;
  std::string part;
  std::int64_t received = 0;
  std::vector<Row> rows;
  Standing standing = Standing::in_force;
};

store::StagedDelivery staged(const Home& home, const Told& told, model::Day daily_from, unsigned bits) {
  store::StagedDelivery made;
  made.head.id = told.id;
  made.head.source = "portal";
  made.head.connector = "portal-dossiers-file";
  made.head.kind = store::LoadKind::records;
  made.head.partition = made.head.part = told.part;
  made.head.received = base::Instant(std::chrono::microseconds(told.received));
  made.head.standing = told.standing;
  made.head.counts = {told.rows.size(), told.rows.size(), 0, 0};
  auto& records = made.records.emplace();
  for (const auto code : kUnits) records.layout.units.push_back(model::UnitCode::of(code).value());
  records.layout.days = {"received", "ended"};
  records.layout.counters = {{home.elements.find("dossiers").value(), 0},
                             {home.elements.find("dossiers_online").value(), 0},
                             {home.elements.find("dossiers_resolved").value(), 1}};
  records.bits = bits;
  records.rows = told.rows.size();
  records.daily_from = daily_from;
  records.blocks = std::make_unique<Blocks>(told.rows, bits);
  return made;
}

model::Day day(int year, unsigned month, unsigned of_month) { return model::Day::of(year, month, of_month).value(); }
std::int32_t number(int year, unsigned month, unsigned of_month) { return day(year, month, of_month).since_epoch(); }

std::string line(const Home& home, const model::Figure& figure) {
  return fmt::format("{} {} {}..{} {}", figure.unit.view(), home.elements.name(figure.element),
                     figure.period.first.iso(), figure.period.last.iso(), figure.value);
}

std::vector<std::string> lines(Home& home, std::optional<base::Instant> known_at = std::nullopt) {
  std::vector<std::string> out;
  REQUIRE(home.store->read_figures([&](const model::Figure& figure) { out.push_back(line(home, figure)); }, known_at));
  std::ranges::sort(out);
  return out;
}

/// What the cells say one by one is what all together say.
void check_cells(Home& home) {
  std::vector<std::string> out;
  for (const auto code : kUnits) {
    for (const auto* element : {"dossiers", "dossiers_online", "dossiers_resolved"}) {
      const auto cell = home.store->read_cell(model::UnitCode::of(code).value(), home.elements.find(element).value());
      REQUIRE(cell);
      for (const auto& figure : *cell) out.push_back(line(home, figure));
    }
  }
  std::ranges::sort(out);
  CHECK(out == lines(home));
}

using Lines = std::vector<std::string>;
constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15ULL;

}  // namespace

TEST_CASE("records count by unit and month; a key told again moves, and back when that is retracted") {
  Home home;
  const auto later = day(2026, 12, 1);
  const Told first{"aaaaaaaaaaaaaaaa",
                   "1.ndjson",
                   1,
                   {{1, 0, 0, 3, number(2026, 8, 3), kNone}, {2, 0, 0, 1, number(2026, 8, 31), kNone}}};
  const Told second{"bbbbbbbbbbbbbbbb", "2.ndjson", 2, {{2, 0, 1, 7, number(2026, 7, 31), number(2026, 8, 2)}}};
  REQUIRE(home.store->commit(staged(home, first, later, 0)));
  CHECK(lines(home) ==
        Lines{"08044 dossiers 2026-08-01..2026-08-31 2", "08044 dossiers_online 2026-08-01..2026-08-31 1"});
  CHECK(home.store->dirty()->cells.size() == 3);
  REQUIRE(home.store->commit(staged(home, second, later, 3)));
  const Lines moved{"08044 dossiers 2026-08-01..2026-08-31 1", "08044 dossiers_online 2026-08-01..2026-08-31 1",
                    "08053 dossiers 2026-07-01..2026-07-31 1", "08053 dossiers_online 2026-07-01..2026-07-31 1",
                    "08053 dossiers_resolved 2026-08-01..2026-08-31 1"};
  CHECK(lines(home) == moved);
  check_cells(home);
  REQUIRE(home.store->set_standing("bbbbbbbb", Standing::retracted, "wrong"));
  CHECK(lines(home) ==
        Lines{"08044 dossiers 2026-08-01..2026-08-31 2", "08044 dossiers_online 2026-08-01..2026-08-31 1"});
  REQUIRE(home.store->set_standing("bbbbbbbb", Standing::in_force, "right after all"));
  REQUIRE(home.store->set_standing("aaaaaaaa", Standing::retracted, "wrong"));
  CHECK(lines(home) == Lines{moved.begin() + 2, moved.end()});
  REQUIRE(home.store->set_standing("bbbbbbbb", Standing::retracted, "wrong"));
  CHECK(lines(home).empty());
  CHECK(home.store->integrity()->empty());
}

TEST_CASE("the same delivery again changes nothing, nor does another that says the same") {
  Home home;
  Told told{"aaaaaaaaaaaaaaaa", "1.ndjson", 1, {{1, 0, 0, 1, number(2026, 8, 3), kNone}}};
  REQUIRE(home.store->commit(staged(home, told, day(2026, 12, 1), 0)));
  const auto seen = home.store->dirty()->up_to;
  CHECK_FALSE(home.store->commit(staged(home, told, day(2026, 12, 1), 0))->fresh);
  told.id = "bbbbbbbbbbbbbbbb";
  told.received = 2;
  CHECK(home.store->commit(staged(home, told, day(2026, 12, 1), 0))->fresh);
  CHECK(home.store->dirty(seen)->cells.empty());
  REQUIRE(home.store->set_standing("aaaaaaaa", Standing::retracted, "wrong"));
  CHECK(home.store->dirty(seen)->cells.empty());
  CHECK(lines(home).size() == 2);
}

TEST_CASE("of two rows of a key the greater version counts, then the later receipt, then the name of the file") {
  Home home;
  const auto deliver = [&](const char* id, const char* part, std::int64_t received, std::int64_t version,
                           unsigned month) {
    const Told told{id, part, received, {{1, version, 0, 1, number(2026, month, 3), kNone}}};
    REQUIRE(home.store->commit(staged(home, told, day(2026, 12, 1), 0)));
    return lines(home).front();
  };
  CHECK(deliver("aaaaaaaaaaaaaaaa", "1", 5, 10, 8).find("2026-08") != std::string::npos);
  CHECK(deliver("bbbbbbbbbbbbbbbb", "2", 9, 9, 7).find("2026-08") != std::string::npos);
  CHECK(deliver("cccccccccccccccc", "3", 4, 10, 6).find("2026-08") != std::string::npos);
  CHECK(deliver("dddddddddddddddd", "0", 5, 10, 5).find("2026-08") != std::string::npos);
  CHECK(deliver("eeeeeeeeeeeeeeee", "9", 5, 10, 4).find("2026-04") != std::string::npos);
  CHECK(deliver("ffffffffffffffff", "1", 1, 11, 3).find("2026-03") != std::string::npos);
}

TEST_CASE("a file that goes back to what it was is told last, whatever the time of its bytes") {
  Home home;
  const auto deliver = [&](const char* id, std::int64_t received, unsigned month) {
    const Told told{id, "1.ndjson", received, {{1, 0, 0, 1, number(2026, month, 3), kNone}}};
    REQUIRE(home.store->commit(staged(home, told, day(2026, 12, 1), 0)));
    return lines(home).front();
  };
  deliver("aaaaaaaaaaaaaaaa", 5, 8);
  CHECK(deliver("bbbbbbbbbbbbbbbb", 9, 7).find("2026-07") != std::string::npos);
  CHECK(deliver("cccccccccccccccc", 5, 8).find("2026-08") != std::string::npos);
}

TEST_CASE("a month or day without records between others is 0, no hole, up to the last month that anybody has") {
  Home home;
  const Told told{"aaaaaaaaaaaaaaaa",
                  "1.ndjson",
                  1,
                  {{1, 0, 0, 1, number(2026, 5, 31), kNone},
                   {2, 0, 0, 1, number(2026, 7, 1), kNone},
                   {3, 0, 1, 1, number(2026, 9, 10), kNone},
                   {4, 0, 1, 1, number(2026, 9, 12), kNone},
                   {5, 0, 1, 0, number(2026, 9, 14), kNone},
                   {6, 0, 2, 1, number(1026, 9, 14), kNone},
                   {7, 0, 2, 1, number(2027, 9, 14), kNone}}};
  REQUIRE(home.store->commit(staged(home, told, day(2026, 9, 1), 0)));
  Lines dossiers = lines(home);
  std::erase_if(dossiers, [](const auto& text) { return text.find("dossiers ") == std::string::npos; });
  CHECK(dossiers == Lines{
                        "08044 dossiers 2026-05-01..2026-05-31 1",
                        "08044 dossiers 2026-06-01..2026-06-30 0",
                        "08044 dossiers 2026-07-01..2026-07-31 1",
                        "08044 dossiers 2026-08-01..2026-08-31 0",
                        "08053 dossiers 2026-09-01..2026-09-10 1",
                        "08053 dossiers 2026-09-11..2026-09-12 1",
                        "08053 dossiers 2026-09-13..2026-09-14 0",
                        "08515 dossiers 1026-09-01..1026-09-30 1",
                        "08515 dossiers 2027-09-01..2027-09-14 1",
                    });
  CHECK(home.store->integrity()->empty());
}

TEST_CASE("what a month is over is told as a whole, and all units are dirty then") {
  Home home;
  const auto deliver = [&](const char* id, std::uint64_t key, std::int32_t received, model::Day daily_from) {
    const auto before = home.store->dirty()->up_to;
    const Told told{id, id, static_cast<std::int64_t>(key), {{key, 0, key == 3 ? 1U : 0U, 1, received, kNone}}};
    REQUIRE(home.store->commit(staged(home, told, daily_from, 0)));
    return home.store->dirty(before)->cells.size();
  };
  deliver("aaaaaaaaaaaaaaaa", 1, number(2026, 8, 3), day(2026, 8, 1));
  CHECK(lines(home)[0] == "08044 dossiers 2026-08-01..2026-08-03 1");
  CHECK(deliver("bbbbbbbbbbbbbbbb", 2, number(2026, 8, 5), day(2026, 8, 1)) == 3);
  CHECK(lines(home)[1] == "08044 dossiers 2026-08-04..2026-08-05 1");
  CHECK(deliver("cccccccccccccccc", 3, number(2026, 9, 1), day(2026, 9, 1)) == 6);
  CHECK(lines(home)[0] == "08044 dossiers 2026-08-01..2026-08-31 2");
  CHECK(deliver("dddddddddddddddd", 4, number(2026, 8, 9), day(2026, 8, 1)) == 3);
  CHECK(lines(home)[0] == "08044 dossiers 2026-08-01..2026-08-31 3");
}

TEST_CASE("a review sees the counts with the delivery; held by it, they are as if it had not come") {
  Home home;
  const auto later = day(2026, 12, 1);
  REQUIRE(home.store->commit(
      staged(home, {"aaaaaaaaaaaaaaaa", "1", 1, {{1, 0, 0, 1, number(2026, 8, 3), kNone}}}, later, 0)));
  const auto before = home.store->canonical_dump().value();
  const auto seen = home.store->dirty()->up_to;
  const Told told{"bbbbbbbbbbbbbbbb", "2", 2, {{1, 0, 1, 3, number(2026, 8, 3), kNone}}};
  const auto committed =
      home.store->commit(staged(home, told, later, 0), [&]() -> base::Result<std::optional<std::string>> {
        CHECK(lines(home)[0] == "08053 dossiers 2026-08-01..2026-08-31 1");
        CHECK(home.store->dirty(seen)->cells.size() == 6);
        return "too much";
      });
  REQUIRE(committed);
  CHECK(committed->held == "too much");
  CHECK(home.store->dirty(seen)->cells.empty());
  CHECK(lines(home)[0] == "08044 dossiers 2026-08-01..2026-08-31 1");
  CHECK(home.store->integrity()->empty());
  REQUIRE(home.store->set_standing("bbbbbbbb", Standing::in_force, "checked"));
  CHECK(lines(home)[0] == "08053 dossiers 2026-08-01..2026-08-31 1");
  REQUIRE(home.store->set_standing("bbbbbbbb", Standing::retracted, "wrong"));
  CHECK(lines(home)[0] == "08044 dossiers 2026-08-01..2026-08-31 1");
  CHECK(before.find("08044") != std::string::npos);
  CHECK(home.store->integrity()->empty());
}

TEST_CASE("what was told at a time is known later") {
  Home home;
  const auto later = day(2026, 12, 1);
  REQUIRE(home.store->commit(
      staged(home, {"aaaaaaaaaaaaaaaa", "1", 1, {{1, 0, 0, 1, number(2026, 8, 3), kNone}}}, later, 0)));
  const auto then = home.clock.now();
  const auto told = lines(home);
  home.clock.advance(std::chrono::hours(1));
  REQUIRE(home.store->commit(
      staged(home, {"bbbbbbbbbbbbbbbb", "2", 2, {{1, 0, 1, 3, number(2026, 7, 3), kNone}}}, later, 0)));
  CHECK(lines(home, then) == told);
  CHECK(lines(home, home.clock.now()) == lines(home));
  CHECK(lines(home, then - std::chrono::hours(1)).empty());
}

TEST_CASE("blocks come back as they were packed, damaged ones are refused") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    RecordBlock block;
    block.clear(2);
    std::uint64_t key = 0;
    for (auto rows = random() % 20; rows > 0; --rows) {
      block.keys.push_back(key += 1 + (random() >> (random() % 40 + 20)));
      block.versions.push_back(static_cast<std::int64_t>(random()) >> (random() % 64));
      block.units.push_back(static_cast<std::uint32_t>(random() >> (32 + random() % 32)));
      block.counts.push_back(static_cast<std::uint32_t>(random() >> (32 + random() % 32)));
      for (auto& days : block.days)
        days.push_back(random() % 4 == 0 ? kNone : static_cast<std::int32_t>(random()) >> (random() % 32));
    }
    for (auto& days : block.days) std::ranges::replace(days, kNone, kNone + 1);
    if (!block.keys.empty()) block.days[0].back() = kNone;
    std::string bytes;
    store::pack(block, bytes);
    RecordBlock back;
    REQUIRE(store::unpack(bytes, 2, back));
    CHECK(back == block);
    CHECK_FALSE(store::unpack(bytes, 1, back));
    CHECK_FALSE(store::unpack(bytes + "x", 2, back));
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
      CHECK_FALSE(store::unpack(std::string_view(bytes).substr(0, cut), 2, back));
  }
}

namespace {

/// The rows in force by the naive reading, and the figures of windows by it.
class Naive {
 public:
  explicit Naive(const std::vector<Told>& all) {
    std::map<std::uint64_t, std::tuple<std::int64_t, std::int64_t, std::string>> ranks;
    for (const auto& told : all) {
      if (told.standing != Standing::in_force) continue;
      for (const auto& row : told.rows) {
        const std::tuple rank(row.version, told.received, told.part);
        const auto [known, fresh] = ranks.try_emplace(row.key, rank);
        if (!fresh && rank < known->second) continue;
        known->second = rank;
        rows_[row.key] = row;
      }
    }
  }
  [[nodiscard]] std::int64_t count(std::uint32_t unit, unsigned counter, model::Day first, model::Day last) const {
    return std::ranges::count_if(rows_, [&](const auto& entry) {
      const auto& row = entry.second;
      const auto on = counter == 2 ? row.ended : row.received;
      return row.unit == unit && on != kNone && (row.counts >> counter & 1U) != 0 && on >= first.since_epoch() &&
             on <= last.since_epoch();
    });
  }

 private:
  std::map<std::uint64_t, Row> rows_;
};

void check_windows(Home& home, const Naive& naive, model::Day daily_from) {
  constexpr const char* kElements[] = {"dossiers", "dossiers_online", "dossiers_resolved"};
  std::map<std::pair<std::string, model::ElementId>, std::vector<model::Figure>> cells;
  REQUIRE(home.store->read_figures([&](const model::Figure& figure) {
    cells[{std::string(figure.unit.view()), figure.element}].push_back(figure);
  }));
  for (std::uint32_t unit = 0; unit < std::size(kUnits); ++unit) {
    for (unsigned counter = 0; counter < 3; ++counter) {
      auto& figures = cells[{std::string(kUnits[unit]), home.elements.find(kElements[counter]).value()}];
      std::ranges::sort(figures, {}, [](const auto& figure) { return figure.period; });
      for (std::size_t i = 1; i < figures.size(); ++i) {
        const auto next = figures[i - 1].period.last + 1;
        // Neither hole nor overlap; months to come may be holes.
        if (figures[i].period.first > daily_from) {
          REQUIRE(figures[i].period.first >= next);
        } else {
          REQUIRE(figures[i].period.first == next);
        }
      }
      const auto new_year = day(2026, 1, 1);
      for (auto end = day(2026, 5, 31); end < day(2026, 10, 1); end = end + 1) {
        const bool month_end = (end + 1).ymd().day() == std::chrono::day(1);
        if (end < daily_from && !month_end) continue;
        std::int64_t sum = 0;
        for (const auto& figure : figures) sum += figure.period.inside({new_year, end}) ? figure.value : 0;
        CAPTURE(kUnits[unit], counter, end.iso());
        CHECK(sum == naive.count(unit, counter, new_year, end));
      }
    }
  }
}

}  // namespace

TEST_CASE("whatever is delivered, retracted, accepted or delivered again: the counts are those of a naive recount") {
  for (std::uint32_t life = 1; life <= 12; ++life) {
    CAPTURE(life);
    std::mt19937 random(life);
    const auto roll = [&](std::uint32_t sides) { return static_cast<std::uint32_t>(random()) % sides; };
    Home home;
    std::vector<Told> all;
    auto daily_from = day(2026, 6, 1);
    for (int step = 0; step < 40; ++step) {
      CAPTURE(step);
      home.clock.advance(std::chrono::minutes(1));
      if (all.empty() || roll(3) != 0) {
        Told told;
        told.part = fmt::format("{:03}.ndjson", step * 7 % 40);  // the names do not follow the order of delivery
        told.id = base::sha256_hex(fmt::format("{} {}", life, step)).substr(0, 32);
        told.received = roll(20);
        told.standing = roll(6) == 0 ? Standing::held : Standing::in_force;
        std::map<std::uint64_t, Row> rows;
        for (auto count = roll(30); count > 0; --count) {
          Row row{(1 + roll(40)) * kSpread, roll(3), roll(3), roll(8), kNone, kNone};
          if (roll(12) != 0) row.received = number(2026, 5, 1) + static_cast<std::int32_t>(roll(130));
          if (roll(2) == 0) row.ended = number(2026, 5, 1) + static_cast<std::int32_t>(roll(150));
          rows[row.key] = row;
        }
        for (const auto& [key, row] : rows) told.rows.push_back(row);
        if (roll(8) == 0 && daily_from < day(2026, 9, 1)) daily_from = store::last_day(store::month_of(daily_from)) + 1;
        REQUIRE(home.store->commit(staged(home, told, daily_from, roll(4))));
        all.push_back(std::move(told));
      } else {
        auto& told = all[roll(static_cast<std::uint32_t>(all.size()))];
        if (roll(4) == 0) {
          auto again = told;
          again.standing = Standing::in_force;
          CHECK_FALSE(home.store->commit(staged(home, again, daily_from, roll(4)))->fresh);
        } else {
          told.standing = told.standing == Standing::in_force ? Standing::retracted : Standing::in_force;
          REQUIRE(home.store->set_standing(told.id, told.standing, "so it goes"));
        }
      }
      if (roll(10) == 0) home.open();
      if (roll(3) != 0) continue;
      const auto stored = home.store->integrity();
      REQUIRE(stored);
      CHECK(stored->empty());
      check_cells(home);
    }
    // A held delivery does not move the border between days and months: the next one does.
    Told last{"ffffffffffffffff", "last", 99, {}, Standing::in_force};
    REQUIRE(home.store->commit(staged(home, last, daily_from, 0)));
    check_windows(home, Naive(all), daily_from);

    // In another order, and without what was taken back, it is the same.
    Home other;
    auto order = all;
    std::shuffle(order.begin(), order.end(), random);
    for (const auto& told : order) {
      if (told.standing == Standing::in_force) REQUIRE(other.store->commit(staged(other, told, daily_from, roll(4))));
    }
    REQUIRE(other.store->commit(staged(other, last, daily_from, 0)));
    CHECK(lines(other) == lines(home));
  }
}
