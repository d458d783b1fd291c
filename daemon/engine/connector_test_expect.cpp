#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/engine/connector_test_run.h"
#include "daemon/settings/reader.h"
#include "daemon/store/record_months.h"

namespace ntmd::engine {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

/// Compares what a test names; what it leaves out is not asked.
class Comparison {
 public:
  Comparison(const TestOutcome& outcome, const model::ElementTable& elements, Problems& problems)
      : outcome_(outcome), elements_(elements), problems_(problems) {}

  std::vector<std::string> run(const Node& expect) {
    MapReader reader(expect, "expect", problems_);
    const auto* rows = reader.optional("rows");
    const auto* quarantine = reader.optional("quarantine");
    const auto* figures = reader.optional("figures");
    const auto* evidence = reader.optional("evidence");
    const auto* requests = reader.optional("requests");
    const auto note = reader.text("notes", "");
    const auto held = reader.text("held", "");
    const auto recorded = reader.text("recorded", "");
    const auto refused = reader.text("refused", "");
    if (expect.is_map() && expect.entries.empty())
      problems_.add(expect.place, "expect: is empty, a test must expect something");
    if (requests != nullptr) compare_requests(*requests);
    if (!refused.empty()) {
      if (outcome_.delivery) {
        differ("refused", fmt::format("\"{}\"", refused), "a delivery");
      } else if (outcome_.delivery.error().what.find(refused) == std::string::npos) {
        differ("refused", fmt::format("\"{}\"", refused), fmt::format("\"{}\"", outcome_.delivery.error().what));
      }
      return std::move(differences_);
    }
    if (!outcome_.delivery) {
      differ("delivery", "one", fmt::format("\"{}\"", outcome_.delivery.error().what));
      return std::move(differences_);
    }
    const auto& delivery = *outcome_.delivery;
    if (rows != nullptr) compare_rows(*rows, delivery.head.counts);
    if (quarantine != nullptr) compare_quarantine(*quarantine, delivery.quarantine);
    if (figures != nullptr) compare_figures(*figures, delivery);
    if (evidence != nullptr) compare_evidence(*evidence, delivery.evidence);
    compare_standing(delivery.head, held, recorded);
    if (!note.empty() && std::none_of(outcome_.notes.begin(), outcome_.notes.end(),
                                      [&](const std::string& line) { return line.find(note) != std::string::npos; })) {
      differ("notes", fmt::format("\"{}\"", note),
             outcome_.notes.empty() ? "none" : fmt::format("\"{}\"", outcome_.notes.front()));
    }
    return std::move(differences_);
  }

 private:
  void differ(std::string_view subject, std::string_view expected, std::string_view got) {
    differences_.push_back(fmt::format("{}: got {}, expected {}", subject, got, expected));
  }
  template <class Got>
  void same(std::string_view subject, const Got& expected, const Got& got) {
    if (expected != got) differ(subject, fmt::format("{}", expected), fmt::format("{}", got));
  }
  bool is_list(const Node& node, std::string_view subject) {
    if (node.is_list()) return true;
    problems_.add(node.place, fmt::format("expect.{}: expected a list", subject));
    return false;
  }

  void compare_rows(const Node& node, const store::Counts& counts) {
    MapReader reader(node, "expect.rows", problems_);
    const std::pair<std::string_view, std::uint64_t> known[] = {{"fetched", counts.fetched},
                                                                {"loaded", counts.loaded},
                                                                {"filtered", counts.filtered},
                                                                {"quarantined", counts.quarantined}};
    for (const auto& [key, got] : known) {
      if (reader.optional(key) == nullptr) continue;
      same(fmt::format("rows.{}", key), static_cast<std::uint64_t>(reader.integer(key, 0, 1'000'000'000, 0)), got);
    }
  }

  void compare_standing(const store::DeliveryHead& head, const std::string& held, const std::string& recorded) {
    const auto wanted = !held.empty() ? store::Standing::held : store::Standing::recorded;
    const auto& reason = !held.empty() ? held : recorded;
    if (reason.empty()) {
      // A small test has a high share of bad rows: only what it asks about is compared.
      return;
    }
    if (head.standing != wanted || head.reason.find(reason) == std::string::npos) {
      differ("standing", fmt::format("{} \"{}\"", store::to_string(wanted), reason),
             fmt::format("{} \"{}\"", store::to_string(head.standing), head.reason));
    }
  }

  void compare_quarantine(const Node& node, const std::vector<store::QuarantineRow>& got) {
    if (!is_list(node, "quarantine")) return;
    same("quarantine rows", node.items.size(), got.size());
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      MapReader reader(node.items[i], "expect.quarantine", problems_);
      const bool there = i < got.size();
      const store::QuarantineRow row = there ? got[i] : store::QuarantineRow{};
      const auto subject = fmt::format("quarantine[{}]", i);
      const auto text = [&](std::string_view key, const std::string& value) {
        if (reader.optional(key) != nullptr && there)
          same(fmt::format("{}.{}", subject, key), reader.text(key, ""), value);
      };
      if (reader.optional("line") != nullptr && there) {
        same(subject + ".line", static_cast<std::uint64_t>(reader.integer("line", 0, 1'000'000'000, 0)), row.line);
      }
      text("column", row.column);
      text("rule", row.rule);
      if (reader.optional("message") != nullptr && there &&
          row.message.find(reader.text("message", "")) == std::string::npos) {
        differ(subject + ".message", reader.text("message", ""), row.message);
      }
      const auto* value = node.items[i].find("value");
      reader.optional("value");
      if (value == nullptr || !there) continue;
      if (value->is_null()) {
        if (row.value) differ(subject + ".value", "none", "one that was kept");
      } else {
        same(subject + ".value", value->text, row.value.value_or("(none)"));
      }
    }
  }

  std::string figure_text(std::string_view unit, std::string_view element, const model::Period& period,
                          std::int64_t value) const {
    const auto when =
        period.first == period.last ? period.first.iso() : fmt::format("{}..{}", period.first.iso(), period.last.iso());
    return fmt::format("{} {} {} = {}", unit, element, when, value);
  }

  void compare_figures(const Node& node, const store::StagedDelivery& delivery) {
    if (!is_list(node, "figures")) return;
    std::multiset<std::string> wanted;
    for (const auto& item : node.items) {
      MapReader reader(item, "expect.figures", problems_);
      const auto unit = reader.required_text("unit");
      const auto element = reader.required_text("element");
      const auto as_of = reader.day("as_of");
      const auto* period = reader.optional("period");
      model::Period when;
      if (as_of) when = {*as_of, *as_of};
      if (period != nullptr && period->is_list() && period->items.size() == 2) {
        const auto first = settings::as_day(period->items[0], "expect.figures.period", problems_);
        const auto last = settings::as_day(period->items[1], "expect.figures.period", problems_);
        if (first && last) when = {*first, *last};
      } else if (!as_of || period != nullptr) {
        problems_.add(item.place, "expect.figures: expected as_of, or period: [first day, last day]");
      }
      wanted.insert(figure_text(unit, element, when, reader.integer("value", 0, 1'000'000'000'000'000, -1)));
    }
    std::multiset<std::string> got;
    for (const auto& figure : delivery.figures) {
      got.insert(figure_text(figure.unit.view(), elements_.names().name(figure.element), figure.period, figure.value));
    }
    if (delivery.records) {
      const auto told = store::figures_alone(*delivery.records);
      if (!told) return differ("figures", "counted ones", told.error().what);
      for (const auto& figure : *told) {
        got.insert(
            figure_text(figure.unit.view(), elements_.names().name(figure.element), figure.period, figure.value));
      }
    }
    const auto runs = store::read_runs(delivery.runs.get());
    if (!runs) return differ("figures", "counted ones", runs.error().what);
    for (const auto& run : *runs) {
      const auto day = delivery.head.dated.value_or(model::Day{});
      got.insert(figure_text(run.unit.view(), elements_.names().name(run.element), {day, day},
                             static_cast<std::int64_t>(run.keys.size())));
    }
    std::vector<std::string> missing;
    std::set_difference(wanted.begin(), wanted.end(), got.begin(), got.end(), std::back_inserter(missing));
    std::vector<std::string> further;
    std::set_difference(got.begin(), got.end(), wanted.begin(), wanted.end(), std::back_inserter(further));
    for (const auto& text : missing) differ("figures", text, "none");
    for (const auto& text : further) differ("figures", "none", text);
  }

  void compare_evidence(const Node& node, const std::vector<model::Evidence>& got) {
    if (!is_list(node, "evidence")) return;
    same("evidence", node.items.size(), got.size());
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      MapReader reader(node.items[i], "expect.evidence", problems_);
      const bool there = i < got.size();
      const model::Evidence record = there ? got[i] : model::Evidence{};
      const std::pair<std::string_view, std::string> fields[] = {
          {"unit", std::string(record.unit.view())},
          {"indicator", record.indicator},
          {"kind", std::string(model::to_string(record.kind))},
          {"number", record.number},
          {"issued_on", record.issued_on.iso()},
          {"issuer", record.issuer},
          {"valid_to", record.valid_to ? record.valid_to->iso() : ""},
          {"state", std::string(model::to_string(record.state))},
          {"confirmed_value", record.confirmed_value ? fmt::format("{}", *record.confirmed_value) : ""},
          {"sha256", record.sha256},
      };
      for (const auto& [key, value] : fields) {
        if (reader.optional(key) != nullptr && there)
          same(fmt::format("evidence[{}].{}", i, key), reader.text(key, ""), value);
      }
    }
  }

  void compare_requests(const Node& node) {
    if (!is_list(node, "requests")) return;
    same("requests", node.items.size(), outcome_.requests.size());
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      MapReader reader(node.items[i], "expect.requests", problems_);
      const bool there = i < outcome_.requests.size();
      const connectors::Request request = there ? outcome_.requests[i] : connectors::Request{};
      const std::pair<std::string_view, std::string_view> parts[] = {{"method", request.method},
                                                                     {"url", request.url},
                                                                     {"body", request.body},
                                                                     {"authorization", request.authorization.reveal()}};
      for (const auto& [key, value] : parts) {
        if (reader.optional(key) == nullptr || !there) continue;
        if (value.find(reader.text(key, "")) == std::string_view::npos)
          differ(fmt::format("requests[{}].{}", i, key), reader.text(key, ""), value);
      }
    }
  }

  const TestOutcome& outcome_;
  const model::ElementTable& elements_;
  Problems& problems_;
  std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> compare(const Node& expect, const TestOutcome& outcome, const model::ElementTable& elements,
                                 Problems& problems) {
  return Comparison(outcome, elements, problems).run(expect);
}

}  // namespace ntmd::engine
