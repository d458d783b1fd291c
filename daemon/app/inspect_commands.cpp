// status, explain, runs, quarantine, sources, assess --known-at: the commands that only look.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

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
#include "daemon/publish/status_text.h"
#include "daemon/publish/unit_json.h"

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
  /// Whether it is configured, or was: then the store has runs of it. All sources are known by "".
  [[nodiscard]] base::Result<bool> knows_source(const std::string& id) const {
    if (id.empty() || std::ranges::any_of(setup->plans, [&](const auto& plan) { return plan->id == id; })) return true;
    const auto rows = store->run_rows(id, 1);
    if (!rows) return std::unexpected(rows.error());
    return !rows->empty();
  }
  base::Result<publish::Snapshot> snapshot() const { return engine::last_snapshot(*setup, *store, outside.clock); }
};

/// Something that was asked for and is not there.
int refuse(const base::Error& error) {
  fmt::print(stderr, "ntmd: {}\n", error.what);
  return kUsage;
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
  const auto text = publish::unit_text(*snapshot, options.unit, language_of(options, *look.setup));
  if (!text) return refuse(text.error());
  if (options.json) {
    const publish::Printing printing(*snapshot);
    print_lines(publish::unit_json(printing, model::UnitCode::of(options.unit).value()).text());
  } else {
    print_lines(*text);
  }
  return kDone;
}

int explain(const Options& options) {
  const Look look(options);
  if (!look.ready()) return look.code;
  auto snapshot = look.snapshot();
  if (!snapshot) return report(snapshot.error());
  const auto text =
      publish::explain_text(*snapshot, options.unit, options.indicator, language_of(options, *look.setup));
  if (!text) return refuse(text.error());
  if (options.json) {
    const publish::Printing printing(*snapshot);
    print_lines(
        publish::indicator_json(printing, model::UnitCode::of(options.unit).value(), options.indicator).value());
  } else {
    print_lines(*text);
  }
  return kDone;
}

int runs(const Options& options) {
  const Look look(options);
  if (!look.ready()) return look.code;
  const auto known = look.knows_source(options.source);
  if (!known) return report(known.error());
  if (!*known) {
    std::vector<std::string> ids;
    for (const auto& plan : look.setup->plans) ids.push_back(plan->id);
    fmt::print(stderr, "ntmd: runs: there is no source \"{}\"{}\n", options.source,
               settings::suggestion(options.source, ids));
    return kUsage;
  }
  if (options.deliveries) {
    auto all = look.store->deliveries(options.source);
    if (!all) return report(all.error());
    std::ranges::reverse(*all);
    if (options.limit != 0 && all->size() > options.limit) all->resize(options.limit);
    print_deliveries(*all, options);
    return kDone;
  }
  std::vector<store::RunRow> all;
  const auto add = [&](const std::string& source) -> base::Status {
    auto rows = look.store->run_rows(source, options.limit);
    if (!rows) return std::unexpected(rows.error());
    std::ranges::move(*rows, std::back_inserter(all));
    return {};
  };
  if (!options.source.empty()) {
    if (auto added = add(options.source); !added) return report(added.error());
  } else {
    for (const auto& plan : look.setup->plans) {
      if (auto added = add(plan->id); !added) return report(added.error());
    }
  }
  std::ranges::stable_sort(all, std::greater<>{}, &store::RunRow::started);
  if (options.limit != 0 && all.size() > options.limit) all.resize(options.limit);
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
  if (!options.delivery.empty()) {
    const auto found = look.store->find_delivery(options.delivery);
    if (!found) return refuse(found.error());
    if (!*found) {
      fmt::print(stderr, "ntmd: quarantine: there is no delivery \"{}\", expected one of ntmd quarantine list\n",
                 options.delivery);
      return kUsage;
    }
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

int assess_as_known(Outside& outside, const engine::Setup& setup, const Options& options) {
  const auto day = day_or(options.as_of, engine::local_day(outside.clock.now(), setup.config.zone));
  if (!day) return kUsage;
  const auto known_at = parse_instant(options.known_at);
  if (!known_at) {
    fmt::print(stderr, "ntmd: --known-at: \"{}\" is no time, expected yyyy-mm-ddThh:mm:ssZ\n", options.known_at);
    return kUsage;
  }
  return print_day(outside, setup, options, *day, known_at);
}

int print_day(Outside& outside, const engine::Setup& setup, const Options& options, model::Day day,
              std::optional<base::Instant> known_at) {
  auto store = open_shared(setup, outside);
  if (!store) return report(store.error());
  const auto facts = engine::load_facts(setup, **store, known_at);
  if (!facts) return report(facts.error());
  const auto verdicts = engine::Assessor(setup, **store).judge(day, **facts);
  const auto generation = (*store)->get_meta("generation");
  if (!generation) return report(generation.error());
  if (*generation) verdicts->generation = std::strtoull((*generation)->c_str(), nullptr, 10);
  const auto snapshot = engine::snapshot_of(setup, **store, outside.clock, verdicts);
  if (!snapshot) return report(snapshot.error());
  print_verdicts(*snapshot, options, setup);
  return kDone;
}

}  // namespace ntmd::app
