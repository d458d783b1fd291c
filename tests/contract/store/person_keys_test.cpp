// The keys of the person hashes: two at a time, and what is left of the old one.

#include <catch2/catch.hpp>

#include "tests/contract/store/home.h"

using namespace ntmd;
using store::KeyState;
using test::Home;

namespace {

const model::UnitCode kUnit = model::UnitCode::of("08515").value();

struct Runs final : store::RunReader {
  explicit Runs(std::vector<store::Run> given) : runs(std::move(given)) {}
  base::Result<const store::Run*> next() override { return at == runs.size() ? nullptr : &runs[at++]; }
  std::vector<store::Run> runs;
  std::size_t at = 0;
};

struct Keys : Home {
  Keys() { add(1, KeyState::in_force); }
  void add(std::uint32_t id, KeyState state) {
    REQUIRE(store->add_person_key({id, "person_key", "check", state, {}, "so it is"}));
  }
  /// With people of these hashes by key.
  store::StagedDelivery staged(std::string id,
                               const std::vector<std::pair<std::uint32_t, std::vector<std::uint64_t>>>& people) {
    store::StagedDelivery made;
    made.head.id = id;
    made.head.source = "bank";
    made.head.kind = store::LoadKind::snapshot;
    made.head.dated = model::Day(20000);
    made.head.partition = "bank";
    made.head.part = std::move(id);
    std::vector<store::Run> runs;
    for (const auto& [key, hashes] : people) runs.push_back({elements->intern("account_holders"), kUnit, key, hashes});
    made.runs = std::make_unique<Runs>(std::move(runs));
    return made;
  }
  std::vector<std::uint32_t> keys_of(model::Revision delivery) {
    std::vector<std::uint32_t> keys;
    const auto runs = store->runs_of(delivery, elements->find("account_holders").value());
    if (!runs) return {999};
    for (const auto& run : *runs) keys.push_back(run.key_id);
    return keys;
  }
};

}  // namespace

TEST_CASE(
    "a delivery that comes again gets the runs that it lacks under the key that comes, and the switch keeps these") {
  Keys home;
  const auto a = home.store->commit(home.staged("aaaaaaaa", {{1, {4, 5, 6}}}));
  const auto b = home.store->commit(home.staged("bbbbbbbb", {{1, {7}}}));
  CHECK(home.store->without_incoming_key()->empty());
  home.add(2, KeyState::incoming);
  CHECK(*home.store->without_incoming_key() == std::vector{a->revision, b->revision});

  const auto again = home.store->commit(home.staged("aaaaaaaa", {{1, {4, 5, 6}}, {2, {14, 15, 16}}}));
  CHECK(again->rehashed);
  CHECK_FALSE(again->fresh);
  CHECK(home.keys_of(a->revision) == std::vector<std::uint32_t>{1, 2});
  CHECK(*home.store->without_incoming_key() == std::vector{b->revision});
  CHECK_FALSE(home.store->commit(home.staged("aaaaaaaa", {{1, {4, 5, 6}}, {2, {14, 15, 16}}}))->rehashed);

  REQUIRE(home.store->switch_person_key());
  home.open();
  CHECK(home.keys_of(a->revision) == std::vector<std::uint32_t>{2});
  CHECK(home.store->run_keys(a->revision, home.elements->find("account_holders").value(), kUnit, 2).value() ==
        std::vector<std::uint64_t>{14, 15, 16});
  CHECK(home.keys_of(b->revision) == std::vector<std::uint32_t>{999});
  const auto keys = home.store->person_keys().value();
  CHECK(keys[0].state == KeyState::retired);
  CHECK(keys[1].state == KeyState::in_force);
  CHECK(home.store->integrity()->empty());

  // Deliver the file again: it is known, and gets its people back.
  REQUIRE(home.store->commit(home.staged("bbbbbbbb", {{2, {17}}})));
  CHECK(home.keys_of(b->revision) == std::vector<std::uint32_t>{2});
}

TEST_CASE("bytes that name other people now get no runs under the key that comes") {
  Keys home;
  const auto a = home.store->commit(home.staged("aaaaaaaa", {{1, {4, 5, 6}}}));
  home.add(2, KeyState::incoming);
  for (const auto& now : {std::vector<std::uint64_t>{4, 5}, {4, 5, 7}, {}}) {
    const auto again = home.store->commit(home.staged("aaaaaaaa", {{1, now}, {2, {14, 15, 16}}}));
    CHECK(again->reads_otherwise);
    CHECK_FALSE(again->rehashed);
    CHECK(home.keys_of(a->revision) == std::vector<std::uint32_t>{1});
  }
  // Read before the new key came: nothing is wrong with it, and nothing is new.
  const auto before = home.store->commit(home.staged("aaaaaaaa", {{1, {4, 5, 6}}}));
  CHECK_FALSE(before->reads_otherwise);
  CHECK_FALSE(before->rehashed);
  CHECK(home.store->integrity()->empty());
}

TEST_CASE("what was hashed under a key that is gone is not kept") {
  Keys home;
  home.add(2, KeyState::incoming);
  const auto a = home.store->commit(home.staged("aaaaaaaa", {{1, {4}}, {2, {14}}}));
  REQUIRE(home.store->cancel_person_key("not yet"));
  CHECK(home.keys_of(a->revision) == std::vector<std::uint32_t>{1});
  CHECK(home.store->person_keys()->back().check_value.empty());
  const auto late = home.store->commit(home.staged("bbbbbbbb", {{1, {5}}, {2, {15}}}));
  CHECK(home.keys_of(late->revision) == std::vector<std::uint32_t>{1});
  CHECK(home.store->cancel_person_key("again").error().fault == base::Fault::bad_data);
  CHECK(home.store->switch_person_key().error().fault == base::Fault::bad_data);

  home.add(3, KeyState::incoming);
  CHECK_FALSE(home.store->add_person_key({4, "x", "x", KeyState::incoming, {}, ""}));
  REQUIRE(home.store->switch_person_key());
  CHECK(home.store->commit(home.staged("cccccccc", {{1, {6}}})).error().fault == base::Fault::retry_later);
  CHECK_FALSE(home.store->find_delivery("cccccccc")->has_value());
}

TEST_CASE("the runs of a key that was replaced at once stay until a switch, and are sound as long") {
  Keys home;
  const auto a = home.store->commit(home.staged("aaaaaaaa", {{1, {4}}}));
  home.add(7, KeyState::in_force);
  CHECK(home.store->person_keys()->front().state == KeyState::set_aside);
  CHECK(home.keys_of(a->revision) == std::vector<std::uint32_t>{1});
  CHECK(home.store->integrity()->empty());

  home.add(8, KeyState::incoming);
  const auto b = home.store->commit(home.staged("bbbbbbbb", {{1, {5}}, {7, {15}}, {8, {25}}}));
  CHECK(home.keys_of(b->revision) == std::vector<std::uint32_t>{7, 8});
  REQUIRE(home.store->switch_person_key());
  for (const auto& key : home.store->person_keys().value())
    CHECK(key.state == (key.id == 8 ? KeyState::in_force : KeyState::retired));
  CHECK(home.keys_of(a->revision) == std::vector<std::uint32_t>{999});
  CHECK(home.store->integrity()->empty());
}
