// Which deliveries speak, as every store promises it.
#include <catch2/catch.hpp>

#include "daemon/store/sqlite_store.h"
#include "tests/unit/base/temp_folder.h"

using namespace ntmd;
using Values = std::vector<std::int64_t>;

namespace {

struct Home {
  test::TempFolder folder;
  base::ManualClock clock{base::Instant(std::chrono::hours(500000))};
  model::NameTable elements;
  model::NameTable sources;
  std::unique_ptr<store::Store> store;

  Home() {
    auto opened = store::open_sqlite(folder.path(), store::Access::owner, clock, elements, sources);
    if (!opened) FAIL(opened.error().what);
    store = std::move(*opened);
  }
  store::StagedDelivery staged(const std::string& id, const std::string& part, int received) const {
    store::StagedDelivery made;
    made.head.id = id + std::string(16 - id.size(), '0');
    made.head.source = "numbers";
    made.head.part = made.head.partition = part;
    made.head.received = base::Instant(std::chrono::hours(received));
    return made;
  }
  model::Revision commit(const store::StagedDelivery& made) {
    clock.advance(std::chrono::hours(1));
    const auto done = store->commit(made);
    if (!done) FAIL(done.error().what);
    return done->revision;
  }
  /// Figures of one cell a value.
  model::Revision tell(const std::string& id, const std::string& part, int received, const Values& told, bool whole,
                       model::Revision turn = 0) {
    auto made = staged(id, part, received);
    made.head.whole = whole;
    made.head.turn = turn;
    for (const auto value : told) {
      model::Figure figure;
      figure.unit = model::UnitCode::of("08515").value();
      figure.element = elements.intern("adults");
      figure.source = sources.intern("numbers");
      figure.period = {model::Day(20000), model::Day(20000)};
      figure.value = value;
      figure.row = static_cast<std::uint32_t>(made.figures.size());
      made.figures.push_back(figure);
    }
    return commit(made);
  }
  void evidence(const std::string& id, const std::string& part, int received, const std::string& indicator) {
    auto made = staged(id, part, received);
    made.head.kind = store::LoadKind::evidence;
    model::Evidence record;
    record.unit = model::UnitCode::of("08515").value();
    record.indicator = indicator;
    record.source = sources.intern("numbers");
    made.evidence.push_back(record);
    commit(made);
  }
  void set(const std::string& id, store::Standing standing) {
    REQUIRE(store->set_standing(id + std::string(16 - id.size(), '0'), standing, "told so"));
  }
  Values values(std::optional<base::Instant> known_at = std::nullopt) const {
    Values out;
    REQUIRE(store->read_figures([&](const model::Figure& figure) { out.push_back(figure.value); }, known_at));
    return out;
  }
  Values cell() {
    Values out;
    const auto versions = store->read_cell(model::UnitCode::of("08515").value(), elements.find("adults").value());
    REQUIRE(versions);
    for (const auto& figure : *versions) out.push_back(figure.value);
    return out;
  }
  std::string indicator(std::optional<base::Instant> known_at = std::nullopt) const {
    const auto records = store->read_evidence(known_at);
    REQUIRE(records);
    REQUIRE(records->size() < 2);
    return records->empty() ? "" : records->front().indicator;
  }
  std::size_t dirty() const { return store->dirty()->cells.size(); }
};

}  // namespace

TEST_CASE(
    "a whole delivery of a part withdraws what came before it under that name, and retracting it brings it back") {
  Home home;
  home.tell("a", "a.csv", 10, {1, 2}, true);
  home.tell("b", "b.csv", 20, {3}, true);
  const auto before = home.dirty();
  home.tell("c", "a.csv", 5, {4}, true);  // put back with an older time: it still came later
  CHECK(home.values() == Values{3, 4});
  CHECK(home.cell() == Values{3, 4});
  CHECK(home.dirty() > before);
  home.set("c", store::Standing::retracted);
  CHECK(home.values() == Values{1, 2, 3});
  CHECK(home.cell() == Values{1, 2, 3});
}

TEST_CASE("one that is not whole, or held, withdraws nothing") {
  Home home;
  home.tell("a", "a.csv", 10, {1}, true);
  home.tell("b", "a.csv", 20, {2}, false);
  CHECK(home.values() == Values{1, 2});
  home.tell("c", "a.csv", 30, {3}, true);
  CHECK(home.values() == Values{3});
  auto held = home.staged("d", "a.csv", 40);
  held.head.whole = true;
  held.head.standing = store::Standing::held;
  home.commit(held);
  CHECK(home.values() == Values{3});
  home.set("d", store::Standing::in_force);
  CHECK(home.values().empty());
}

TEST_CASE("one that takes another's place withdraws nothing that came after that") {
  Home home;
  const auto first = home.tell("a", "a.csv", 10, {1}, true);
  home.tell("b", "a.csv", 20, {2}, true);
  home.tell("c", "a.csv", 10, {3}, true, first);
  CHECK(home.values() == Values{2});
  home.set("b", store::Standing::retracted);
  CHECK(home.values() == Values{3});
}

TEST_CASE("of evidence the last of each file counts, of the files the one received last") {
  Home home;
  home.evidence("a", "a.csv", 10, "old");
  home.evidence("b", "b.csv", 20, "other");
  home.evidence("c", "b.csv", 15, "put back");
  CHECK(home.indicator() == "put back");
  home.set("c", store::Standing::retracted);
  CHECK(home.indicator() == "other");
  home.set("b", store::Standing::retracted);
  CHECK(home.indicator() == "old");
}

TEST_CASE("what was known at a time leaves out what was recorded later, with all that it withdrew") {
  Home home;
  home.tell("a", "a.csv", 10, {1}, true);
  home.evidence("b", "b.csv", 10, "first");
  const auto then = home.clock.now();
  home.tell("c", "a.csv", 20, {2}, true);
  home.evidence("d", "b.csv", 20, "second");
  CHECK(home.values() == Values{2});
  CHECK(home.values(then) == Values{1});
  CHECK(home.indicator() == "second");
  CHECK(home.indicator(then) == "first");
}

TEST_CASE("the lock is seen by others, and can be kept from one store to the next") {
  test::TempFolder folder;
  CHECK_FALSE(store::is_locked(folder.path()));
  auto taken = store::lock_store(folder.path());
  REQUIRE(taken);
  const std::shared_ptr<store::OwnerLock> lock = std::move(*taken);
  base::ManualClock clock{base::Instant(std::chrono::hours(500000))};
  for (int times = 0; times < 2; ++times) {
    model::NameTable elements;
    model::NameTable sources;
    REQUIRE(store::open_sqlite(folder.path(), store::Access::owner, clock, elements, sources, lock));
    CHECK(store::is_locked(folder.path()));
    CHECK(store::lock_store(folder.path()).error().fault == base::Fault::denied);
  }
}

TEST_CASE("of a source's evidence only the newest file is in force") {
  Home home;
  const auto deliver = [&](std::string id, std::string part, int hours, std::string indicator) {
    store::StagedDelivery staged;
    staged.head.id = std::move(id);
    staged.head.source = staged.head.partition = "ho-so";
    staged.head.kind = store::LoadKind::evidence;
    staged.head.part = std::move(part);
    staged.head.received = base::Instant(std::chrono::hours(hours));
    model::Evidence record;
    record.unit = model::UnitCode::of("08515").value();
    record.indicator = std::move(indicator);
    record.source = home.sources.intern("ho-so");
    staged.evidence.push_back(record);
    REQUIRE(home.store->commit(staged));
  };
  deliver("aaaaaaaaaaaaaaaa", "a.csv", 10, "1.2.2");
  deliver("bbbbbbbbbbbbbbbb", "b.csv", 20, "1.2.3");
  deliver("cccccccccccccccc", "c.csv", 5, "1.2.4");
  const auto records = home.store->read_evidence();
  REQUIRE(records);
  REQUIRE(records->size() == 1);
  CHECK(records->at(0).indicator == "1.2.3");
  REQUIRE(home.store->set_standing("bbbbbbbb", store::Standing::retracted, "wrong"));
  CHECK(home.store->read_evidence()->at(0).indicator == "1.2.2");
}
