// alerts: what is pending and firing, and the messages that still wait.

#include <fmt/format.h>

#include "daemon/app/commands.h"
#include "daemon/app/print.h"
#include "daemon/app/session.h"
#include "daemon/base/json_writer.h"
#include "daemon/engine/alert_rows.h"
#include "daemon/engine/outbox.h"
#include "daemon/publish/health_json.h"
#include "daemon/publish/words.h"

namespace ntmd::app {
namespace {

void print_json(const std::vector<publish::AlertSummary>& alerts, const std::vector<store::OutboxRow>& waiting) {
  const auto counts = publish::count_alerts(alerts);
  base::JsonWriter out(2);
  out.begin_object().field("schema", 1).field("firing", counts.firing).field("pending", counts.pending);
  out.key("alerts").begin_array();
  for (const auto* alert : publish::alerts_in_order(alerts)) {
    out.begin_object();
    publish::write_alert(out, *alert);
    out.end_object();
  }
  out.end_array().key("outbox").begin_array();
  for (const auto& row : waiting) {
    out.begin_object().field("channel", row.channel).field("id", row.id).field("attempts", row.attempts);
    out.field("undelivered", row.attempts >= engine::kUndelivered);
    out.key("next_try");
    row.next_try ? out.text(base::to_rfc3339(*row.next_try)) : out.null();
    out.key("last_error");
    row.last_error.empty() ? out.null() : out.text(row.last_error);
    out.end_object();
  }
  print_lines(std::move(out.end_array().end_object()).take());
}

std::string subject_of(const publish::AlertSummary& alert) {
  const auto& unit = alert.unit.empty() ? alert.group : alert.unit;
  const auto& part = alert.indicator.empty() ? alert.pillar : alert.indicator;
  if (unit.empty()) return alert.source;
  return part.empty() ? unit : unit + " " + part;
}

void print_tables(const std::vector<publish::AlertSummary>& alerts, const std::vector<store::OutboxRow>& waiting,
                  publish::Language language) {
  const bool vi = language == publish::Language::vi;
  if (alerts.empty()) print_lines(vi ? "Không có cảnh báo nào." : "No alert is pending or firing.");
  std::vector<std::vector<std::string>> rows;
  for (const auto* alert : publish::alerts_in_order(alerts)) {
    rows.push_back({alert->silenced ? alert->state + (vi ? ", tắt tiếng" : ", silenced") : alert->state, alert->name,
                    subject_of(*alert), base::to_rfc3339(alert->since), alert->reason,
                    std::to_string(alert->observations), alert->text});
  }
  if (!rows.empty()) {
    print_lines(
        table(vi ? std::vector<std::string>{"Trạng thái", "Cảnh báo", "Đối tượng", "Từ", "Lý do", "Quan sát", ""}
                 : std::vector<std::string>{"State", "Alert", "Subject", "Since", "Reason", "Observed", ""},
              rows));
  }
  if (waiting.empty()) return;
  rows.clear();
  for (const auto& row : waiting) {
    const bool undelivered = row.attempts >= engine::kUndelivered;
    rows.push_back({row.channel, row.id,
                    std::to_string(row.attempts) + (!undelivered ? ""
                                                    : vi         ? ", không gửi được"
                                                                 : ", undelivered"),
                    row.last_error});
  }
  print_lines(table(vi ? std::vector<std::string>{"Kênh", "Tin chờ gửi", "Lần thử", "Lỗi gần nhất"}
                       : std::vector<std::string>{"Channel", "Waiting message", "Tries", "Last error"},
                    rows));
}

}  // namespace

int alerts(const Options& options) {
  Outside outside;
  const auto setup = load(outside, options);
  if (!setup) return kUsage;
  const auto store = open_shared(*setup, outside);
  if (!store) return report(store.error());
  const auto language = publish::parse_language(app::language(options, *setup)).value_or(publish::Language::vi);
  const auto alerts = engine::alert_summaries(**store, language);
  if (!alerts) return report(alerts.error());
  const auto waiting = (*store)->outbox();
  if (!waiting) return report(waiting.error());
  if (options.json) {
    print_json(*alerts, *waiting);
  } else {
    print_tables(*alerts, *waiting, language);
  }
  return kDone;
}

}  // namespace ntmd::app
