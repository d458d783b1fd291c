// status, explain, runs, quarantine, sources, alerts, assess --known-at: the commands that only look.

#include <algorithm>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "daemon/app/commands.h"
#include "daemon/app/print.h"
#include "daemon/app/session.h"
#include "daemon/base/json_writer.h"
#include "daemon/engine/assessor.h"
#include "daemon/engine/health.h"
#include "daemon/engine/known_facts.h"
#include "daemon/engine/local_day.h"
#include "daemon/engine/view.h"
#include "daemon/publish/health_json.h"
#include "daemon/publish/layout.h"
#include "daemon/publish/unit_json.h"
#include "daemon/publish/words.h"

namespace ntmd::app {
namespace {

/// Setup and store of a command that only looks.
struct Look {
  Outside outside;
  std::optional<engine::Setup> setup;
  std::unique_ptr<store::Store> store;
  int code = kDone;

  explicit Look(const Options& options) : setup(load(outside, options)) {
    if (!setup) {
      code = kUsage;
      return;
    }
    auto opened = open_shared(*setup, outside);
    if (!opened) {
      code = report(opened.error());
      return;
    }
    store = std::move(*opened);
  }
  [[nodiscard]] bool ready() const { return store != nullptr; }
  [[nodiscard]] model::Day today() const { return engine::local_day(outside.clock.now(), setup->config.zone); }
  base::Result<publish::Snapshot> snapshot() const { return engine::last_snapshot(*setup, *store, outside.clock); }
};

std::string number(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "-"; }

std::string explain_text(const publish::Printing& printing, const rules::UnitVerdict& unit,
                         const rules::IndicatorVerdict& verdict, publish::Language language) {
  const auto& criteria = *printing.verdicts().criteria[unit.criteria];
  const auto& rule = criteria.indicators[verdict.rule];
  const bool vi = language == publish::Language::vi;
  auto out = fmt::format("{} {} · {} {}\n{} {}\n", printing.unit(unit).code.view(), printing.unit(unit).name, rule.id,
                         vi ? rule.name_vi : rule.name_en, publish::sign(verdict.state),
                         publish::word(verdict.state).in(language));
  out += fmt::format("measured {}  official {}  day {}  criteria {} {}\n", model::letter(verdict.measured),
                     model::letter(verdict.official), printing.verdicts().as_of.iso(), criteria.id, criteria.sha256);
  if (rule.figure) {
    out += fmt::format("{} / {} = {} %  threshold {}  gap {}  slack {}\n", number(verdict.numerator),
                       number(verdict.denominator), verdict.percent.value_or("-"), verdict.threshold.value_or("-"),
                       number(verdict.gap), number(verdict.slack));
  }
  for (const auto reason : verdict.reasons)
    out += fmt::format("reason {}: {}\n", rules::to_string(reason), publish::word(reason).in(language));
  for (const auto flag : verdict.flags)
    out += fmt::format("flag {}: {}\n", rules::to_string(flag), publish::word(flag).in(language));
  for (const auto& operand : verdict.operands) {
    out += fmt::format("figure {} = {}", operand.element_name, number(operand.value));
    if (operand.missing) out += fmt::format("  ({})", rules::to_string(*operand.missing));
    if (!operand.source.empty()) out += fmt::format("  source {}", operand.source);
    if (operand.period) out += fmt::format("  {}..{}", operand.period->first.iso(), operand.period->last.iso());
    if (operand.age_days) out += fmt::format("  age {} d", *operand.age_days);
    for (const auto revision : operand.deliveries) out += fmt::format("  delivery {}", printing.delivery(revision));
    out += '\n';
  }
  for (const auto& finding : verdict.evidence) {
    out += fmt::format("evidence {}: ", model::to_string(finding.kind));
    if (!finding.record) {
      out += "none on file\n";
      continue;
    }
    const auto& record = *finding.record;
    out += fmt::format("{} {} issued {} by {}", model::to_string(record.state), record.number, record.issued_on.iso(),
                       record.issuer);
    if (record.valid_to) out += fmt::format(" valid to {}", record.valid_to->iso());
    if (record.confirmed_value) out += fmt::format(" confirms {}", *record.confirmed_value);
    out += fmt::format("  delivery {}\n", printing.delivery(record.revision));
  }
  if (verdict.exemption)
    out += fmt::format("exemption {} of {}\n", verdict.exemption->number, verdict.exemption->issuer);
  out += fmt::format("decision {}\n", verdict.decision);
  return out;
}

}  // namespace

int status(const Options& options) {
  const Look look(options);
  if (!look.ready()) return look.code;
  auto snapshot = look.snapshot();
  if (!snapshot) return report(snapshot.error());
  if (options.unit.empty()) {
    print_verdicts(*snapshot, options, *look.setup);
    return kDone;
  }
  const publish::Printing printing(*snapshot);
  const auto code = model::UnitCode::of(options.unit);
  if (!code || printing.assessments(*code).empty()) {
    fmt::print(stderr, "ntmd: status: unit \"{}\" is not assessed on {}, expected the code of one that is\n",
               options.unit, snapshot->verdicts->as_of.iso());
    return kUsage;
  }
  if (options.json) {
    print_lines(publish::unit_json(printing, *code).text());
    return kDone;
  }
  const auto language = publish::parse_language(app::language(options, *look.setup)).value_or(publish::Language::vi);
  for (const auto& unit : printing.assessments(*code)) {
    fmt::print("{} {}: {} {} ({}/{})\n", code->view(), printing.unit(unit).name, publish::sign(unit.state),
               publish::word(unit.state).in(language), unit.tally.met, unit.tally.of);
    std::vector<std::vector<std::string>> rows;
    const auto& criteria = *snapshot->verdicts->criteria[unit.criteria];
    for (const auto* verdict : printing.indicators(unit.criteria, unit.indicators)) {
      const auto& rule = criteria.indicators[verdict->rule];
      rows.push_back({rule.id,
                      fmt::format("{} {}", publish::sign(verdict->state), publish::word(verdict->state).in(language)),
                      rule.figure ? fmt::format("{}/{}", number(verdict->numerator), number(verdict->denominator)) : "",
                      verdict->percent.value_or(""), publish::gap_text(*verdict, language),
                      language == publish::Language::vi ? rule.name_vi : rule.name_en});
    }
    print_lines(table({"id", "status", "num/den", "%", "gap", "name"}, rows));
  }
  return kDone;
}

int explain(const Options& options) {
  const Look look(options);
  if (!look.ready()) return look.code;
  auto snapshot = look.snapshot();
  if (!snapshot) return report(snapshot.error());
  const publish::Printing printing(*snapshot);
  const auto code = model::UnitCode::of(options.unit);
  const auto language = publish::parse_language(app::language(options, *look.setup)).value_or(publish::Language::vi);
  if (code) {
    for (const auto& unit : printing.assessments(*code)) {
      const auto& rules = snapshot->verdicts->criteria[unit.criteria]->indicators;
      for (const auto& verdict : unit.indicators) {
        if (rules[verdict.rule].id != options.indicator) continue;
        if (options.json) {
          print_lines(publish::indicator_json(printing, *code, options.indicator).value());
        } else {
          print_lines(explain_text(printing, unit, verdict, language));
        }
        return kDone;
      }
    }
  }
  fmt::print(stderr, "ntmd: explain: there is no verdict of unit \"{}\" on indicator \"{}\"; see ntmd status\n",
             options.unit, options.indicator);
  return kUsage;
}

int runs(const Options& options) {
  const Look look(options);
  if (!look.ready()) return look.code;
  std::vector<store::RunRow> all;
  for (const auto& plan : look.setup->plans) {
    if (!options.source.empty() && plan->id != options.source) continue;
    auto rows = look.store->run_rows(plan->id, options.limit);
    if (!rows) return report(rows.error());
    std::ranges::move(*rows, std::back_inserter(all));
  }
  std::ranges::stable_sort(all, std::greater<>{}, &store::RunRow::started);
  if (all.size() > options.limit) all.resize(options.limit);
  print_runs(all, options);
  return kDone;
}

int quarantine(const Options& options) {
  if (options.quarantine_action == "replay") return replay(options);
  const Look look(options);
  if (!look.ready()) return look.code;
  const auto deliveries = look.store->deliveries();
  if (!deliveries) return report(deliveries.error());
  const bool show = options.quarantine_action == "show";
  if (show && options.delivery.empty()) {
    fmt::print(stderr, "ntmd: quarantine show: names no delivery, expected one of ntmd quarantine list\n");
    return kUsage;
  }
  base::JsonWriter out(2);
  out.begin_object().key(show ? "rows" : "deliveries").begin_array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& delivery : *deliveries) {
    if (delivery.counts.quarantined == 0 || !delivery.id.starts_with(options.delivery)) continue;
    if (!show) {
      out.begin_object().field("delivery", delivery.id).field("source", delivery.source).field("part", delivery.part);
      out.field("quarantined", delivery.counts.quarantined).field("fetched", delivery.counts.fetched).end_object();
      rows.push_back({delivery.id, delivery.source, delivery.part, std::to_string(delivery.counts.quarantined),
                      std::to_string(delivery.counts.fetched)});
      continue;
    }
    const auto refused = look.store->quarantine(delivery.id, options.limit);
    if (!refused) return report(refused.error());
    for (const auto& row : *refused) {
      out.begin_object()
          .field("part", delivery.part)
          .field("line", row.line)
          .field("byte", row.byte)
          .field("column", row.column);
      out.field("rule", row.rule).field("message", row.message).key("value");
      row.value ? out.text(*row.value) : out.null();
      out.end_object();
      rows.push_back({fmt::format("{}:{}", delivery.part, row.line), row.column, row.rule, row.message});
    }
  }
  if (options.json) {
    print_lines(std::move(out.end_array().end_object()).take());
  } else {
    print_lines(show ? table({"place", "column", "rule", "message"}, rows)
                     : table({"delivery", "source", "part", "refused", "of"}, rows));
  }
  return kDone;
}

int sources(const Options& options) {
  const Look look(options);
  if (!look.ready()) return look.code;
  auto snapshot = look.snapshot();
  if (!snapshot) return report(snapshot.error());
  if (options.json) {
    print_lines(publish::sources_json(*snapshot).text());
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto* source : publish::sources_by_id(*snapshot)) {
    rows.push_back({source->id, source->connector, source->outcome,
                    source->last_success ? base::to_rfc3339(*source->last_success) : "never",
                    std::string(publish::to_string(source->freshness)), source->message});
  }
  print_lines(table({"source", "connector", "outcome", "last success", "freshness", "message"}, rows));
  return kDone;
}

int alerts(const Options& options) {
  const Look look(options);
  if (!look.ready()) return look.code;
  auto snapshot = look.snapshot();
  if (!snapshot) return report(snapshot.error());
  if (options.json) {
    print_lines(publish::alerts_json(*snapshot).text());
  } else {
    fmt::print("this version judges no alerts; see ntmd status and ntmd sources\n");
  }
  return kDone;
}

int assess_as_known(Outside& outside, const engine::Setup& setup, const Options& options) {
  const auto day = day_or(options.as_of, engine::local_day(outside.clock.now(), setup.config.zone));
  if (!day) return kUsage;
  const auto known_at = parse_instant(options.known_at);
  if (!known_at) {
    fmt::print(stderr, "ntmd: --known-at: \"{}\" is no time, expected yyyy-mm-ddThh:mm:ssZ\n", options.known_at);
    return kUsage;
  }
  auto store = open_shared(setup, outside);
  if (!store) return report(store.error());
  const auto facts = engine::load_facts(setup, **store, *known_at);
  if (!facts) return report(facts.error());
  const auto snapshot =
      engine::snapshot_of(setup, **store, outside.clock, engine::Assessor(setup, **store).judge(*day, **facts));
  if (!snapshot) return report(snapshot.error());
  print_verdicts(*snapshot, options, setup);
  return kDone;
}

}  // namespace ntmd::app
