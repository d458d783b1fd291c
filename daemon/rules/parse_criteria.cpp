#include <fmt/format.h>

#include <array>
#include <chrono>
#include <map>
#include <utility>

#include "daemon/base/digest.h"
#include "daemon/rules/parse_parts.h"
#include "daemon/settings/yaml.h"

namespace ntmd::rules {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

constexpr std::array kUnitKinds = {units::UnitKind::xa, units::UnitKind::phuong, units::UnitKind::thi_tran};

class CriteriaReader {
 public:
  CriteriaReader(const model::ElementTable& elements, Problems& problems) : elements_(elements), problems_(problems) {}

  Criteria read(const Node& root) {
    MapReader reader(root, "criteria", problems_);
    criteria_.id = reader.required_text("criteria");
    criteria_.version = reader.text("version", "");
    const auto names = read_names(reader, "name", criteria_.id);
    criteria_.name_vi = names.vi;
    criteria_.name_en = names.en;
    criteria_.legal = reader.text_list("legal");
    read_in_force(reader);
    read_subject(reader);
    read_window(reader);
    const Node* pillars = reader.optional("pillars");
    const Node* indicators = reader.optional("indicators");
    reader.optional("tests");  // read by the test runner
    if ((pillars == nullptr) == (indicators == nullptr)) {
      problems_.add(root.place, "criteria: expected either pillars or indicators");
    } else if (pillars != nullptr) {
      read_pillars(*pillars);
    } else {
      read_indicators(*indicators);
    }
    if (!criteria_.of_group) {
      criteria_.roll_up = read_roll_up(reader, pillars != nullptr ? "pillars" : "indicators");
      const auto children = pillars != nullptr ? criteria_.pillars.size() : criteria_.indicators.size();
      check_reachable(criteria_.roll_up, children, reader.place_of("met_when"), "criteria");
    }
    return std::move(criteria_);
  }

 private:
  void read_in_force(MapReader& reader) {
    const Node* node = reader.optional("in_force");
    if (node == nullptr) return;
    MapReader dates(*node, "in_force", problems_);
    criteria_.in_force_from = dates.day("from");
    criteria_.in_force_to = dates.day("to");
    if (criteria_.in_force_from && criteria_.in_force_to && *criteria_.in_force_to < *criteria_.in_force_from) {
      problems_.add(dates.place_of("to"), "in_force: to lies before from, expected a later day");
    }
  }

  void read_subject(MapReader& reader) {
    const Node* node = reader.required("subject");
    if (node == nullptr) return;
    MapReader subject(*node, "subject", problems_);
    const Node* unit = subject.optional("unit");
    const Node* group = subject.optional("group");
    if (node->is_map() && (unit == nullptr) == (group == nullptr)) {
      problems_.add(node->place, "subject: expected either unit or group");
    }
    if (group != nullptr) {
      criteria_.of_group = true;
      subject.choice("group", {"district"}, "district");
    }
    for (const auto& name : subject.text_list("unit")) {
      bool known = false;
      for (const auto kind : kUnitKinds) {
        if (units::to_string(kind) != name) continue;
        known = true;
        criteria_.unit_kinds.push_back(kind);
      }
      if (!known) {
        problems_.add(unit->place,
                      fmt::format("subject, unit: unknown kind \"{}\", expected xa | phuong | thi_tran", name));
      }
    }
  }

  void read_window(MapReader& reader) {
    const Node* node = reader.optional("window");
    if (node == nullptr) return;
    MapReader window(*node, "window", problems_);
    window.choice("kind", {"calendar_year"}, "calendar_year");
    const auto carry_over = window.duration("carry_over", std::chrono::milliseconds(0));
    const auto days = std::chrono::floor<std::chrono::days>(carry_over);
    if (days != carry_over || days > std::chrono::days(365)) {
      problems_.add(window.place_of("carry_over"), "window, carry_over: expected whole days, at most 365d");
      return;
    }
    criteria_.carry_over_days = static_cast<int>(days.count());
  }

  void read_pillars(const Node& list) {
    if (criteria_.of_group) problems_.add(list.place, "pillars: a group has none, expected indicators");
    if (!list.is_list() || list.items.empty()) {
      problems_.add(list.place, "pillars: expected a list");
      return;
    }
    for (const auto& item : list.items) {
      MapReader reader(item, "pillar", problems_);
      PillarRule pillar;
      pillar.id = reader.required_text("id");
      take_id(pillar.id, item.place);
      const auto names = read_names(reader, "name", pillar.id);
      pillar.name_vi = names.vi;
      pillar.name_en = names.en;
      pillar.roll_up = read_roll_up(reader, "indicators");
      if (const Node* indicators = reader.required("indicators")) pillar.indicators = read_indicators(*indicators);
      check_reachable(pillar.roll_up, pillar.indicators.size(), reader.place_of("met_when"), "pillar " + pillar.id);
      criteria_.pillars.push_back(std::move(pillar));
    }
  }

  std::vector<std::uint32_t> read_indicators(const Node& list) {
    std::vector<std::uint32_t> places;
    if (!list.is_list() || list.items.empty()) {
      problems_.add(list.place, "indicators: expected a list");
      return places;
    }
    for (const auto& item : list.items) {
      auto rule = read_indicator(item, elements_, criteria_.of_group, problems_);
      if (!rule) continue;
      take_id(rule->id, item.place);
      places.push_back(static_cast<std::uint32_t>(criteria_.indicators.size()));
      criteria_.indicators.push_back(*std::move(rule));
    }
    return places;
  }

  void take_id(const std::string& id, const settings::Place& place) {
    const auto [known, fresh] = ids_.emplace(id, place);
    if (!fresh) problems_.add(place, fmt::format("id \"{}\" stands twice, first at {}", id, known->second.str()));
  }

  void check_reachable(const RollUp& roll_up, std::size_t children, const settings::Place& place,
                       std::string_view subject) {
    if (!roll_up.at_least || static_cast<std::size_t>(*roll_up.at_least) <= children) return;
    problems_.add(
        place, fmt::format("{}, met_when: at_least {} of {} can never be met", subject, *roll_up.at_least, children));
  }

  const model::ElementTable& elements_;
  Problems& problems_;
  Criteria criteria_;
  std::map<std::string, settings::Place> ids_;
};

}  // namespace

std::optional<Criteria> parse_criteria(std::string_view file, std::string_view text,
                                       const model::ElementTable& elements, Problems& problems) {
  const auto before = problems.size();
  const auto root = settings::parse_yaml(file, text, problems);
  if (!root) return std::nullopt;
  Criteria criteria = CriteriaReader(elements, problems).read(*root);
  if (problems.size() != before) return std::nullopt;
  criteria.sha256 = base::sha256_hex(text);
  criteria.text = text;
  return criteria;
}

}  // namespace ntmd::rules
