// What every store promises (daemon/store/store.h). A further store joins by a further factory.
#include "daemon/store/store.h"

#include "tests/contract/store/home.h"

using namespace ntmd;
using test::Home;

namespace {

model::UnitCode unit(std::string_view code) { return model::UnitCode::of(code).value(); }

/// Runs as given, and at their end an error where one is given.
class GivenRuns final : public store::RunReader {
 public:
  explicit GivenRuns(std::vector<store::Run> runs, base::Status end = {})
      : runs_(std::move(runs)), end_(std::move(end)) {}
  base::Result<const store::Run*> next() override {
    if (at_ < runs_.size()) return &runs_[at_++];
    if (!end_) return std::unexpected(end_.error());
    return nullptr;
  }

 private:
  std::vector<store::Run> runs_;
  base::Status end_;
  std::size_t at_ = 0;
};

store::StagedDelivery figures(Home& home, std::string id, std::int64_t value) {
  store::StagedDelivery staged;
  staged.head.id = std::move(id);
  staged.head.source = "so-lieu";
  staged.head.connector = "figures-csv";
  staged.head.partition = staged.head.part = "a.csv";
  staged.head.counts = {3, 1, 1, 1};
  model::Figure figure;
  figure.unit = unit("08515");
  figure.element = home.elements->intern("adults");
  figure.source = home.sources->intern("so-lieu");
  figure.period = {model::Day(20000), model::Day(20000)};
  figure.value = value;
  staged.figures.push_back(figure);
  staged.quarantine.push_back({5, 77, "value", "integer", "column \"value\" is no integer", "x"});
  staged.ledger = store::LedgerEntry{"so-lieu", "a.csv", 10, 1, 2, 3, 4, "sha", staged.head.id};
  staged.cursor = "2026-08";
  return staged;
}

store::StagedDelivery snapshot(Home& home, std::string id, std::int32_t day, std::vector<std::uint64_t> keys) {
  store::StagedDelivery staged;
  staged.head.id = std::move(id);
  staged.head.source = "bank";
  staged.head.connector = "bank-accounts-csv";
  staged.head.kind = store::LoadKind::snapshot;
  staged.head.dated = model::Day(day);
  staged.head.partition = "bank/" + staged.head.dated->iso();
  staged.head.part = "bank.csv";
  staged.runs = std::make_unique<GivenRuns>(
      std::vector<store::Run>{{home.elements->intern("account_holders"), unit("08515"), 1, std::move(keys)}});
  return staged;
}

std::vector<std::int64_t> values(Home& home) {
  std::vector<std::int64_t> out;
  REQUIRE(home.store->read_figures([&](const model::Figure& figure) { out.push_back(figure.value); }));
  return out;
}

}  // namespace

TEST_CASE("a delivery is committed with its rows, quarantine, ledger, cursor and dirty cells, and only once") {
  Home home;
  const auto staged = figures(home, "aaaaaaaaaaaaaaaa", 100);
  const auto first = home.store->commit(staged);
  REQUIRE(first);
  CHECK(first->fresh);
  const auto again = home.store->commit(staged);
  REQUIRE(again);
  CHECK_FALSE(again->fresh);
  CHECK(again->revision == first->revision);
  CHECK(values(home) == std::vector<std::int64_t>{100});
  CHECK(home.store->quarantine("aaaaaaaaaaaaaaaa", 0)->at(0) == staged.quarantine[0]);
  CHECK(home.store->ledger("so-lieu")->at(0).delivery == "aaaaaaaaaaaaaaaa");
  CHECK(home.store->cursor("so-lieu")->value() == "2026-08");
  const auto dirty = home.store->dirty();
  REQUIRE(dirty);
  REQUIRE(dirty->cells.size() == 1);
  CHECK(dirty->cells[0].unit == unit("08515"));
  CHECK(dirty->cells[0].delivery == "aaaaaaaaaaaaaaaa");
}

TEST_CASE("what was committed is there after the store was closed, with the same names") {
  Home home;
  REQUIRE(home.store->commit(figures(home, "aaaaaaaaaaaaaaaa", 100)));
  home.open();
  CHECK(values(home) == std::vector<std::int64_t>{100});
  const auto head = home.store->find_delivery("aaaaaaaaaaaaaaaa");
  REQUIRE(head);
  REQUIRE(*head);
  CHECK((*head)->counts == store::Counts{3, 1, 1, 1});
  CHECK(home.elements->find("adults").has_value());
}

TEST_CASE("held and retracted deliveries do not count, and flipping one makes its cells dirty") {
  Home home;
  auto staged = figures(home, "aaaaaaaaaaaaaaaa", 100);
  staged.head.standing = store::Standing::held;
  REQUIRE(home.store->commit(staged));
  CHECK(values(home).empty());
  CHECK(home.store->dirty()->cells.empty());
  REQUIRE(home.store->set_standing("aaaaaaaa", store::Standing::in_force, "checked"));
  CHECK(values(home) == std::vector<std::int64_t>{100});
  CHECK(home.store->dirty()->cells.size() == 1);
  REQUIRE(home.store->set_standing("aaaaaaaaaaaaaaaa", store::Standing::retracted, "wrong"));
  CHECK(values(home).empty());
  const auto unknown = home.store->set_standing("bbbbbbbb", store::Standing::retracted, "wrong");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().fault == base::Fault::gone);
}

TEST_CASE("a review sees the rows of the delivery, and with its reason the delivery is held and nothing is dirty") {
  Home home;
  REQUIRE(home.store->commit(figures(home, "aaaaaaaaaaaaaaaa", 100)));
  const auto seen = home.store->dirty()->up_to;
  auto staged = figures(home, "bbbbbbbbbbbbbbbb", 200);
  staged.cursor = "2026-09";
  const auto committed = home.store->commit(staged, [&]() -> base::Result<std::optional<std::string>> {
    CHECK(values(home) == std::vector<std::int64_t>{100, 200});
    const auto dirty = home.store->dirty(seen);
    CHECK(dirty->cells.size() == 1);
    CHECK(dirty->cells.at(0).delivery == "bbbbbbbbbbbbbbbb");
    return "too much";
  });
  REQUIRE(committed);
  CHECK(committed->held == "too much");
  CHECK(values(home) == std::vector<std::int64_t>{100});
  CHECK(home.store->dirty(seen)->cells.empty());
  CHECK(home.store->cursor("so-lieu")->value() == "2026-08");
  CHECK(home.store->ledger("so-lieu")->size() == 1);
  const auto head = home.store->find_delivery("bbbbbbbbbbbbbbbb")->value();
  CHECK(head.standing == store::Standing::held);
  CHECK(head.outcome == store::Outcome::held);
  CHECK(head.reason == "too much");
  REQUIRE(home.store->commit(staged));
  CHECK(home.store->cursor("so-lieu")->value() == "2026-08");
  REQUIRE(home.store->set_standing("bbbbbbbbbbbbbbbb", store::Standing::in_force, "checked"));
  CHECK(home.store->find_delivery("bbbbbbbbbbbbbbbb")->value().outcome == store::Outcome::held);
  CHECK(values(home) == std::vector<std::int64_t>{100, 200});
  CHECK(home.store->dirty(seen)->cells.size() == 1);
}

TEST_CASE("a review that lets a delivery pass or fails is like none, or like a failed commit") {
  Home home;
  const auto passed = home.store->commit(figures(home, "aaaaaaaaaaaaaaaa", 100),
                                         []() -> base::Result<std::optional<std::string>> { return std::nullopt; });
  REQUIRE(passed);
  CHECK_FALSE(passed->held);
  CHECK(home.store->dirty()->cells.size() == 1);
  const auto failed =
      home.store->commit(figures(home, "bbbbbbbbbbbbbbbb", 200), []() -> base::Result<std::optional<std::string>> {
        return base::fail(base::Fault::bad_data, "a run is damaged");
      });
  REQUIRE_FALSE(failed);
  CHECK(home.store->deliveries()->size() == 1);
  auto held = figures(home, "cccccccccccccccc", 300);
  held.head.standing = store::Standing::held;
  REQUIRE(home.store->commit(held, []() -> base::Result<std::optional<std::string>> {
    FAIL("what is held is not asked about");
    return std::nullopt;
  }));
}

TEST_CASE("several deliveries are held together or not at all") {
  Home home;
  REQUIRE(home.store->commit(snapshot(home, "aaaaaaaaaaaaaaaa", 20000, {1})));
  REQUIRE(home.store->commit(snapshot(home, "bbbbbbbbbbbbbbbb", 20000, {2})));
  const std::vector<std::string> unknown{"aaaaaaaaaaaaaaaa", "cccccccccccccccc"};
  CHECK(home.store->hold(unknown, "why").error().fault == base::Fault::gone);
  CHECK(home.store->held_deliveries()->empty());
  const std::vector<std::string> both{"aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"};
  REQUIRE(home.store->hold(both, "why"));
  const auto waiting = home.store->held_deliveries();
  REQUIRE(waiting->size() == 2);
  CHECK(waiting->at(1).reason == "why");
  CHECK(waiting->at(1).outcome == store::Outcome::held);
}

TEST_CASE("the run that brings a delivery is there with it, interrupted until it has ended") {
  Home home;
  auto first = figures(home, "aaaaaaaaaaaaaaaa", 7);
  auto second = figures(home, "bbbbbbbbbbbbbbbb", 8);
  for (auto* staged : {&first, &second}) {
    staged->head.run = "run-1";
    staged->run_began = base::Instant(std::chrono::hours(499999));
    REQUIRE(home.store->commit(*staged));
  }
  const auto open = home.store->run_rows("so-lieu", 0);
  REQUIRE(open->size() == 1);
  CHECK(open->front().id == "run-1");
  CHECK(open->front().outcome == store::Outcome::interrupted);
  CHECK(open->front().started == *first.run_began);
  CHECK(open->front().counts == store::Counts{6, 2, 2, 2});
  CHECK(open->front().deliveries == 2);
  CHECK(home.store->tallies()->empty());

  auto ended = open->front();
  ended.outcome = store::Outcome::ok;
  ended.message.clear();
  REQUIRE(home.store->record_run(ended));
  CHECK(home.store->run_rows("so-lieu", 0)->size() == 1);
  CHECK(home.store->run_rows("so-lieu", 0)->front().outcome == store::Outcome::ok);
  const auto tallies = home.store->tallies();
  REQUIRE(tallies->size() == 4);
  CHECK(tallies->front().outcome == "ok");
  CHECK(tallies->front().value == 1);
}

TEST_CASE("runs come back as they were stored, and a computed figure makes its cell dirty") {
  Home home;
  const std::vector<std::uint64_t> keys{1, 5, 0xFFFFFFFFFFFFFFFF};
  const auto committed = home.store->commit(snapshot(home, "cccccccccccccccc", 20000, keys));
  REQUIRE(committed);
  const auto element = home.elements->find("account_holders").value();
  CHECK(home.store->run_keys(committed->revision, element, unit("08515"), 1).value() == keys);
  CHECK(home.store->runs_of(committed->revision, element)->at(0).size == 3);
  CHECK(home.store->run_keys(committed->revision, element, unit("1"), 1).error().fault == base::Fault::gone);
  CHECK(home.store->dirty()->cells.empty());
  model::Figure figure;
  figure.unit = unit("08515");
  figure.element = element;
  figure.source = home.sources->intern("bank");
  figure.value = 3;
  figure.derived = true;
  const store::Basis basis{element, {committed->revision}};
  const std::vector<store::DerivedFigure> derived{
      {figure, {{"cccccccccccccccc", store::Touch::accepted}, {"dddddddddddddddd", store::Touch::retracted}}}};
  REQUIRE(home.store->append_derived(basis, derived));
  CHECK(home.store->bases()->at(0) == basis);
  const auto dirty = home.store->dirty();
  REQUIRE(dirty->cells.size() == 2);
  CHECK(dirty->cells[0] == store::DirtyCell{unit("08515"), element, "cccccccccccccccc", store::Touch::accepted});
  CHECK(dirty->cells[1].touch == store::Touch::retracted);
  CHECK(home.store->integrity()->empty());
}

TEST_CASE("a delivery whose runs end in an error, or are not ascending, leaves no trace") {
  Home home;
  const auto element = home.elements->intern("account_holders");
  auto torn = snapshot(home, "cccccccccccccccc", 20000, {});
  torn.ledger = store::LedgerEntry{"bank", "bank.csv", 10, 1, 2, 3, 4, "sha", torn.head.id};
  torn.runs = std::make_unique<GivenRuns>(std::vector<store::Run>{{element, unit("08515"), 1, {1, 2}}},
                                          base::fail(base::Fault::bad_data, "the temporary file is damaged"));
  const auto refused = home.store->commit(torn);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == base::Fault::bad_data);
  CHECK(home.store->commit(snapshot(home, "dddddddddddddddd", 20000, {2, 2})).error().fault == base::Fault::bug);
  CHECK(home.store->commit(snapshot(home, "eeeeeeeeeeeeeeee", 20000, {3, 2})).error().fault == base::Fault::bug);
  CHECK(home.store->deliveries()->empty());
  CHECK(home.store->ledger("bank")->empty());
  CHECK(home.store->integrity()->empty());
}

TEST_CASE("decisions are a chain that only its head may be added to") {
  Home home;
  store::AssessmentCommit commit;
  commit.as_of = "2026-08-01";
  commit.generation = 1;
  store::DecisionRow row{1, "2026-08-01", "u/08515", "set", "1.1.1", "{}", std::string(64, '0'), ""};
  row.hash = base::sha256_hex(row.prev_hash + row.body);
  store::SubjectRecord record{
      "u/08515", "set", {row}, {{"u/08515", "set", "1.1.1", 2, 0, 0, 0, "below_threshold", 1}}, {}};
  record.verdict = "{\"said\": 1}";
  commit.criteria_texts.emplace_back("sha", "text");
  const auto committed = [&] {
    test::GivenSubjects subjects({record});
    commit.subjects = &subjects;
    return home.store->commit_assessment(commit);
  };
  REQUIRE(committed());
  CHECK_FALSE(committed());
  CHECK(home.store->chain_head()->hash == row.hash);
  CHECK(home.store->statuses()->at(0).reasons == "below_threshold");
  CHECK(home.store->criteria_text("sha")->value() == "text");
  CHECK(home.store->get_meta("last_assessed")->value() == "2026-08-01");
  CHECK(home.store->verdict("u/08515", "set")->value().body == "{\"said\": 1}");

  commit.expected_head = {1, row.hash};
  record.decisions.clear();
  record.verdict.reset();
  REQUIRE(committed());
  CHECK(home.store->verdict("u/08515", "set")->has_value());
  record.verdict = "";
  REQUIRE(committed());
  CHECK_FALSE(home.store->verdict("u/08515", "set")->has_value());
}

TEST_CASE("an assessment whose subjects cannot all be read leaves nothing") {
  struct Broken final : store::SubjectReader {
    store::SubjectRecord record{"u/08515", "set", {}, {{"u/08515", "set", "1.1.1", 2, 0, 0, 0, "", 0}}, {}};
    bool given = false;
    base::Result<const store::SubjectRecord*> next() override {
      if (std::exchange(given, true)) return base::fail(base::Fault::bug, "no more");
      return &record;
    }
  };
  Home home;
  Broken subjects;
  store::AssessmentCommit commit;
  commit.as_of = "2026-08-01";
  commit.subjects = &subjects;
  CHECK_FALSE(home.store->commit_assessment(commit));
  CHECK(home.store->statuses()->empty());
  CHECK_FALSE(home.store->get_meta("last_assessed")->has_value());
}

TEST_CASE("held deliveries are those that wait for someone's word") {
  Home home;
  auto held = figures(home, "bbbbbbbbbbbbbbbb", 5);
  held.head.standing = store::Standing::held;
  REQUIRE(home.store->commit(figures(home, "aaaaaaaaaaaaaaaa", 100)));
  REQUIRE(home.store->commit(held));
  const auto waiting = home.store->held_deliveries();
  REQUIRE(waiting);
  REQUIRE(waiting->size() == 1);
  CHECK(waiting->at(0).id == "bbbbbbbbbbbbbbbb");
  REQUIRE(home.store->set_standing("bbbbbbbbbbbbbbbb", store::Standing::in_force, "seen"));
  CHECK(home.store->held_deliveries()->empty());
}

TEST_CASE("the newest data of a source is that of its deliveries in force") {
  Home home;
  const model::Day day(20020);
  CHECK_FALSE(home.store->newest_in_force("bank", day)->dated);
  REQUIRE(home.store->commit(snapshot(home, "cccccccccccccccc", 20000, {1})));
  REQUIRE(home.store->commit(snapshot(home, "dddddddddddddddd", 20010, {1})));
  REQUIRE(home.store->commit(snapshot(home, "eeeeeeeeeeeeeeee", 30000, {1})));
  CHECK(home.store->newest_in_force("bank", day)->dated == model::Day(20010));
  CHECK(home.store->newest_in_force("bank", model::Day(20009))->dated == model::Day(20000));
  CHECK_FALSE(home.store->newest_in_force("bank", model::Day(19999))->dated);
  CHECK_FALSE(home.store->newest_in_force("bank", day)->received);
  REQUIRE(home.store->set_standing("dddddddddddddddd", store::Standing::retracted, "wrong"));
  CHECK(home.store->newest_in_force("bank", day)->dated == model::Day(20000));
}

TEST_CASE("active alerts are those that are pending or firing") {
  Home home;
  store::AssessmentCommit commit;
  commit.as_of = "2024-12-20";
  for (const char* state : {"firing", "pending", "resolved"}) {
    store::AlertRow row;
    row.key = row.name = row.state = state;
    commit.alerts.push_back(row);
  }
  REQUIRE(home.store->commit_assessment(commit));
  CHECK(home.store->alerts()->size() == 3);
  const auto active = home.store->active_alerts();
  REQUIRE(active);
  REQUIRE(active->size() == 2);
  CHECK(active->at(0).state == "firing");
  CHECK(active->at(1).state == "pending");
}
