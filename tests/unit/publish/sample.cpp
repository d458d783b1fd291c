#include "tests/unit/publish/sample.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "daemon/rules/arithmetic.h"

namespace ntmd::publish::test {
namespace {

using model::Truth;
using rules::State;

struct Line {
  const char* id;
  const char* vi;
  const char* en;
  const char* numerator;
  const char* denominator;
  int threshold;
};

constexpr std::array<Line, 13> kIndicators = {{
    {"1.1.1", "Người trưởng thành có điện thoại thông minh", "Adults with a smartphone", "adults_with_smartphone",
     "adults", 85},
    {"1.1.2", "Cán bộ có điện thoại thông minh", "Officials with a smartphone", "officials_with_smartphone",
     "officials", 100},
    {"1.2.1", "Hồ sơ trực tuyến", "Dossiers online", "dossiers_online", "dossiers", 75},
    {"1.2.2", "Một cửa điện tử hiện đại", "Electronic one-stop desk", "", "", 0},
    {"1.2.3", "Tổ công nghệ số cộng đồng", "Community digital team", "", "", 0},
    {"1.2.4", "Nền tảng số trong điều hành", "Platform for administration", "", "", 0},
    {"1.2.5", "Thông tin tuyên truyền số", "Digital public information", "", "", 0},
    {"1.3.1", "Tài khoản thanh toán điện tử", "E-payment accounts", "account_holders", "working_age", 85},
    {"1.3.2", "Doanh nghiệp thanh toán trực tuyến", "Businesses taking e-payment", "businesses_with_epayment",
     "businesses", 70},
    {"1.3.3", "Truy xuất nguồn gốc", "Traceability", "traceability_sites", "", 1},
    {"1.4.1", "An ninh số", "Digital security", "residential_areas_with_connected_camera", "residential_areas", 100},
    {"1.4.2", "Y tế số", "Digital health care", "", "", 0},
    {"1.4.3", "Giáo dục số", "Digital education", "", "", 0},
}};

model::ElementId element_id(std::size_t rule, bool numerator) {
  return static_cast<model::ElementId>((rule * 2) + (numerator ? 0 : 1));
}

rules::Operand operand(const rules::IndicatorRule& rule, std::size_t index, bool numerator, std::int64_t value) {
  rules::Operand made;
  made.element = element_id(index, numerator);
  made.element_name = fmt::format("{}_{}", rule.id, numerator ? "numerator" : "denominator");
  made.value = value;
  made.source = "so-lieu-xa";
  made.flow = rule.id == "1.2.1";
  const auto day = model::Day::parse("2024-12-01").value();
  made.period = model::Period{made.flow ? model::Day::parse("2024-01-01").value() : day, day};
  made.age_days = 19;
  made.deliveries = made.flow ? std::vector<model::Revision>{1, 2} : std::vector<model::Revision>{1};
  return made;
}

void give_evidence(const rules::IndicatorRule& rule, rules::IndicatorVerdict& verdict, bool on_file) {
  for (const auto kind : rule.evidence) {
    rules::EvidenceFinding finding{kind, std::nullopt};
    if (on_file) {
      model::Evidence record;
      record.kind = kind;
      record.indicator = rule.id;
      record.number = "12/BB-UBND";
      record.issued_on = model::Day::parse("2024-11-05").value();
      record.issuer = "UBND xã";
      record.revision = 2;
      finding.record = record;
    }
    verdict.evidence.push_back(finding);
  }
}

rules::IndicatorVerdict verdict_of(const rules::IndicatorRule& rule, std::uint32_t index, std::size_t mood) {
  rules::IndicatorVerdict verdict;
  verdict.rule = index;
  verdict.decision = 100 + mood;
  give_evidence(rule, verdict, mood % 11 != 3);
  if (!rule.figure) {
    if (mood % 11 == 3) {
      verdict.reasons = {rules::Reason::no_evidence};
      return verdict;
    }
    verdict.measured = verdict.official = mood % 17 == 5 ? Truth::f : Truth::t;
    verdict.state = verdict.official == Truth::t ? State::met : State::not_met;
    if (verdict.state == State::not_met) verdict.reasons = {rules::Reason::evidence_rejected};
    return verdict;
  }
  const bool ratio = rule.figure->kind == rules::FigureCondition::Kind::ratio;
  verdict.threshold = rule.figure->at_least.text;
  if (mood % 13 == 4) {
    verdict.reasons = {rules::Reason::no_figure};
    rules::Operand missing;
    missing.element_name = rule.id + "_numerator";
    missing.missing = rules::Reason::no_figure;
    verdict.operands = {missing};
    return verdict;
  }
  const std::int64_t denominator = ratio ? static_cast<std::int64_t>(400 + ((mood * 7919) % 9000)) : 0;
  const auto need = rules::needed(rule.figure->kind, rule.figure->at_least, denominator);
  const bool passes = mood % 5 != 2;
  const std::int64_t spare = ratio ? (denominator - need) / 2 : 1;
  const std::int64_t numerator =
      passes ? need + spare : need - std::min<std::int64_t>(need, 4 + static_cast<std::int64_t>(mood % 300));
  verdict.numerator = numerator;
  verdict.operands.push_back(operand(rule, index, true, numerator));
  if (ratio) {
    verdict.denominator = denominator;
    verdict.percent = rules::percent_of(numerator, denominator);
    verdict.operands.push_back(operand(rule, index, false, denominator));
  }
  if (mood % 19 == 7) {
    verdict.state = State::stale;
    verdict.last_truth = passes ? Truth::t : Truth::f;
    verdict.operands.front().stale = true;
    verdict.reasons = {rules::Reason::stale_figure};
    return verdict;
  }
  if (mood % 47 == 9) {
    verdict.state = State::error;
    verdict.reasons = {rules::Reason::above_denominator};
    return verdict;
  }
  verdict.gap = passes ? 0 : need - numerator;
  verdict.slack = passes ? numerator - need : 0;
  verdict.measured = verdict.official = passes ? Truth::t : Truth::f;
  verdict.state = passes ? State::met : State::not_met;
  if (!passes) verdict.reasons = {rules::Reason::below_threshold};
  if (passes && mood % 7 == 1) {
    verdict.official = Truth::u;
    verdict.state = State::unconfirmed;
    verdict.reasons = {rules::Reason::reconfirm};
  }
  return verdict;
}

template <class Parent>
void roll(Parent& parent, const std::vector<const rules::IndicatorVerdict*>& children) {
  Truth measured = Truth::n;
  Truth official = Truth::n;
  State word = State::met;
  for (const auto* child : children) {
    measured = measured & child->measured;
    official = official & child->official;
    parent.tally.met += child->official == Truth::t ? 1 : 0;
    parent.tally.possible += child->official == Truth::t || child->official == Truth::u ? 1 : 0;
    parent.tally.of += child->official != Truth::n ? 1 : 0;
    if (child->official == Truth::u && word == State::met) word = child->state;
  }
  parent.measured = measured;
  parent.official = official;
  parent.state = official == Truth::f ? State::not_met : word;
  for (const auto* child : children) {
    if (official != Truth::t && child->official == official) parent.deciding.push_back(child->rule);
  }
}

AlertSummary alert(const char* name, const char* state, const std::string& unit, const char* indicator) {
  AlertSummary made;
  made.name = name;
  made.state = state;
  made.unit = unit;
  made.indicator = indicator;
  made.since = noon();
  return made;
}

}  // namespace

std::shared_ptr<rules::Criteria> make_criteria(bool shuffled) {
  auto criteria = std::make_shared<rules::Criteria>();
  criteria->id = "xa-thong-minh-2024";
  criteria->version = "2024.10";
  criteria->sha256 = std::string(64, 'a');
  criteria->name_vi = "Xã nông thôn mới thông minh";
  criteria->name_en = "Smart new-rural commune";
  const std::array<std::array<const char*, 3>, 4> pillars = {{{"1.1", "Hạ tầng số", "Digital infrastructure"},
                                                              {"1.2", "Chính quyền số", "Digital government"},
                                                              {"1.3", "Kinh tế số", "Digital economy"},
                                                              {"1.4", "Xã hội số", "Digital society"}}};
  for (const auto& [id, vi, en] : pillars) criteria->pillars.push_back({id, vi, en, {}, {}});
  for (std::size_t n = 0; n < kIndicators.size(); ++n) {
    const auto& line = kIndicators[shuffled ? kIndicators.size() - 1 - n : n];
    rules::IndicatorRule rule;
    rule.id = line.id;
    rule.name_vi = line.vi;
    rule.name_en = line.en;
    rule.legal = {"HD-STTTT 10/2024"};
    rule.evidence = {model::EvidenceKind::inspection};
    if (*line.numerator != '\0') {
      rules::FigureCondition figure;
      const bool ratio = *line.denominator != '\0';
      figure.kind = ratio ? rules::FigureCondition::Kind::ratio : rules::FigureCondition::Kind::count;
      figure.numerator = element_id(n, true);
      if (ratio) figure.denominator = element_id(n, false);
      figure.at_least = {line.threshold, 1, std::to_string(line.threshold)};
      rule.figure = figure;
    }
    for (auto& pillar : criteria->pillars) {
      if (rule.id.starts_with(pillar.id + ".")) pillar.indicators.push_back(static_cast<std::uint32_t>(n));
    }
    criteria->indicators.push_back(std::move(rule));
  }
  return criteria;
}

std::shared_ptr<const units::UnitRegister> make_units(const std::vector<UnitLine>& lines) {
  units::UnitRegister::Csv csv{"units.csv", "code,name,kind,group,valid_from,valid_to\n"};
  for (const auto& line : lines)
    csv.text += fmt::format("{},\"{}\",xa,{},2020-01-01,\n", line.code, line.name, line.group);
  settings::Problems problems;
  auto made = units::UnitRegister::load(std::span(&csv, 1), {}, {}, problems);
  if (!problems.empty()) throw std::logic_error(problems.lines().front());
  return std::make_shared<const units::UnitRegister>(std::move(made));
}

std::vector<UnitLine> make_lines(std::size_t n) {
  std::vector<UnitLine> lines;
  for (std::size_t i = 0; i < n; ++i)
    lines.push_back({fmt::format("{:05}", 7900 + (3 * i)), fmt::format("Xã Số {}", i + 1), ""});
  return lines;
}

std::shared_ptr<rules::Verdicts> make_verdicts(const std::vector<UnitLine>& lines, std::uint64_t generation) {
  static const auto kCriteria = make_criteria();
  auto verdicts = std::make_shared<rules::Verdicts>();
  verdicts->as_of = model::Day::parse("2024-12-20").value();
  verdicts->boundaries = model::Day::parse("2024-12-01").value();
  verdicts->generation = generation;
  verdicts->criteria = {kCriteria};
  verdicts->units = make_units(lines);
  for (const auto row : verdicts->units->on(verdicts->boundaries)) {
    rules::UnitVerdict unit;
    unit.unit = row;
    const std::size_t steady = row % 9 == 4 ? 0 : 1;  // every ninth unit meets all
    for (std::uint32_t i = 0; i < kCriteria->indicators.size(); ++i) {
      unit.indicators.push_back(verdict_of(kCriteria->indicators[i], i, steady * ((row * 31) + (i * 17) + 1)));
    }
    std::vector<const rules::IndicatorVerdict*> all;
    for (const auto& one : unit.indicators) all.push_back(&one);
    roll(unit, all);
    for (std::uint32_t p = 0; p < kCriteria->pillars.size(); ++p) {
      rules::PillarVerdict pillar;
      pillar.rule = p;
      std::vector<const rules::IndicatorVerdict*> children;
      for (const auto i : kCriteria->pillars[p].indicators) children.push_back(&unit.indicators[i]);
      roll(pillar, children);
      unit.pillars.push_back(std::move(pillar));
    }
    verdicts->by_unit.push_back(std::move(unit));
  }
  return verdicts;
}

base::Instant noon() { return base::Instant(std::chrono::seconds(1734663845)); }

Snapshot make_snapshot(std::shared_ptr<const rules::Verdicts> verdicts) {
  Snapshot snapshot;
  const auto first = verdicts->by_unit.empty()
                         ? std::string()
                         : std::string(verdicts->units->at(verdicts->by_unit.front().unit).code.view());
  snapshot.verdicts = std::move(verdicts);
  snapshot.generated_at = noon();
  snapshot.delivery_id = [](model::Revision revision) { return fmt::format("delivery-{}", revision); };
  snapshot.version = "0.1.0";
  SourceHealth bank;
  bank.id = "bank-vcb";
  bank.connector = "bank-accounts-csv";
  bank.outcome = "ok";
  bank.last_success = bank.last_run = noon();
  bank.loaded = 990;
  bank.filtered = 5;
  bank.quarantined = 5;
  bank.freshness = Freshness::fresh;
  SourceHealth portal;
  portal.id = "a-portal";
  portal.connector = "portal-statistics";
  snapshot.sources = {bank, portal};
  auto lost = alert("IndicatorLost", "firing", first, "1.1.1");
  lost.reason = "below_threshold";
  lost.value = "84.96";
  lost.threshold = "85";
  lost.gap = 4;
  lost.text = "1.1.1 không còn đạt";
  snapshot.alerts = {alert("ThinMargin", "pending", first, "1.3.1"), lost};
  return snapshot;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "ntmd-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace ntmd::publish::test
