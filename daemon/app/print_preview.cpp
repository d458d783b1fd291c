// What `sync --dry-run` prints.

#include <fmt/format.h>

#include "daemon/app/print.h"
#include "daemon/base/json_writer.h"

namespace ntmd::app {
namespace {

void write_delivery(base::JsonWriter& out, const engine::PreviewDelivery& delivery) {
  const auto& head = delivery.head;
  out.begin_object().field("part", head.part).key("dated");
  head.dated ? out.text(head.dated->iso()) : out.null();
  out.field("known", delivery.known).field("standing", store::to_string(head.standing)).field("reason", head.reason);
  out.field("fetched", head.counts.fetched).field("loaded", head.counts.loaded);
  out.field("filtered", head.counts.filtered).field("quarantined", head.counts.quarantined);
  out.key("loads").begin_array();
  for (const auto& group : delivery.groups) {
    out.begin_object().field("what", group.what).field("rows", group.rows).field("units", group.units).key("total");
    group.total ? out.number(*group.total) : out.null();
    out.end_object();
  }
  out.end_array().key("sample").begin_array();
  for (const auto& row : delivery.sample) {
    out.begin_object().field("unit", row.unit).field("what", row.what).field("when", row.when);
    out.field("value", row.value).end_object();
  }
  out.end_array().key("refused").begin_array();
  for (const auto& row : delivery.refused) {
    out.begin_object().field("line", row.line).field("column", row.column).field("rule", row.rule);
    out.field("message", row.message).end_object();
  }
  out.end_array().end_object();
}

void print_delivery(const engine::PreviewDelivery& delivery) {
  const auto& head = delivery.head;
  const auto becomes = delivery.known ? "is known already"
                                      : fmt::format("would be {}{}{}", store::to_string(head.standing),
                                                    head.reason.empty() ? "" : ": ", head.reason);
  fmt::print("\n{}{}: {} loaded, {} filtered, {} quarantined; {}\n", head.part,
             head.dated ? fmt::format(", dated {}", head.dated->iso()) : std::string(), head.counts.loaded,
             head.counts.filtered, head.counts.quarantined, becomes);
  std::vector<std::vector<std::string>> rows;
  for (const auto& group : delivery.groups) {
    rows.push_back({"  " + group.what, std::to_string(group.rows), std::to_string(group.units),
                    group.total ? std::to_string(*group.total) : "-"});
  }
  if (!rows.empty()) print_lines(table({"  loads", "rows", "units", "total"}, rows));
  rows.clear();
  for (const auto& row : delivery.sample) rows.push_back({"  " + row.unit, row.what, row.when, row.value});
  if (!rows.empty()) print_lines(table({"  first", "what", "when", "value"}, rows));
  rows.clear();
  for (const auto& row : delivery.refused)
    rows.push_back({fmt::format("  line {}", row.line), row.column, row.rule, row.message});
  if (!rows.empty()) print_lines(table({"  refused", "column", "rule", "message"}, rows));
}

}  // namespace

void print_preview(const engine::Preview& preview, const Options& options) {
  if (!options.json) {
    print_runs({preview.run}, options);
    for (const auto& delivery : preview.deliveries) print_delivery(delivery);
    for (const auto& name : preview.refused_files) fmt::print("\n{}: would be refused whole\n", name);
    fmt::print("\nnothing is written\n");
    return;
  }
  base::JsonWriter out(2);
  out.begin_object().key("runs").begin_array();
  write_run(out, preview.run);
  out.end_array().key("deliveries").begin_array();
  for (const auto& delivery : preview.deliveries) write_delivery(out, delivery);
  out.end_array().key("refused_files").begin_array();
  for (const auto& name : preview.refused_files) out.text(name);
  print_lines(std::move(out.end_array().end_object()).take());
}

}  // namespace ntmd::app
