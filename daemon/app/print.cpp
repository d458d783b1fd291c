#include "daemon/app/print.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "daemon/base/json_writer.h"
#include "daemon/publish/layout.h"
#include "daemon/publish/status_json.h"
#include "daemon/publish/words.h"

namespace ntmd::app {
namespace {

/// Characters as a terminal shows them; good enough for Latin letters with accents.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& cell : header) widths.push_back(width(cell));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  const auto put = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  put(header);
  for (const auto& row : rows) put(row);
  return out;
}

void print_lines(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
}

void print_verdicts(const publish::Snapshot& snapshot, const Options& options, const engine::Setup& setup) {
  if (options.json) {
    print_lines(publish::status_json(snapshot));
    return;
  }
  const auto language = publish::parse_language(app::language(options, setup)).value_or(publish::Language::vi);
  const publish::Printing printing(snapshot);
  std::vector<std::vector<std::string>> rows;
  for (const auto& verdict : snapshot.verdicts->by_unit) {
    const auto& unit = printing.unit(verdict);
    std::string deciding;
    for (const auto id : printing.ids(verdict.criteria, verdict.deciding))
      deciding += (deciding.empty() ? "" : " ") + std::string(id);
    rows.push_back({std::string(unit.code.view()), unit.name,
                    fmt::format("{} {}", publish::sign(verdict.state), publish::word(verdict.state).in(language)),
                    fmt::format("{}/{}", verdict.tally.met, verdict.tally.of), deciding});
  }
  const bool vi = language == publish::Language::vi;
  print_lines(table(vi ? std::vector<std::string>{"Mã", "Đơn vị", "Kết quả", "Đạt", "Quyết định bởi"}
                       : std::vector<std::string>{"Code", "Unit", "Status", "Met", "Decided by"},
                    rows));
}

void print_runs(const std::vector<store::RunRow>& runs, const Options& options) {
  if (options.json) {
    base::JsonWriter out(2);
    out.begin_object().key("runs").begin_array();
    for (const auto& run : runs) {
      out.begin_object()
          .field("id", run.id)
          .field("source", run.source)
          .field("started", base::to_rfc3339(run.started));
      out.field("ended", base::to_rfc3339(run.ended)).field("outcome", store::to_string(run.outcome));
      out.field("fetched", run.counts.fetched)
          .field("loaded", run.counts.loaded)
          .field("filtered", run.counts.filtered);
      out.field("quarantined", run.counts.quarantined).field("deliveries", std::uint64_t{run.deliveries});
      out.field("message", run.message).end_object();
    }
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

}  // namespace ntmd::app
