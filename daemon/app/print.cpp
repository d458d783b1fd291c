#include "daemon/app/print.h"

#include <cstdio>

#include "daemon/base/json_writer.h"
#include "daemon/publish/status_json.h"
#include "daemon/publish/status_text.h"
#include "daemon/publish/text_table.h"

namespace ntmd::app {
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  publish::TextTable out(std::vector(header.size(), publish::TextTable::Align::left));
  out.row(header);
  for (const auto& row : rows) out.row(row);
  return out.str();
}

void print_lines(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
}

publish::Language language_of(const Options& options, const engine::Setup& setup) {
  return publish::parse_language(app::language(options, setup)).value_or(publish::Language::vi);
}

void print_verdicts(const publish::Snapshot& snapshot, const Options& options, const engine::Setup& setup) {
  if (options.json) {
    print_lines(publish::status_json(snapshot));
    return;
  }
  print_lines(publish::status_text(snapshot, language_of(options, setup)));
}

void write_run(base::JsonWriter& out, const store::RunRow& run) {
  out.begin_object().field("id", run.id).field("source", run.source).field("started", base::to_rfc3339(run.started));
  out.field("ended", base::to_rfc3339(run.ended)).field("outcome", store::to_string(run.outcome));
  out.field("fetched", run.counts.fetched).field("loaded", run.counts.loaded).field("filtered", run.counts.filtered);
  out.field("quarantined", run.counts.quarantined).field("deliveries", std::uint64_t{run.deliveries});
  out.field("message", run.message).end_object();
}

void print_runs(const std::vector<store::RunRow>& runs, const Options& options) {
  if (options.json) {
    base::JsonWriter out(2);
    out.begin_object().key("runs").begin_array();
    for (const auto& run : runs) write_run(out, run);
    print_lines(std::move(out.end_array().end_object()).take());
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& run : runs) {
    rows.push_back({base::to_rfc3339(run.started), run.source, std::string(store::to_string(run.outcome)),
                    std::to_string(run.counts.loaded), std::to_string(run.counts.filtered),
                    std::to_string(run.counts.quarantined), run.message});
  }
  print_lines(table({"started", "source", "outcome", "loaded", "filtered", "quarantined", "message"}, rows));
}

void write_delivery(base::JsonWriter& out, const store::DeliveryHead& head) {
  out.begin_object().field("id", head.id).field("source", head.source).field("part", head.part).key("dated");
  head.dated ? out.text(head.dated->iso()) : out.null();
  out.field("run", head.run).field("received", base::to_rfc3339(head.received));
  out.field("recorded", base::to_rfc3339(head.recorded)).field("standing", store::to_string(head.standing));
  out.field("outcome", store::to_string(head.outcome)).field("fetched", head.counts.fetched);
  out.field("loaded", head.counts.loaded).field("filtered", head.counts.filtered);
  out.field("quarantined", head.counts.quarantined).field("reason", head.reason).end_object();
}

void print_deliveries(const std::vector<store::DeliveryHead>& deliveries, const Options& options) {
  if (options.json) {
    base::JsonWriter out(2);
    out.begin_object().key("deliveries").begin_array();
    for (const auto& head : deliveries) write_delivery(out, head);
    print_lines(std::move(out.end_array().end_object()).take());
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& head : deliveries) {
    rows.push_back({base::to_rfc3339(head.recorded), head.id, head.source, head.part,
                    head.dated ? head.dated->iso() : "-", std::string(store::to_string(head.standing)),
                    std::to_string(head.counts.loaded), std::to_string(head.counts.filtered),
                    std::to_string(head.counts.quarantined), head.reason});
  }
  print_lines(table(
      {"recorded", "delivery", "source", "part", "dated", "standing", "loaded", "filtered", "quarantined", "reason"},
      rows));
}

}  // namespace ntmd::app
