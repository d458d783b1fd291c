#include "tests/unit/engine/naive.h"

#include <catch2/catch.hpp>
#include <set>
#include <tuple>

namespace ntmd::engine {
namespace {

using model::Day;
using model::Period;
using rules::Reason;

std::vector<std::vector<std::string>> rows_of(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t at = text.find('\n') + 1; at < text.size();) {
    const auto end = text.find('\n', at);
    auto& row = rows.emplace_back(1);
    for (; at < end; ++at) text[at] == ',' ? (void)row.emplace_back() : row.back().push_back(text[at]);
    at = end + 1;
  }
  return rows;
}

/// Which commune a code means on a day; empty: none.
std::string commune(const std::string& code, Day day) {
  const auto iso = day.iso();
  if (code == "00001" || code == "00002") return code;
  if (code == "00003") return iso <= "2024-10-31" ? "C" : "D";
  if (code == "00004") return iso <= "2024-12-31" ? "E" : "";
  if (code == "00005") return iso >= "2025-01-01" ? "F" : "";
  return "";
}

struct Told {
  std::string source;
  std::string unit;
  std::string element;
  Period period;
  std::int64_t value = 0;
  std::tuple<base::Instant, model::Revision, std::size_t> rank;
};

class Naive {
 public:
  explicit Naive(Province& province) : today_(province.today()), texts_(province.texts()) {
    const auto heads = province.engine().store().deliveries();
    REQUIRE(heads);
    for (const auto& head : *heads) {
      if (head.standing == store::Standing::in_force && !(head.dated && *head.dated > today_)) heads_.push_back(head);
    }
    for (const auto& head : heads_) {
      if (head.kind == store::LoadKind::figures && !withdrawn(head)) read(head);
    }
    for (const auto& told : told_) {
      elements_.insert(told.element);
      units_.insert(told.unit);
    }
    units_.insert({"00001", "00002", "00003", "00004", "00005"});
  }

  std::map<std::string, Expected> all() {
    std::map<std::string, Expected> out;
    for (const auto& unit : units_) {
      for (const auto& element : elements_) out[unit + ' ' + element] = one(unit, element);
    }
    count(out);
    return out;
  }

 private:
  /// By a later delivery of the same file of which no row was refused.
  [[nodiscard]] bool withdrawn(const store::DeliveryHead& head) const {
    return std::ranges::any_of(heads_, [&](const auto& later) {
      return later.source == head.source && later.part == head.part && later.revision > head.revision &&
             later.counts.quarantined == 0 && later.counts.loaded > 0;
    });
  }

  void read(const store::DeliveryHead& head) {
    std::size_t number = 0;
    for (const auto& row : rows_of(texts_.at(head.content_sha256))) {
      ++number;
      if (row[5].empty() || row[0] == "99999") continue;
      const bool stock = !row[2].empty();
      const Period period = {Day::parse(stock ? row[2] : row[3]).value(), Day::parse(stock ? row[2] : row[4]).value()};
      if (commune(row[0], period.last).empty()) continue;  // refused
      told_.push_back(
          {head.source, row[0], row[1], period, std::stoll(row[5]), {head.received, head.revision, number}});
    }
  }

  [[nodiscard]] Expected one(const std::string& unit, const std::string& element) const {
    const bool flow = element.starts_with("dossiers") || element.starts_with("telehealth");
    std::vector<std::string> sources = {"numbers-a", "numbers-b"};
    if (element == "adults") std::swap(sources[0], sources[1]);
    const std::int64_t tolerance = element == "adults" ? 100 : element == "dossiers" ? 10 : -1;
    Expected found;
    bool elsewhere = false;
    for (const auto& source : sources) {
      std::map<Period, const Told*> newest;
      bool elsewhere_here = false;
      for (const auto& told : told_) {
        if (told.source != source || told.unit != unit || told.element != element) continue;
        if (flow ? !told.period.inside(window()) : told.period.last > today_) continue;
        if (commune(unit, told.period.last) != commune(unit, today_)) {
          elsewhere_here = true;
          continue;
        }
        auto& known = newest[told.period];
        if (known == nullptr || told.rank > known->rank) known = &told;
      }
      if (found.value) {  // another source beside the one in force
        const auto other = flow ? sum(newest) : newest_of(newest);
        if (other.value && tolerance >= 0)
          found.disputed = std::abs(*other.value - *found.value) * 1000 > tolerance * *found.value;
        continue;
      }
      if (found.missing) continue;
      elsewhere = elsewhere || elsewhere_here;
      found = flow ? sum(newest) : newest_of(newest);
    }
    if (!found.value && !found.missing) found.missing = elsewhere ? Reason::boundary : Reason::no_figure;
    return found;
  }

  [[nodiscard]] Period window() const {
    const auto year = today_.ymd().year();
    const auto before = year - std::chrono::years(1);
    if (today_ < Day(year / 2 / 15)) return {Day(before / 1 / 1), Day(before / 12 / 31)};
    return {Day(year / 1 / 1), today_};
  }
  static Expected newest_of(const std::map<Period, const Told*>& newest) {
    if (newest.empty()) return {};
    return {newest.rbegin()->second->value, std::nullopt};
  }
  static Expected sum(const std::map<Period, const Told*>& newest) {
    if (newest.empty()) return {};
    Expected sum{0, std::nullopt};
    std::optional<Day> end;
    bool gap = false;
    for (const auto& [period, told] : newest) {
      if (end && period.first <= *end) return {std::nullopt, Reason::window_overlap};
      gap = gap || (end && period.first > *end + 1);
      end = period.last;
      *sum.value += told->value;
    }
    if (gap) return {std::nullopt, Reason::window_gap};
    return sum;
  }

  /// Distinct people of working age with an active account, over the newest export of each bank.
  void count(std::map<std::string, Expected>& out) const {
    std::map<std::string, Day> newest;                                               // by source
    std::map<std::pair<std::string, std::string>, const store::DeliveryHead*> last;  // by source and file
    for (const auto& head : heads_) {
      if (head.kind != store::LoadKind::snapshot) continue;
      auto& date = newest.try_emplace(head.source, *head.dated).first->second;
      date = std::max(date, *head.dated);
    }
    for (const auto& head : heads_) {
      if (head.kind == store::LoadKind::snapshot && newest.at(head.source) == *head.dated)
        last[{head.source, head.part}] = &head;
    }
    std::map<std::string, std::set<std::string>> people;
    for (const auto& [place, head] : last) {
      for (const auto& row : rows_of(texts_.at(head->content_sha256))) {
        if (row[1].find('X') != std::string::npos) continue;  // refused
        auto& of_unit = people[row[0]];
        if (row[6] == "ACTIVE" && row[3].ends_with("/1990")) of_unit.insert(row[1]);
      }
    }
    for (const auto& unit : units_) {
      auto& expected = out[unit + " account_holders"];
      const auto found = people.find(unit);
      if (found != people.end()) expected.value = static_cast<std::int64_t>(found->second.size());
      if (found == people.end()) expected.missing = Reason::no_figure;
    }
  }

  Day today_;
  const std::map<std::string, std::string>& texts_;
  std::vector<store::DeliveryHead> heads_;  // in force, by revision
  std::vector<Told> told_;
  std::set<std::string> elements_;
  std::set<std::string> units_;
};

}  // namespace

std::map<std::string, Expected> expected_figures(Province& province) { return Naive(province).all(); }

}  // namespace ntmd::engine
