// The tests inside a criteria file: one made-up unit (or group), its figures and evidence, and the verdict expected of
// it.
//
//   - name: signed under a total that would fail
//     day: 2024-12-20                      # default: 60 days into force
//     commune_group: "227"                 # default: none
//     error_after: 60d                     # of the figures' source; default: never stale
//     figures: {adults: 10000, dossiers: [{from: 2024-01-01, to: 2024-01-31, value: 10}], officials: {as_of:
//     2024-10-01, value: 9}} evidence: {"1.1.1": {confirm_area: 8400, confirm_commune: accepted, exemption: {state:
//     accepted, valid_to: 2024-12-31}}} members: [T, U]                      # groups: the members' official truths …
//     records: 1                           # … and how many records are accepted and valid
//     expect: {"1.1.1": {status: unconfirmed}, "1.1": {met: 1}, unit: {status: no_data}}

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "daemon/rules/assess.h"
#include "daemon/rules/expectation.h"
#include "daemon/rules/group_findings.h"
#include "daemon/rules/parse_parts.h"
#include "daemon/rules/select.h"
#include "daemon/settings/yaml.h"

namespace ntmd::rules {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

constexpr std::int64_t kMaxValue = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kCode = "00000";
constexpr std::string_view kSource = "test";
constexpr int kDaysIntoForce = 60;

class TestRun {
 public:
  TestRun(std::shared_ptr<const Criteria> criteria, const model::ElementTable& elements, Problems& problems)
      : criteria_(std::move(criteria)), elements_(elements), problems_(problems), facts_(elements, sources_) {
    source_ = sources_.intern(kSource);
  }

  CriteriaTest run(const Node& node) {
    MapReader reader(node, "test", problems_);
    CriteriaTest test;
    test.name = reader.required_text("name");
    day_ = reader.day("day").value_or(default_day());
    group_ = reader.text("commune_group", "");
    facts_.set_source(source_, {std::string(kSource), {}, reader.duration("error_after", {})});
    if (const Node* figures = reader.optional("figures")) read_figures(*figures);
    if (const Node* evidence = reader.optional("evidence")) read_evidence(*evidence);
    const Node* expect = reader.required("expect");
    if (criteria_->of_group) {
      judge_group(reader);
    } else {
      judge_unit();
    }
    reader.finish();
    if (expect != nullptr) compare(*expect, test);
    return test;
  }

 private:
  using Shown = std::vector<std::pair<std::string, std::vector<ShownField>>>;

  [[nodiscard]] model::Day default_day() const {
    return criteria_->in_force_from.value_or(*model::Day::of(2024, 10, 1)) + kDaysIntoForce;
  }

  void read_figures(const Node& node) {
    if (!node.is_map()) problems_.add(node.place, "test, figures: expected a map from element to value");
    for (const auto& entry : node.entries) {
      Node name;
      name.kind = Node::Kind::scalar;
      name.text = entry.key;
      name.place = entry.key_place;
      const auto id = known_element(name, "test, figures", elements_, problems_);
      if (!id || entry.value.is_null()) continue;
      if (entry.value.is_list()) {
        for (const auto& item : entry.value.items) add_figure(*elements_.get(*id), item);
      } else {
        add_figure(*elements_.get(*id), entry.value);
      }
    }
  }

  void add_figure(const model::Element& element, const Node& node) {
    const auto subject = fmt::format("test, figures, {}", element.name);
    model::Figure figure;
    figure.unit = *model::UnitCode::of(kCode);
    figure.element = element.id;
    figure.source = source_;
    figure.revision = ++revision_;
    const auto window = window_of(day_, criteria_->carry_over_days).period;
    figure.period = element.kind == model::ElementKind::flow ? window : model::Period{day_, day_};
    if (node.is_map()) {
      MapReader reader(node, subject, problems_);
      if (element.kind == model::ElementKind::flow) {
        figure.period.first = reader.day("from").value_or(window.first);
        figure.period.last = reader.day("to").value_or(window.last);
      } else {
        figure.period.last = reader.day("as_of").value_or(day_);
        figure.period.first = figure.period.last;
      }
      if (reader.required("value") != nullptr) figure.value = reader.integer("value", 0, kMaxValue, 0);
    } else {
      figure.value = settings::as_integer(node, subject, 0, kMaxValue, problems_).value_or(0);
    }
    facts_.add(figure);
  }

  void read_evidence(const Node& node) {
    if (!node.is_map()) problems_.add(node.place, "test, evidence: expected a map from indicator to kinds");
    for (const auto& entry : node.entries) {
      const IndicatorRule* rule = nullptr;
      std::vector<std::string> known;
      for (const auto& indicator : criteria_->indicators) {
        if (indicator.id == entry.key) rule = &indicator;
        known.push_back(indicator.id);
      }
      if (rule == nullptr) {
        problems_.add(entry.key_place, fmt::format("test, evidence: unknown indicator \"{}\"{}", entry.key,
                                                   settings::suggestion(entry.key, known)));
        continue;
      }
      for (const auto& record : entry.value.entries) add_evidence(*rule, record);
    }
  }

  void add_evidence(const IndicatorRule& rule, const Node::Entry& entry) {
    const auto subject = fmt::format("test, evidence, {}, {}", rule.id, entry.key);
    Node name;
    name.kind = Node::Kind::scalar;
    name.text = entry.key;
    name.place = entry.key_place;
    const auto kind = known_evidence(name, subject, problems_);
    if (!kind) return;
    model::Evidence record;
    record.unit = *model::UnitCode::of(kCode);
    record.indicator = rule.recorded_as;
    record.kind = *kind;
    record.issued_on = day_;
    record.revision = ++revision_;
    const Node& node = entry.value;
    if (node.is_map()) {
      MapReader reader(node, subject, problems_);
      const auto state = reader.choice("state", {"accepted", "rejected", "withdrawn"}, "accepted");
      record.state = *model::parse_evidence_state(state);
      record.issued_on = reader.day("issued_on").value_or(day_);
      record.valid_to = reader.day("valid_to");
      if (reader.optional("confirmed_value") != nullptr) {
        record.confirmed_value = reader.integer("confirmed_value", 0, kMaxValue, 0);
      }
    } else if (const auto state = node.is_scalar() ? model::parse_evidence_state(node.text) : std::nullopt) {
      record.state = *state;
    } else {
      record.confirmed_value =
          settings::as_integer(node, subject + ", the total signed or a state", 0, kMaxValue, problems_);
      if (!record.confirmed_value) return;
    }
    facts_.add(std::move(record));
  }

  void judge_unit() {
    const std::string csv = fmt::format("code,name,kind,group,valid_from,valid_to\n{},Test,{},{},0001-01-01,\n", kCode,
                                        units::to_string(criteria_->unit_kinds.front()), group_);
    const units::UnitRegister::Csv file{"the test's unit", csv};
    auto units = units::UnitRegister::load({&file, 1}, {}, {}, problems_);
    const AssessRequest request{day_, day_, std::make_shared<units::UnitRegister>(std::move(units)), {criteria_}};
    const auto verdicts = assess_all(request, facts_);
    if (verdicts->by_unit.empty()) return;
    const auto& unit = verdicts->by_unit.front();
    shown_.emplace_back("unit", shown_fields(*criteria_, unit));
    for (const auto& pillar : unit.pillars) {
      shown_.emplace_back(criteria_->pillars[pillar.rule].id, shown_fields(*criteria_, pillar));
    }
    for (const auto& indicator : unit.indicators) {
      shown_.emplace_back(criteria_->indicators[indicator.rule].id, shown_fields(indicator));
    }
  }

  void judge_group(MapReader& reader) {
    const auto members = read_members(reader);
    const auto records = reader.integer("records", 0, kMaxValue, 0);
    const auto code = *model::UnitCode::of(kCode);
    for (const auto& rule : criteria_->indicators) {
      IndicatorInputs inputs;
      inputs.day = day_;
      inputs.commune_group = group_;
      for (const auto kind : rule.evidence) {
        inputs.evidence.push_back(find_evidence_of_group(facts_, code, rule.recorded_as, kind, day_));
      }
      inputs.exemption = find_evidence_of_group(facts_, code, rule.recorded_as, model::EvidenceKind::exemption, day_);
      const auto window = window_of(day_, criteria_->carry_over_days);
      for_each_operand(rule, [&](model::ElementId element) {
        inputs.operands.push_back(select_of_group(facts_, code, element, day_, window));
      });
      for (const auto& condition : rule.group_conditions) {
        const bool of_members = condition.kind == GroupCondition::Kind::members;
        inputs.group.push_back(of_members ? count_members(members) : GroupFinding{.met = records});
      }
      shown_.emplace_back(rule.id, shown_fields(evaluate(rule, inputs)));
    }
  }

  std::vector<MemberStanding> read_members(MapReader& reader) {
    std::vector<MemberStanding> members;
    const Node* node = reader.optional("members");
    for (const auto& text : reader.text_list("members")) {
      if (text == "T") {
        members.push_back({model::Truth::t, State::met});
      } else if (text == "F") {
        members.push_back({model::Truth::f, State::not_met});
      } else if (text == "U") {
        members.push_back({model::Truth::u, State::no_data});
      } else if (text == "N") {
        members.push_back({model::Truth::n, State::exempt});
      } else {
        problems_.add(node->place, fmt::format("test, members: found \"{}\", expected T | F | U | N", text));
      }
    }
    return members;
  }

  void compare(const Node& expect, CriteriaTest& test) {
    if (!expect.is_map() || expect.entries.empty()) {
      problems_.add(expect.place, "test, expect: expected a map from id to fields");
      test.differences.emplace_back("expect: names nothing, expected at least one id");
    }
    for (const auto& entry : expect.entries) {
      const std::vector<ShownField>* actual = nullptr;
      std::vector<std::string> known;
      for (const auto& [id, fields] : shown_) {
        if (id == entry.key) actual = &fields;
        known.push_back(id);
      }
      if (actual == nullptr) {
        problems_.add(entry.key_place, fmt::format("test, expect: unknown id \"{}\"{}", entry.key,
                                                   settings::suggestion(entry.key, known)));
        continue;
      }
      for (auto& line : differences(entry.key, entry.value, *actual, problems_))
        test.differences.push_back(std::move(line));
    }
  }

  std::shared_ptr<const Criteria> criteria_;
  const model::ElementTable& elements_;
  Problems& problems_;
  model::NameTable sources_;
  Facts facts_;
  model::SourceId source_ = 0;
  model::Revision revision_ = 0;
  model::Day day_;
  std::string group_;
  Shown shown_;
};

}  // namespace

std::vector<CriteriaTest> run_criteria_tests(std::string_view file, std::string_view text,
                                             const model::ElementTable& elements, Problems& problems) {
  std::vector<CriteriaTest> tests;
  auto parsed = parse_criteria(file, text, elements, problems);
  if (!parsed) return tests;
  const auto root = settings::parse_yaml(file, text, problems);
  if (!root) return tests;
  const Node* list = root->find("tests");
  if (list == nullptr || !list->is_list() || list->items.empty()) {
    problems.add(list == nullptr ? root->place : list->place, "tests: there are none, expected a list of at least one");
    return tests;
  }
  const auto criteria = std::make_shared<const Criteria>(*std::move(parsed));
  for (const auto& item : list->items) tests.push_back(TestRun(criteria, elements, problems).run(item));
  return tests;
}

}  // namespace ntmd::rules
