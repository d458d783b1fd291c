#include "daemon/publish/index_html.h"

#include <algorithm>
#include <utility>

#include "daemon/publish/health_json.h"
#include "daemon/publish/html.h"

namespace ntmd::publish {
namespace {

void cards(Html& html, const Totals& totals) {
  const auto all = totals.units.all();
  html.raw("<div class=kpi>");
  for (const auto state : kStates) {
    const auto n = totals.units.of(state);
    if (n == 0 && state != rules::State::met && state != rules::State::not_met) continue;
    html.raw("<div style=\"--c:var(--").raw(state_class(state)).raw("t)\"><b>").number(n);
    if (state == rules::State::met) html.raw("<small> / ").number(all).raw("</small>");
    html.raw("</b><i>").raw(sign(state)).raw(" ").both(word(state)).raw("</i></div>");
  }
  html.raw("</div>\n");
}

void bar(Html& html, const StateCounts& counts) {
  html.raw("<div class=bar>");
  for (const auto state : kStates) {
    const auto n = counts.of(state);
    if (n > 0) html.raw("<i class=").raw(state_class(state)).raw(" style=\"flex:").number(n).raw("\"></i>");
  }
  html.raw("</div>");
}

void threshold_of(Html& html, const rules::IndicatorRule& rule) {
  if (!rule.figure) {
    html.raw("<span class=dim>").both("minh chứng", "evidence").raw("</span>");
    return;
  }
  html.raw("≥ ").text(rule.figure->at_least.text);
  if (rule.figure->kind == rules::FigureCondition::Kind::ratio) html.raw(" %");
  if (!rule.figure->by_commune_group.empty()) html.raw("*");
}

void indicator_totals(Html& html, const CriteriaLayout& layout, const Totals& totals) {
  const auto& criteria = *layout.criteria;
  html.raw("<div class=card><h2>").both("Theo chỉ tiêu", "By indicator").raw("</h2><table class=t><tr><th>");
  html.both("Chỉ tiêu", "Indicator").raw("<th class=r>").both("Ngưỡng", "Threshold");
  html.raw("<th style=\"width:30%\">").both("Các đơn vị", "Units").raw("<th class=r>✓ ").both(word(rules::State::met));
  html.raw("<th class=r>✗ ").both(word(rules::State::not_met)).raw("<th class=r>").both("còn lại", "other");
  for (const auto rule : layout.indicators) {
    const auto& one = criteria.indicators[rule];
    const StateCounts none;
    const auto& counts = rule < totals.indicators.size() ? totals.indicators[rule] : none;
    const auto met = counts.of(rules::State::met);
    const auto not_met = counts.of(rules::State::not_met);
    html.raw("<tr><td><b>").text(one.id).raw("</b> ").both(one.name_vi, one.name_en).raw("<td class=r>");
    threshold_of(html, one);
    html.raw("<td>");
    bar(html, counts);
    html.raw("<td class=r>").number(met).raw("<td class=r>").number(not_met);
    html.raw("<td class=r>").number(counts.all() - met - not_met).raw("\n");
  }
  html.raw("</table></div>\n");
}

void source_table(Html& html, const Printing& printing) {
  html.raw("<div class=card id=sources><h2>").both("Nguồn dữ liệu", "Sources").raw("</h2>");
  const auto sources = sources_by_id(printing.snapshot());
  if (sources.empty()) {
    html.raw("<p class=dim>").both("Chưa cấu hình nguồn nào.", "No source is configured.").raw("</p></div>\n");
    return;
  }
  html.raw("<table class=t><tr><th>").both("Nguồn", "Source").raw("<th>").both("Lần chạy gần nhất", "Last run");
  html.raw("<th>").both("Độ mới", "Freshness").raw("<th>").both("Thành công gần nhất", "Last success");
  html.raw("<th class=r>").both("Nạp", "Loaded").raw("<th class=r>").both("Lọc", "Filtered");
  html.raw("<th class=r>").both("Cách ly", "Quarantined");
  for (const auto* source : sources) {
    html.raw(source->message.empty() ? "<tr>" : "<tr class=has>")
        .raw("<td><b>")
        .text(source->id)
        .raw("</b><br><small>")
        .text(source->connector)
        .raw("</small><td>");
    if (source->outcome.empty()) {
      html.raw("<span class=\"b w d\">").both("chưa chạy", "not yet").raw("</span>");
    } else {
      html.raw("<span class=\"b w ").raw(outcome_class(source->outcome)).raw("\">").both(outcome_word(source->outcome));
      html.raw("</span>");
    }
    if (source->last_run) html.raw("<br><small class=nw>").text(printing.moment(*source->last_run)).raw("</small>");
    html.raw("<td><span class=\"b w ").raw(freshness_class(source->freshness)).raw("\">").both(word(source->freshness));
    html.raw("</span><td class=nw>");
    if (source->last_success) {
      html.text(printing.moment(*source->last_success));
    } else {
      html.raw("–");
    }
    if (source->next_run) {
      html.raw("<br><small>").both("lần tới", "next").raw(" ").text(printing.moment(*source->next_run)).raw("</small>");
    }
    html.raw("<td class=r>").number(static_cast<std::int64_t>(source->loaded));
    html.raw("<td class=r>").number(static_cast<std::int64_t>(source->filtered));
    html.raw("<td class=r>").number(static_cast<std::int64_t>(source->quarantined));
    if (!source->message.empty())
      html.raw("<tr class=more><td colspan=7><small>↳ ").text(source->message).raw("</small>");
    html.raw("\n");
  }
  html.raw("</table></div>\n");
}

constexpr std::size_t kAlertsShown = 50;

void alert_row(Html& html, const Printing& printing, const AlertSummary& alert) {
  html.raw("<tr><td><span class=\"b w ")
      .raw(alert.state == "firing" ? "n" : "s")
      .raw("\">")
      .both(alert_word(alert.name));
  html.raw("</span><td>");
  const auto code = model::UnitCode::of(alert.unit);
  const auto assessed = code ? printing.assessments(*code) : std::span<const rules::UnitVerdict>();
  if (assessed.empty()) {
    html.text(alert.unit);
  } else {
    html.raw("<a href=\"units/")
        .raw(code->view())
        .raw(".html\">")
        .text(printing.unit(assessed.front()).name)
        .raw("</a>");
  }
  html.raw("<td>").text(alert.indicator).raw("<td class=r>").text(alert.value);
  if (!alert.threshold.empty()) html.raw(" <small>/ ").text(alert.threshold).raw("</small>");
  html.raw("<td class=r>");
  if (alert.gap) html.number(*alert.gap);
  html.raw("<td class=nw>")
      .text(printing.moment(alert.since))
      .raw("<td>")
      .text(alert.text.empty() ? alert.reason : alert.text);
  if (!alert.source.empty()) html.raw(" <small>").text(alert.source).raw("</small>");
  html.raw("\n");
}

void alert_table(Html& html, const Printing& printing) {
  const auto counts = count_alerts(printing.snapshot());
  html.raw("<div class=card id=alerts><h2>").both("Cảnh báo", "Alerts").raw(" <small>").number(counts.firing).raw(" ");
  html.both("đang báo", "firing")
      .raw(" · ")
      .number(counts.pending)
      .raw(" ")
      .both("đang chờ", "pending")
      .raw("</small></h2>");
  std::vector<const AlertSummary*> shown = alerts_in_order(printing.snapshot());
  std::erase_if(shown, [](const auto* alert) { return alert->state != "firing" && alert->state != "pending"; });
  if (shown.empty()) {
    html.raw("<p class=dim>").both("Không có cảnh báo nào.", "Nothing fires.").raw("</p></div>\n");
    return;
  }
  const auto left = shown.size() > kAlertsShown ? shown.size() - kAlertsShown : 0;
  shown.resize(shown.size() - left);
  html.raw("<table class=t><tr><th>").both("Cảnh báo", "Alert").raw("<th>").both("Đơn vị", "Unit").raw("<th>");
  html.both("Chỉ tiêu", "Indicator")
      .raw("<th class=r>")
      .both("Giá trị", "Value")
      .raw("<th class=r>")
      .both("Còn thiếu", "Gap");
  html.raw("<th>").both("Từ", "Since").raw("<th>").both("Nội dung", "What").raw("\n");
  for (const auto* alert : shown) alert_row(html, printing, *alert);
  html.raw("</table>");
  if (left > 0) {
    html.raw("<p><a href=\"alerts.json\">")
        .both("và " + std::to_string(left) + " cảnh báo khác", std::to_string(left) + " more");
    html.raw("</a></p>");
  }
  html.raw("</div>\n");
}

void legend(Html& html) {
  html.raw("<div class=key id=key>");
  for (const auto state : kStates) html.badge(state);
  html.raw("</div>");
}

void finder(Html& html) {
  html.raw(
      "<div class=find id=find hidden><input id=q type=search aria-label=\"Tìm / Find\" placeholder=\"Tìm… / "
      "Find…\"><select "
      "id=f aria-label=\"Kết quả / Result\"><option value=\"\">tất cả / all</option>");
  for (const auto state : kStates) {
    html.raw("<option value=")
        .raw(state_class(state))
        .raw(">")
        .raw(sign(state))
        .raw(" ")
        .text(word(state).vi)
        .raw(" / ");
    html.text(word(state).en).raw("</option>");
  }
  html.raw("</select></div>\n");
}

void header(Html& html, const Printing& printing) {
  const auto& snapshot = printing.snapshot();
  const auto& verdicts = printing.verdicts();
  const std::string at = base::to_rfc3339(snapshot.generated_at);
  html.raw("<header><div class=ti><h1>");
  if (verdicts.criteria.empty()) {
    html.both("Chưa có bộ tiêu chí", "No criteria");
  } else {
    html.both(verdicts.criteria.front()->name_vi, verdicts.criteria.front()->name_en);
  }
  html.raw("</h1><p>").both("Đánh giá ngày", "Assessed on").raw(" <b>").raw(verdicts.as_of.iso()).raw("</b> · ");
  html.both("địa giới ngày", "boundaries of").raw(" ").raw(verdicts.boundaries.iso()).raw(" · ");
  html.both("bản công bố số", "generation").raw(" ").raw(std::to_string(verdicts.generation)).raw(" · ");
  html.both("lập lúc", "made at")
      .raw(" <time datetime=\"")
      .raw(at)
      .raw("\">")
      .text(printing.moment(snapshot.generated_at));
  html.raw(
      "</time></p></div><div class=sw><label for=vi>Tiếng Việt</label><label "
      "for=en>English</label></div></header>\n<main>");
  html.raw("<p class=old id=old role=status hidden data-at=\"").raw(at).raw("\">");
  html.both("Trang này đã lập hơn 2 giờ trước. Hãy tải lại; nếu vẫn vậy, có thể ntmd đã dừng.",
            "This page is more than 2 hours old. Reload it; if that does not help, ntmd may have stopped.");
  html.raw("</p>\n");
}

void footer(Html& html, const Printing& printing) {
  html.raw("</main>\n<footer><p>");
  for (const auto& criteria : printing.verdicts().criteria) {
    html.text(criteria->id)
        .raw(" ")
        .text(criteria->version)
        .raw(" <code>")
        .text(criteria->sha256.substr(0, 16))
        .raw("</code> · ");
  }
  html.raw("ntmd ")
      .text(printing.snapshot().version)
      .raw(
          "</p><p><a href=\"status.json\">status.json</a> · <a "
          "href=\"sources.json\">sources.json</a> · <a href=\"alerts.json\">alerts.json</a> · <a "
          "href=\"metrics.prom\">metrics.prom</a></p></footer>\n");
}

void group_totals(Html& html, const Printing& printing, std::uint32_t set) {
  const auto& layout = printing.layout(set);
  html.raw("<table class=t><tr><th>").both("Nhóm đơn vị", "Group");
  for (const auto rule : layout.indicators) {
    const auto& one = layout.criteria->indicators[rule];
    html.raw("<th>").text(one.id).raw(" ").both(one.name_vi, one.name_en);
  }
  for (const auto& group : printing.verdicts().by_group) {
    if (group.criteria != set) continue;
    html.raw("<tr><td>").text(group.group);
    for (const auto* verdict : printing.indicators(set, group.indicators)) html.raw("<td>").badge(verdict->state);
    html.raw("\n");
  }
  html.raw("</table>");
}

}  // namespace

IndexFrame index_frame(const Printing& printing, std::span<const Totals> totals) {
  const auto& verdicts = printing.verdicts();
  IndexFrame frame;
  Html head;
  std::string title = "ntmd";
  if (!verdicts.criteria.empty())
    title = verdicts.criteria.front()->name_vi + " · " + verdicts.criteria.front()->name_en;
  begin_page(head, printing.snapshot(), title, "", true);
  header(head, printing);
  bool first = true;
  for (std::uint32_t set = 0; set < verdicts.criteria.size(); ++set) {
    const auto& criteria = *verdicts.criteria[set];
    const Totals none;
    const auto& counted = set < totals.size() ? totals[set] : none;
    Html html;
    auto& summary = first ? head : html;
    if (!first) html.raw("<div class=card><h2>").both(criteria.name_vi, criteria.name_en).raw("</h2></div>");
    if (criteria.of_group) {
      summary.raw("<div class=card>");
      group_totals(summary, printing, set);
      summary.raw("</div>\n");
    } else {
      cards(summary, counted);
      if (first) alert_table(summary, printing);
      summary.raw("<div class=two>");
      indicator_totals(summary, printing.layout(set), counted);
      if (first) source_table(summary, printing);
      summary.raw("</div>\n");
      html.raw("<div class=\"card wide\" style=\"min-width:")
          .number(matrix_rem(printing.layout(set)) + 3)
          .raw("rem\"><h2>");
      html.both("Theo đơn vị", "By unit").raw("</h2>");
      if (first) {
        legend(html);
        finder(html);
      }
    }
    frame.sets.push_back({std::move(html).take(), criteria.of_group ? "" : "</div>\n"});
    if (!criteria.of_group) first = false;
  }
  if (first) {
    alert_table(head, printing);
    source_table(head, printing);
  }
  frame.head = std::move(head).take();
  Html tail;
  footer(tail, printing);
  end_page(tail, "", true);
  frame.tail = std::move(tail).take();
  return frame;
}

std::string index_html(const Snapshot& snapshot) {
  const Printing printing(snapshot);
  const auto frame = index_frame(printing, count_totals(printing.verdicts()));
  const auto sections = sections_of(printing);
  std::string out = frame.head;
  for (std::uint32_t set = 0; set < frame.sets.size(); ++set) {
    out += frame.sets[set].before;
    for (const auto& section : sections) {
      if (section.criteria == set) out += section_html(printing, section);
    }
    out += frame.sets[set].after;
  }
  return out += frame.tail;
}

}  // namespace ntmd::publish
