#include "daemon/publish/health_html.h"

#include <algorithm>
#include <vector>

#include "daemon/publish/health_json.h"

namespace ntmd::publish {
namespace {

bool in_trouble(const SourceHealth& source) {
  return outcome_class(source.outcome) != "m" || freshness_class(source.freshness) != "m";
}

void alert_line(Html& html, const Printing& printing, const AlertSummary& alert) {
  const bool firing = alert.state == "firing";
  html.raw("<li>").tag(firing ? "n" : "s", firing ? Phrase{"đang báo", "firing"} : Phrase{"đang chờ", "pending"});
  html.raw(" <b>").both(alert_word(alert.name)).raw("</b>");
  const auto code = model::UnitCode::of(alert.unit);
  const auto assessed = code ? printing.assessments(*code) : std::vector<const rules::UnitVerdict*>();
  if (!assessed.empty()) {
    html.raw(" · <a href=\"units/").raw(code->view()).raw(".html");
    if (!alert.indicator.empty()) {
      html.raw("#i-").text(alert.indicator);
    } else if (!alert.pillar.empty()) {
      html.raw("#p-").text(alert.pillar);
    }
    html.raw("\">").text(printing.unit(*assessed.front()).name).raw("</a>");
  } else if (!alert.unit.empty()) {
    html.raw(" · ").text(alert.unit);
  }
  const auto& about = alert.indicator.empty() ? alert.pillar : alert.indicator;
  if (!about.empty()) html.raw(" · ").text(about);
  if (!alert.source.empty()) html.raw(" · <code>").text(alert.source).raw("</code>");
  if (!alert.value.empty()) {
    html.raw(" · <span class=nw>").decimal(alert.value);
    if (!alert.threshold.empty()) html.raw(" / ").decimal(alert.threshold);
    html.raw("</span>");
  }
  if (alert.gap && *alert.gap > 0) {
    const auto gap = std::to_string(*alert.gap);
    html.raw(" · <span class=gap>").both("cần thêm " + gap, gap + " more needed").raw("</span>");
  }
  if (alert.silenced) html.raw(" ").tag("d", {"tạm im lặng", "silenced"});
  html.raw("<p>");
  if (alert.text_vi.empty() || alert.text_en.empty()) {
    html.text(alert.text.empty() ? alert.reason : alert.text);
  } else {
    html.both(alert.text_vi, alert.text_en);
  }
  html.raw(" <small>").both("từ", "since").raw(" ");
  html.moment(printing.moment(alert.since)).raw("</small></p></li>\n");
}

void source_row(Html& html, const Printing& printing, const SourceHealth& source) {
  html.raw(source.message.empty() ? "<tr>" : "<tr class=has>").raw("<td><b>").text(source.id).raw("</b><br><small>");
  html.text(source.connector).raw("</small><td>");
  if (source.outcome.empty()) {
    html.tag("d", {"chưa chạy", "not yet"});
  } else {
    html.tag(outcome_class(source.outcome), outcome_word(source.outcome));
  }
  if (source.last_run) html.raw("<br><small class=nw>").moment(printing.moment(*source.last_run)).raw("</small>");
  html.raw("<td>").tag(freshness_class(source.freshness), word(source.freshness)).raw("<br><small class=nw>");
  if (source.last_success) {
    html.both("thành công", "succeeded").raw(" ").moment(printing.moment(*source.last_success));
  } else {
    html.both("chưa lần nào thành công", "never succeeded");
  }
  html.raw("</small><td class=r>").count(static_cast<std::int64_t>(source.loaded));
  html.raw("<td class=r>").count(static_cast<std::int64_t>(source.filtered));
  html.raw("<td class=r>").count(static_cast<std::int64_t>(source.quarantined)).raw("<td class=nw>");
  if (source.next_run) {
    html.moment(printing.moment(*source.next_run));
  } else {
    html.raw("–");
  }
  if (!source.message.empty()) html.raw("<tr class=more><td colspan=7><small>↳ ").text(source.message).raw("</small>");
  html.raw("\n");
}

}  // namespace

std::size_t sources_in_trouble(const Snapshot& snapshot) {
  return static_cast<std::size_t>(std::ranges::count_if(snapshot.sources, in_trouble));
}

void alert_card(Html& html, const Printing& printing) {
  std::vector<const AlertSummary*> shown = alerts_in_order(printing.snapshot());
  std::erase_if(shown, [](const auto* alert) { return alert->state != "firing" && alert->state != "pending"; });
  if (shown.empty()) {
    html.raw("<section class=\"card hd\" id=alerts><h2>").both("Cảnh báo", "Alerts").raw("</h2><p class=dim>");
    html.both("Không có cảnh báo nào.", "Nothing fires.").raw("</p></section>\n");
    return;
  }
  const auto counts = count_alerts(printing.snapshot());
  html.raw("<section class=card id=alerts><h2>").both("Cảnh báo", "Alerts").raw(" <small>").number(counts.firing);
  html.raw(" ").both("đang báo", "firing").raw(" · ").number(counts.pending).raw(" ").both("đang chờ", "pending");
  html.raw("</small></h2>\n");
  const auto left = shown.size() > kAlertsShown ? shown.size() - kAlertsShown : 0;
  shown.resize(shown.size() - left);
  html.raw("<ul class=al tabindex=0>\n");
  for (const auto* alert : shown) alert_line(html, printing, *alert);
  html.raw("</ul>");
  if (left > 0) {
    const auto more = std::to_string(left);
    html.raw("<p><a href=\"alerts.json\">").both("và " + more + " cảnh báo khác", more + " more").raw("</a></p>");
  }
  html.raw("</section>\n");
}

void source_card(Html& html, const Printing& printing) {
  html.raw("<section class=card id=sources><h2>").both("Nguồn dữ liệu", "Sources").raw("</h2>");
  const auto sources = sources_by_id(printing.snapshot());
  if (sources.empty()) {
    html.raw("<p class=dim>").both("Chưa cấu hình nguồn nào.", "No source is configured.").raw("</p></section>\n");
    return;
  }
  html.raw("<div class=wide tabindex=0><table class=t><thead><tr><th>").both("Nguồn", "Source");
  html.raw("<th>").both("Lần chạy gần nhất", "Last run").raw("<th>").both("Độ mới", "Freshness");
  html.raw("<th class=r>").both("Nạp", "Loaded").raw("<th class=r>").both("Lọc bỏ", "Filtered");
  html.raw("<th class=r>").both("Cách ly", "Quarantined").raw("<th>").both("Lần chạy tới", "Next run");
  html.raw("</thead><tbody>\n");
  for (const auto* source : sources) source_row(html, printing, *source);
  html.raw("</tbody></table></div></section>\n");
}

}  // namespace ntmd::publish
