#include "tests/unit/engine/random_province.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "daemon/base/digest.h"
#include "daemon/base/log.h"
#include "daemon/engine/last_verdicts.h"
#include "daemon/engine/pipeline.h"
#include "daemon/engine/view.h"
#include "daemon/publish/status_json.h"
#include "daemon/rules/decision.h"

namespace ntmd::engine {
namespace {

constexpr std::string_view kConfig = R"(province: "25"
language: vi
timezone: Asia/Ho_Chi_Minh
data_dir: var
publish_dir: public
secrets_dir: secrets
units: {registers: [units.csv]}
criteria: [commune.yaml, district.yaml]
elements: [elements.yaml]
sources: sources.d
)";
// A code that means another commune from July 2024 on, one that ends with a year and one that begins with the next.
constexpr std::string_view kUnits = R"(code,name,kind,group,valid_from,valid_to
00001,Xã A,xa,g1,2020-01-01,
00002,Xã B,xa,g1,2020-01-01,
00003,Xã C,xa,g2,2020-01-01,2024-10-31
00003,Xã D,xa,g2,2024-11-01,
00004,Phường E,phuong,g2,2020-01-01,2024-12-31
00005,Phường F,phuong,g2,2025-01-01,
)";
constexpr std::string_view kElements = R"(elements:
  adults: {precedence: [numbers-b, numbers-a], tolerance_permille: 100}
  dossiers: {tolerance_permille: 10}
  officials: {jump_max_permille: 500}
)";
constexpr std::string_view kCommune = R"(criteria: commune
version: "1"
name: {vi: Xã, en: Commune}
legal: [none]
in_force: {from: 2024-12-01, to: 2025-12-31}
subject: {unit: [xa, phuong]}
window: {kind: calendar_year, carry_over: 45d}
met_when: {at_least: 1}
pillars:
  - id: "1"
    name: {vi: a, en: a}
    met_when: {all: indicators}
    indicators:
      - id: "1.1"
        name: {vi: a, en: a}
        figure: {ratio: [adults_with_smartphone, adults], at_least: {default: 50%, commune_group: {g1: 40%}}}
        evidence: [confirm_area, confirm_commune]
      - {id: "1.2", name: {vi: a, en: a}, figure: {ratio: [officials_with_smartphone, officials], at_least: 50%}}
      - {id: "1.3", name: {vi: a, en: a}, evidence: [decision, plan], supporting: [schools, telehealth_encounters]}
  - id: "2"
    name: {vi: a, en: a}
    met_when: {all: indicators}
    indicators:
      - id: "2.1"
        name: {vi: a, en: a}
        figure: {ratio: [dossiers_online, dossiers], at_least: 50%}
        alternate: {ratio: [dossiers_resolved_online, dossiers_resolved]}
      - {id: "2.2", name: {vi: a, en: a}, figure: {ratio: [account_holders, working_age], at_least: 50%}}
      - {id: "2.3", name: {vi: a, en: a}, figure: {count: traceability_sites, at_least: 2}, evidence: [inspection]}
tests: []
)";
constexpr std::string_view kDistrict = R"(criteria: district
version: "1"
name: {vi: Huyện, en: District}
legal: [none]
in_force: {from: 2024-05-10}
subject: {group: district}
indicators:
  - id: "8.9"
    name: {vi: a, en: a}
    met_when:
      all:
        - {members: {criteria: commune}, at_least: 1}
        - {records: {indicator: khu, kind: recognition}, at_least: 1}
tests: []
)";

std::string source_text(std::string_view id, std::string_view connector, std::string_view more, int flips_max_pct) {
  return fmt::format(
      "id: {0}\nconnector: {1}\nwith: {{dir: \"../in/{0}\", match: \"*.csv\"{2}}}\n"
      "schedule: {{cron: \"0 * * * *\", timezone: Asia/Ho_Chi_Minh}}\nfreshness: {{warn_after: 20d, error_after: "
      "40d}}\nexpect: {{flips_max_pct: {3}}}\n",
      id, connector, more, flips_max_pct);
}

/// Without what depends on the way to it.
void forget_history(std::vector<rules::IndicatorVerdict>& indicators) {
  for (auto& verdict : indicators) {
    verdict.decision = 0;
    const auto forget = [](rules::Record& record) {
      if (!record) return;
      auto bare = *record;
      bare.revision = 0;
      bare.recorded = {};
      record = std::move(bare);
    };
    for (auto& finding : verdict.evidence) forget(finding.record);
    forget(verdict.exemption);
  }
}

template <class Subject>
std::string indicators_text(const std::vector<rules::IndicatorVerdict>& indicators, const rules::Verdicts& verdicts,
                            std::string_view group, bool history, const Subject& subject) {
  std::string out = fmt::format("{}\n", subject);
  for (const auto& verdict : indicators) {
    rules::Decision decision;
    decision.after = rules::standing_of(verdict);
    decision.inputs = rules::inputs_of(verdict, verdicts.as_of, group);
    if (!history) {
      for (auto& operand : decision.inputs.operands) operand.deliveries.clear();
    }
    decision.numerator = verdict.numerator;
    decision.denominator = verdict.denominator;
    decision.gap = verdict.gap;
    decision.slack = verdict.slack;
    out += fmt::format("{} {} {} {}\n", verdict.rule, verdict.percent.value_or("-"), verdict.threshold.value_or("-"),
                       verdict.decision);
    for (const auto flag : verdict.flags) out += fmt::format("{} ", rules::to_string(flag));
    if (verdict.last_truth) out += fmt::format("last {}", model::letter(*verdict.last_truth));
    out += '\n' + rules::canonical_json(decision) + '\n';
  }
  return out;
}

}  // namespace

void log_errors_only() {
  base::log::Settings quiet;
  quiet.level = base::log::Level::error;
  REQUIRE(base::log::configure(quiet));
}

Province::Province(const std::vector<std::string>& bank_sources, int flips_max_pct, bool receipts) {
  for (const auto* name : {"sources.d", "secrets", "in"}) std::filesystem::create_directories(folder_ / name);
  folder_.put("ntmd.yaml", kConfig);
  folder_.put("units.csv", kUnits);
  folder_.put("elements.yaml", kElements);
  folder_.put("commune.yaml", kCommune);
  folder_.put("district.yaml", kDistrict);
  for (const auto* id : {"numbers-a", "numbers-b"})
    folder_.put(fmt::format("sources.d/{}.yaml", id), source_text(id, "figures-csv", "", flips_max_pct));
  for (const auto* id : {"papers-a", "papers-b"})
    folder_.put(fmt::format("sources.d/{}.yaml", id), source_text(id, "evidence-register", "", flips_max_pct));
  for (const auto& id : bank_sources) {
    folder_.put(fmt::format("sources.d/{}.yaml", id),
                source_text(id, "bank-accounts-csv", fmt::format(", bank: {}", id), flips_max_pct));
  }
  if (receipts)
    folder_.put("sources.d/receipts.yaml",
                source_text("receipts", "portal-dossiers-file", ", scheme: gso", flips_max_pct));
  today_ = model::Day::of(2024, 11, 10).value();
  clock_.day(today_);
  open();
}

void Province::open() {
  settings::Problems problems;
  auto setup = load_setup(*files_, folder_ / "ntmd.yaml", problems);
  CAPTURE(problems.lines());
  REQUIRE(setup);
  auto engine = Engine::open(std::move(*setup), {*files_, clock_});
  if (!engine) FAIL(engine.error().what);
  engine_ = std::move(*engine);
}

void Province::restart() {
  Engine::close(std::move(engine_));
  open();
}

void Province::happen(const Event& event) {
  switch (event.kind) {
    case Event::Kind::deliver: {
      const auto& plans = engine_->setup().plans;
      const auto plan = std::ranges::find(plans, event.source, [](const auto& each) { return each->id; });
      Arrival arrival;
      arrival.part = event.file;
      arrival.received = base::Instant(std::chrono::microseconds(event.received_us));
      arrival.today = today_;
      texts_[base::sha256_hex(event.text)] = event.text;
      Pipeline pipeline(*plan, *engine_->setup().units, *engine_->setup().sources, pseudonyms_, std::move(arrival));
      if (auto fed = pipeline.feed(event.text); !fed) FAIL(fed.error().what);
      auto staged = pipeline.finish();
      if (!staged) FAIL(staged.error().what);
      if (auto loaded = engine_->load(std::move(*staged)); !loaded) FAIL(loaded.error().what);
      return;
    }
    case Event::Kind::accept:
    case Event::Kind::retract: {
      const auto standing = event.kind == Event::Kind::accept ? store::Standing::in_force : store::Standing::retracted;
      if (auto done = engine_->store().set_standing(event.delivery, standing, "told so"); !done)
        FAIL(done.error().what);
      engine_->forget_sources();
      return;
    }
    case Event::Kind::day:
      today_ = event.day;
      clock_.day(today_);
      return;
    case Event::Kind::assess:
      return;
  }
}

Pass Province::assess(bool full) {
  auto pass = engine_->assess(today_, full);
  if (!pass) FAIL(pass.error().what);
  REQUIRE(pass->recorded);
  return std::move(*pass);
}

std::vector<std::string> Province::deliveries(store::Standing standing) {
  std::vector<std::string> ids;
  const auto heads = engine_->store().deliveries();
  REQUIRE(heads);
  for (const auto& head : *heads) {
    if (head.standing == standing) ids.push_back(head.id);
  }
  return ids;
}

std::string Province::text(const rules::Verdicts& verdicts, bool history) {
  auto copy = std::make_shared<rules::Verdicts>(verdicts);
  if (!history) {
    copy->generation = 0;
    for (std::size_t i = 0; i < copy->by_unit.size(); ++i) forget_history(copy->by_unit.change(i).indicators);
    for (auto& group : copy->by_group) forget_history(group.indicators);
  }
  std::string out;
  for (const auto& unit : copy->by_unit) {
    const auto& row = copy->units->at(unit.unit);
    out += indicators_text(unit.indicators, *copy, row.group, history, unit.unit);
  }
  for (const auto& group : copy->by_group)
    out += indicators_text(group.indicators, *copy, group.group, history, group.group);
  auto snapshot = snapshot_of(engine_->setup(), engine_->store(), clock_, copy);
  REQUIRE(snapshot);
  snapshot->generated_at = {};
  if (!history) snapshot->alerts.clear();  // they tell of the way, not of where it led
  return out + publish::status_json(*snapshot);
}

std::string Province::text_of_a_fresh_reader() {
  Assessor fresh(engine_->setup(), engine_->store());
  if (auto loaded = fresh.load(); !loaded) FAIL(loaded.error().what);
  const auto kept = last_verdicts(engine_->setup(), engine_->store());
  if (!kept) FAIL(kept.error().what);
  auto judged = fresh.judge(fresh.last_assessed().value(), fresh.facts());
  judged->generation = (*kept)->generation;
  REQUIRE(judged->by_unit.size() == (*kept)->by_unit.size());
  REQUIRE(judged->by_group.size() == (*kept)->by_group.size());
  const auto decide = [](auto& subject, const auto& with) {
    for (std::size_t i = 0; i < subject.indicators.size(); ++i)
      subject.indicators[i].decision = with.indicators[i].decision;
  };
  for (std::size_t i = 0; i < judged->by_unit.size(); ++i) decide(judged->by_unit.change(i), (*kept)->by_unit[i]);
  for (std::size_t i = 0; i < judged->by_group.size(); ++i) decide(judged->by_group[i], (*kept)->by_group[i]);
  auto anew = text(*judged, true);
  REQUIRE(anew == text(**kept, true));
  return anew;
}

}  // namespace ntmd::engine
