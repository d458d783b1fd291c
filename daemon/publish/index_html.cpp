#include "daemon/publish/index_html.h"

#include <utility>

#include "daemon/publish/health_html.h"
#include "daemon/publish/health_json.h"
#include "daemon/publish/html.h"

namespace ntmd::publish {
namespace {

/// Only for the eye: the numbers stand beside it.
void bar(Html& html, const StateCounts& counts) {
  html.raw("<div class=bar aria-hidden=true>");
  for (const auto state : kStates) {
    const auto n = counts.of(state);
    if (n > 0) html.raw("<i class=").raw(state_class(state)).raw(" style=\"flex:").number(n).raw("\"></i>");
  }
  html.raw("</div>");
}

void summary(Html& html, const rules::Criteria& criteria, const Totals& totals, bool named) {
  html.raw("<section class=\"card sum\">");
  if (named) html.raw("<h2>").both(criteria.name_vi, criteria.name_en).raw("</h2>");
  html.raw("<p class=big><b>").number(totals.units.of(rules::State::met)).raw("</b> / ").number(totals.units.all());
  html.raw(" <span>").both("đơn vị đạt", "units meet the criteria").raw("</span></p>");
  bar(html, totals.units);
  html.raw("<ul class=kpi>");
  for (const auto state : kStates) {
    const auto n = totals.units.of(state);
    if (n == 0 && state != rules::State::met && state != rules::State::not_met) continue;
    html.raw("<li>").badge(state).raw(" <b>").number(n).raw("</b></li>");
  }
  html.raw("</ul></section>\n");
}

void threshold_of(Html& html, const rules::IndicatorRule& rule) {
  if (!rule.figure) {
    html.raw("<span class=dim>").both("theo minh chứng", "by evidence").raw("</span>");
    return;
  }
  html.raw("≥ ").decimal(rule.figure->at_least.text);
  if (rule.figure->kind == rules::FigureCondition::Kind::ratio) html.raw(" %");
  if (!rule.figure->by_commune_group.empty()) html.raw(" ").both("(tùy nhóm xã)", "(by commune group)");
}

void indicator_card(Html& html, const CriteriaLayout& layout, const Totals& totals, bool named) {
  const auto& criteria = *layout.criteria;
  html.raw("<section class=card").raw(named ? "" : " id=indicators").raw("><h2>");
  html.both("Theo chỉ tiêu", "By indicator").raw("</h2>\n<ul class=by>");
  for (const auto rule : layout.indicators) {
    const auto& one = criteria.indicators[rule];
    const StateCounts none;
    const auto& counts = rule < totals.indicators.size() ? totals.indicators[rule] : none;
    html.raw("<li><div><b>").text(one.id).raw("</b> ").both(one.name_vi, one.name_en).raw(" <small>");
    threshold_of(html, one);
    html.raw("</small></div><div>");
    bar(html, counts);
    html.raw("<p class=cn>");
    for (const auto state : kStates) {
      const auto n = counts.of(state);
      if (n == 0) continue;
      html.raw("<span class=\"g ").raw(state_class(state)).raw("\">").number(n).raw(" ").both(word(state));
      html.raw("</span>");
    }
    html.raw("</p></div></li>\n");
  }
  html.raw("</ul></section>\n");
}

void legend(Html& html) {
  html.raw("<ul class=key id=key>");
  for (const auto state : kStates) html.raw("<li>").badge(state).raw("</li>");
  html.raw("</ul>\n");
}

/// Shown by page.js, which does the finding.
void finder(Html& html, const CriteriaLayout& layout) {
  html.raw("<form class=find id=find hidden><label>").both("Tìm xã", "Find a unit");
  html.raw(" <input id=q type=search autocomplete=off spellcheck=false></label><label>").both("Xét", "Look at");
  html.raw(" <select id=c><option value=1 data-vi=\"kết quả chung\" data-en=\"overall result\">kết quả chung</option>");
  const auto columns = columns_of(layout);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& id = columns[i].pillar ? layout.criteria->pillars[*columns[i].pillar].id
                                       : layout.criteria->indicators[columns[i].indicator].id;
    html.raw("<option value=").number(static_cast<std::int64_t>(i + kFixedColumns)).raw(">").text(id).raw("</option>");
  }
  html.raw("</select></label><label>").both("có kết quả", "with the result");
  html.raw(" <select id=f><option value=\"\" data-vi=\"bất kỳ\" data-en=\"any\">bất kỳ</option>");
  for (const auto state : kStates) {
    const auto name = word(state);
    html.raw("<option value=").raw(state_class(state)).raw(" data-vi=\"").raw(sign(state)).raw(" ").text(name.vi);
    html.raw("\" data-en=\"").raw(sign(state)).raw(" ").text(name.en).raw("\">").raw(sign(state)).raw(" ");
    html.text(name.vi).raw("</option>");
  }
  html.raw("</select></label><output id=n></output></form>\n");
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
  html.raw("</h1><p>").both("Đánh giá ngày", "Assessed on").raw(" <b>").day(verdicts.as_of).raw("</b> · ");
  html.both("địa giới ngày", "boundaries of").raw(" ").day(verdicts.boundaries).raw(" · ");
  html.both("lập lúc", "made at").raw(" <time datetime=\"").raw(at).raw("\">");
  html.moment(printing.moment(snapshot.generated_at)).raw("</time> · ");
  html.both("bản công bố số", "generation").raw(" <span data-generation=").raw(std::to_string(verdicts.generation));
  html.raw(">").raw(std::to_string(verdicts.generation)).raw("</span></p></div>");
  language_switch(html);
  html.raw("</header>\n<main id=main tabindex=-1>");
  html.raw("<p class=old id=old role=status hidden data-at=\"").raw(at).raw("\">");
  html.both("Trang này được lập hơn 2 giờ trước. Hãy tải lại; nếu vẫn vậy, có thể ntmd đã dừng.",
            "This page is more than 2 hours old. Reload it; if that does not help, ntmd may have stopped.");
  html.raw("</p>\n");
}

/// Where the parts of the page are, with what matters about each.
void contents(Html& html, const Printing& printing) {
  const auto alerts = count_alerts(printing.snapshot());
  const auto trouble = sources_in_trouble(printing.snapshot());
  html.raw("<nav class=nav><a href=\"#units\">").both("Theo đơn vị", "By unit").raw("</a><a href=\"#indicators\">");
  html.both("Theo chỉ tiêu", "By indicator").raw("</a><a href=\"#sources\"");
  html.raw(trouble > 0 ? " class=bad>" : ">").both("Nguồn dữ liệu", "Sources").raw(" <b>");
  if (trouble > 0) {
    const auto n = std::to_string(trouble);
    html.both("⚠ " + n + " cần xem", "⚠ " + n + " to look at");
  } else {
    html.both("đều tốt", "all well");
  }
  html.raw("</b></a><a href=\"#alerts\"").raw(alerts.firing > 0 ? " class=bad>" : ">").both("Cảnh báo", "Alerts");
  html.raw(" <b>").raw(alerts.firing > 0 ? "⚠ " : "").number(alerts.firing).raw("</b></a></nav>\n");
}

void footer(Html& html, const Printing& printing) {
  html.raw("</main>\n<footer><p>");
  for (const auto& criteria : printing.verdicts().criteria) {
    html.text(criteria->id).raw(" ").text(criteria->version).raw(" <code>").text(criteria->sha256.substr(0, 16));
    html.raw("</code> · ");
  }
  html.raw("ntmd ").text(printing.snapshot().version).raw("</p><p>");
  html.both("Dữ liệu cho máy đọc:", "For programs:");
  for (const char* name : {"status.json", "sources.json", "alerts.json", "metrics.prom"})
    html.raw(" <a href=\"").raw(name).raw("\">").raw(name).raw("</a>");
  html.raw("</p></footer>\n");
}

void group_card(Html& html, const Printing& printing, std::uint32_t set) {
  const auto& layout = printing.layout(set);
  html.raw("<section class=card><h2>").both(layout.criteria->name_vi, layout.criteria->name_en).raw("</h2>");
  html.raw("<div class=wide tabindex=0><table class=t><thead><tr><th>").both("Nhóm đơn vị", "Group");
  for (const auto rule : layout.indicators) {
    const auto& one = layout.criteria->indicators[rule];
    html.raw("<th>").text(one.id).raw(" ").both(one.name_vi, one.name_en);
  }
  html.raw("</thead><tbody>");
  for (const auto& group : printing.verdicts().by_group) {
    if (group.criteria != set) continue;
    html.raw("<tr><td>").text(group.group);
    for (const auto* verdict : printing.indicators(set, group.indicators)) html.raw("<td>").badge(verdict->state);
    html.raw("\n");
  }
  html.raw("</tbody></table></div></section>\n");
}

}  // namespace

IndexFrame index_frame(const Printing& printing, std::span<const Totals> totals) {
  const auto& verdicts = printing.verdicts();
  IndexFrame frame;
  Html head;
  std::string title = "ntmd";
  if (!verdicts.criteria.empty())
    title = verdicts.criteria.front()->name_vi + " · " + verdicts.criteria.front()->name_en;
  begin_page(head, printing.snapshot(), title, "");
  header(head, printing);
  contents(head, printing);
  bool first = true;
  for (std::uint32_t set = 0; set < verdicts.criteria.size(); ++set) {
    const auto& layout = printing.layout(set);
    const Totals none;
    const auto& counted = set < totals.size() ? totals[set] : none;
    Html before;
    Html after;
    if (layout.criteria->of_group) {
      group_card(before, printing, set);
    } else {
      summary(before, *layout.criteria, counted, !first);
      if (first) alert_card(before, printing);
      before.raw("<section class=card").raw(first ? " id=units" : "").raw("><h2>").both("Theo đơn vị", "By unit");
      before.raw("</h2>\n");
      if (first) {
        finder(before, layout);
        legend(before);
      }
      before.raw("<div class=box tabindex=0 role=region aria-label=\"Đơn vị × chỉ tiêu / Units by indicators\">\n");
      after.raw("</div></section>\n");
      indicator_card(after, layout, counted, !first);
      first = false;
    }
    frame.sets.push_back({std::move(before).take(), std::move(after).take()});
  }
  if (first) alert_card(head, printing);
  frame.head = std::move(head).take();
  Html tail;
  source_card(tail, printing);
  footer(tail, printing);
  end_page(tail, "");
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
