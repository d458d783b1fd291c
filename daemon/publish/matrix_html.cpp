#include "daemon/publish/matrix_html.h"

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/publish/html.h"
#include "daemon/publish/totals.h"

namespace ntmd::publish {
namespace {

/// `title="1.1.1 tên⏎1.1.1 name"`.
void title_attribute(Html& html, std::string_view id, std::string_view vi, std::string_view en) {
  html.raw(" title=\"").text(id).raw(" ").text(vi).raw("&#10;").text(id).raw(" ").text(en).raw("\"");
}

void matrix_head(Html& html, const CriteriaLayout& layout) {
  const auto& criteria = *layout.criteria;
  const auto columns = columns_of(layout);
  html.raw("<table><colgroup><col class=cu><col class=cs><col class=ct>");
  for (const auto& column : columns)
    html.raw(column.pillar                                  ? "<col class=cp>"
             : criteria.indicators[column.indicator].figure ? "<col>"
                                                            : "<col class=ce>");
  html.raw("</colgroup><thead><tr><th rowspan=2>").both("Đơn vị", "Unit");
  html.raw("<th rowspan=2><span class=wo>").both("Kết quả", "Result").raw("</span>");
  html.raw("<th rowspan=2>").both("Đạt", "Met");
  std::size_t loose = 0;
  for (const auto indicator : layout.indicators) loose += layout.pillar_of[indicator] ? 0 : 1;
  for (const auto pillar : layout.pillars) {
    const auto& rule = criteria.pillars[pillar];
    html.raw("<th class=pl scope=colgroup colspan=").number(static_cast<std::int64_t>(rule.indicators.size()) + 1);
    html.raw(">").both(rule.name_vi, rule.name_en);
  }
  if (loose > 0) {
    html.raw("<th class=pl scope=colgroup colspan=").number(static_cast<std::int64_t>(loose)).raw(">");
    html.both("Chỉ tiêu", "Indicators");
  }
  html.raw("<tr>");
  for (const auto& column : columns) {
    if (column.pillar) {
      const auto& rule = criteria.pillars[*column.pillar];
      html.raw("<th class=pi data-id=\"p-").text(rule.id).raw("\"");
      title_attribute(html, rule.id, rule.name_vi, rule.name_en);
      html.raw(">").text(rule.id);
      continue;
    }
    const auto& rule = criteria.indicators[column.indicator];
    html.raw("<th data-id=\"i-").text(rule.id).raw("\"");
    title_attribute(html, rule.id, rule.name_vi, rule.name_en);
    html.raw(">").text(rule.id).raw("<small>").both(rule.name_vi, rule.name_en).raw("</small>");
  }
  html.raw("</thead><tbody>\n");
}

/// The state as a class; the number only where there is one.
void cell(Html& html, const rules::IndicatorRule& rule, const rules::IndicatorVerdict* verdict) {
  if (verdict == nullptr) {
    html.raw("<td>");
    return;
  }
  html.raw("<td class=").raw(state_class(verdict->state)).raw(">");
  if (verdict->percent) {
    html.decimal(*verdict->percent);
  } else if (verdict->numerator && rule.figure && rule.figure->kind == rules::FigureCondition::Kind::count) {
    html.count(*verdict->numerator);
  }
}

void matrix_row(Html& html, const Printing& printing, const std::vector<Column>& columns,
                const rules::UnitVerdict& verdict) {
  const auto& unit = printing.unit(verdict);
  const auto& indicators = printing.layout(verdict.criteria).criteria->indicators;
  html.raw("<tr><th scope=row><a href=\"units/").raw(unit.code.view()).raw(".html\">").text(unit.name);
  html.raw("</a> <small>").raw(unit.code.view()).raw("</small><td class=\"st ").raw(state_class(verdict.state));
  html.raw("\"><span class=wo>").both(word(verdict.state)).raw("</span>");
  html.raw("<td class=q>").number(verdict.tally.met).raw("/").number(verdict.tally.of);
  for (const auto& column : columns) {
    if (column.pillar) {
      const auto pillar = std::ranges::find(verdict.pillars, *column.pillar, &rules::PillarVerdict::rule);
      html.raw("<td class=\"p ");
      html.raw(pillar == verdict.pillars.end() ? "" : state_class(pillar->state)).raw("\">");
      continue;
    }
    const auto found = std::ranges::find(verdict.indicators, column.indicator, &rules::IndicatorVerdict::rule);
    cell(html, indicators[column.indicator], found == verdict.indicators.end() ? nullptr : &*found);
  }
  html.raw("\n");
}

}  // namespace

std::vector<Column> columns_of(const CriteriaLayout& layout) {
  std::vector<Column> columns;
  for (const auto pillar : layout.pillars) {
    columns.push_back({pillar, 0});
    for (const auto indicator : layout.indicators) {
      if (layout.pillar_of[indicator] == pillar) columns.push_back({std::nullopt, indicator});
    }
  }
  for (const auto indicator : layout.indicators) {
    if (!layout.pillar_of[indicator]) columns.push_back({std::nullopt, indicator});
  }
  return columns;
}

std::vector<Section> sections_of(const Printing& printing) {
  std::map<std::pair<std::uint32_t, std::string_view>, std::vector<std::uint32_t>> groups;
  const auto& all = printing.verdicts().by_unit;
  for (std::uint32_t i = 0; i < all.size(); ++i) groups[{all[i].criteria, printing.unit(all[i]).group}].push_back(i);
  std::vector<Section> sections;
  for (const auto& [key, members] : groups) {
    // Parts of about the same size: 160 units make two of 80, not 150 and 10.
    const auto parts = (members.size() + kSectionUnits - 1) / kSectionUnits;
    for (std::size_t part = 0; part < parts; ++part) {
      const auto at = [&](std::size_t p) {
        return members.begin() + static_cast<std::ptrdiff_t>(members.size() * p / parts);
      };
      sections.push_back({key.first, std::string(key.second), parts == 1, {at(part), at(part + 1)}});
    }
  }
  return sections;
}

std::string section_html(const Printing& printing, const Section& section) {
  const auto& layout = printing.layout(section.criteria);
  const auto& all = printing.verdicts().by_unit;
  Html html;
  StateCounts counts;
  for (const auto i : section.verdicts) counts.add(all[i].state);
  const auto rows = static_cast<std::int64_t>(section.verdicts.size());
  html.raw("<section class=mx style=\"contain-intrinsic-size:auto ").number(130 + (rows * 28)).raw("px\">");
  if (!section.group.empty() || !section.whole) {
    html.raw("<h3>");
    if (!section.group.empty()) html.both("Nhóm", "Group").raw(" ").text(section.group).raw(" · ");
    if (!section.whole) {
      html.raw(printing.unit(all[section.verdicts.front()]).code.view()).raw(" – ");
      html.raw(printing.unit(all[section.verdicts.back()]).code.view()).raw(" · ");
    }
    html.raw("<small>")
        .number(rows)
        .raw(" ")
        .both("đơn vị", rows == 1 ? "unit" : "units")
        .raw(" · ")
        .number(counts.of(rules::State::met));
    html.raw(" ").both(word(rules::State::met)).raw("</small></h3>");
  }
  matrix_head(html, layout);
  const auto columns = columns_of(layout);
  for (const auto i : section.verdicts) matrix_row(html, printing, columns, all[i]);
  html.raw("</tbody></table></section>\n");
  return std::move(html).take();
}

}  // namespace ntmd::publish
