#include "daemon/publish/unit_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "daemon/publish/html.h"

namespace ntmd::publish {
namespace {

/// How far the bar reaches, in whole percent, at most 100.
std::int64_t bar_percent(std::int64_t numerator, std::int64_t denominator) {
  if (denominator <= 0) return 0;
  if (numerator >= denominator) return 100;
  return static_cast<std::int64_t>(100.0 * static_cast<double>(numerator) / static_cast<double>(denominator));
}

void figure_line(Html& html, const rules::IndicatorRule& rule, const rules::IndicatorVerdict& verdict) {
  if (!rule.figure) return;
  const bool ratio = rule.figure->kind == rules::FigureCondition::Kind::ratio;
  html.raw("<div class=fig>");
  if (ratio && verdict.numerator && verdict.denominator) {
    html.raw("<span class=gauge><i class=").raw(state_class(verdict.state)).raw(" style=\"width:");
    html.number(bar_percent(*verdict.numerator, *verdict.denominator)).raw("%\"></i>");
    if (verdict.threshold) html.raw("<u style=\"left:").text(*verdict.threshold).raw("%\"></u>");
    html.raw("</span>");
  }
  html.raw("<span>");
  if (verdict.percent) html.raw("<b>").text(*verdict.percent).raw(" %</b> = ");
  html.text(verdict.numerator ? std::to_string(*verdict.numerator) : "?");
  if (ratio) html.raw(" / ").text(verdict.denominator ? std::to_string(*verdict.denominator) : "?");
  html.raw("</span>");
  if (verdict.threshold) {
    html.raw("<span class=dim>")
        .both("ngưỡng", "threshold")
        .raw(" ≥ ")
        .text(*verdict.threshold)
        .raw(ratio ? " %</span>" : "</span>");
  }
  if (const auto gap = gap_text(verdict, Language::vi); !gap.empty()) {
    html.raw("<span class=gap>").both(gap, gap_text(verdict, Language::en)).raw("</span>");
  }
  if (const auto slack = slack_text(verdict, Language::vi); !slack.empty()) {
    html.raw("<span class=dim>").both(slack, slack_text(verdict, Language::en)).raw("</span>");
  }
  if (verdict.last_truth) {
    html.raw("<span class=dim>").both("lần đánh giá được gần nhất:", "last known:").raw(" ");
    html.both(word(*verdict.last_truth == model::Truth::t ? rules::State::met : rules::State::not_met)).raw("</span>");
  }
  html.raw("</div>");
}

void reason_list(Html& html, const rules::IndicatorVerdict& verdict) {
  if (verdict.reasons.empty() && verdict.flags.empty()) return;
  html.raw("<ul class=why>");
  for (const auto reason : verdict.reasons) html.raw("<li>").both(word(reason));
  for (const auto flag : verdict.flags) html.raw("<li>⚑ ").both(word(flag));
  html.raw("</ul>");
}

void input_table(Html& html, const Printing& printing, const rules::IndicatorRule& rule,
                 const rules::IndicatorVerdict& verdict) {
  if (verdict.operands.empty()) return;
  html.raw("<table class=t><tr><th>")
      .both("Số liệu", "Figure")
      .raw("<th class=r>")
      .both("Giá trị", "Value")
      .raw("<th>");
  html.both("Nguồn", "Source")
      .raw("<th>")
      .both("Ngày số liệu", "As of")
      .raw("<th class=r>")
      .both("Tuổi (ngày)", "Age (days)");
  html.raw("<th>").both("Lô dữ liệu", "Delivery");
  for (const auto& operand : verdict.operands) {
    html.raw("<tr><td>").both(printing.element_vi(operand), printing.element_en(operand));
    if (!decides(rule, operand)) html.raw(" <small>(").both("tham khảo", "supporting").raw(")</small>");
    html.raw("<td class=r>");
    if (operand.value) {
      html.number(*operand.value);
    } else {
      html.raw("–");
    }
    html.raw("<td>").text(operand.source).raw("<td class=nw>");
    if (operand.period) {
      if (operand.flow) html.text(operand.period->first.iso()).raw(" – ");
      html.text(operand.period->last.iso());
    }
    html.raw("<td class=r>");
    if (operand.age_days) html.number(*operand.age_days);
    if (operand.stale) html.raw(" <span class=\"b w s\">").both(word(rules::State::stale)).raw("</span>");
    if (operand.missing) html.raw("<small>").both(word(*operand.missing)).raw("</small>");
    html.raw("<td>");
    if (!operand.deliveries.empty()) {
      html.raw("<code title=\"").text(printing.delivery(operand.deliveries.back())).raw("\">");
      html.text(std::string_view(printing.delivery(operand.deliveries.back())).substr(0, 12)).raw("</code>");
      if (operand.deliveries.size() > 1) {
        html.raw(" <small>+").number(static_cast<std::int64_t>(operand.deliveries.size()) - 1).raw("</small>");
      }
    }
  }
  html.raw("</table>");
}

std::string_view record_class(const Printing& printing, const model::Evidence& record) {
  if (record.state != model::EvidenceState::accepted) return "n";
  return record.valid_to && *record.valid_to < printing.verdicts().as_of ? "s" : "m";
}

void record_row(Html& html, const Printing& printing, model::EvidenceKind kind,
                const std::optional<model::Evidence>& record) {
  html.raw("<tr><td>").both(word(kind)).raw("<td>");
  if (!record) {
    html.raw("<span class=\"b w d\">").both("chưa có", "not on file").raw("</span><td><td><td><td class=r>");
    return;
  }
  html.raw("<span class=\"b w ")
      .raw(record_class(printing, *record))
      .raw("\">")
      .both(word(record->state))
      .raw("</span><td>");
  html.text(record->number);
  if (!record->issuer.empty())
    html.raw(record->number.empty() ? "" : "<br>").raw("<small>").text(record->issuer).raw("</small>");
  html.raw("<td class=nw>").text(record->issued_on.iso()).raw("<td class=nw>");
  if (record->valid_to) html.text(record->valid_to->iso());
  html.raw("<td class=r>");
  if (record->confirmed_value) html.number(*record->confirmed_value);
}

void evidence_table(Html& html, const Printing& printing, const rules::IndicatorVerdict& verdict) {
  if (verdict.evidence.empty() && !verdict.exemption) return;
  html.raw("<table class=t><tr><th>")
      .both("Minh chứng", "Evidence")
      .raw("<th>")
      .both("Trạng thái", "State")
      .raw("<th>");
  html.both("Số, cơ quan", "Number, issuer").raw("<th>").both("Ngày ban hành", "Issued on").raw("<th>");
  html.both("Hiệu lực đến", "Valid to").raw("<th class=r>").both("Tổng đã xác nhận", "Confirmed total");
  if (verdict.exemption) record_row(html, printing, model::EvidenceKind::exemption, verdict.exemption);
  for (const auto& finding : verdict.evidence) record_row(html, printing, finding.kind, finding.record);
  html.raw("</table>");
}

void indicator_block(Html& html, const Printing& printing, std::uint32_t set, const rules::IndicatorVerdict& verdict) {
  const auto& rule = printing.layout(set).criteria->indicators.at(verdict.rule);
  html.raw("<div class=ind id=\"i-")
      .text(rule.id)
      .raw("\"><div><h3>")
      .text(rule.id)
      .raw(" ")
      .both(rule.name_vi, rule.name_en);
  html.raw("</h3>").badge(verdict.state).raw("</div>");
  figure_line(html, rule, verdict);
  reason_list(html, verdict);
  input_table(html, printing, rule, verdict);
  evidence_table(html, printing, verdict);
  std::string legal = fmt::format("{}", fmt::join(rule.legal, "; "));
  if (verdict.decision != 0 || !legal.empty()) {
    html.raw("<small>");
    if (verdict.decision != 0)
      html.both("quyết định đánh giá số", "decision record").raw(" ").raw(std::to_string(verdict.decision));
    if (!legal.empty()) html.raw(verdict.decision != 0 ? " · " : "").text(legal);
    html.raw("</small>");
  }
  html.raw("</div>\n");
}

void indicator_blocks(Html& html, const Printing& printing, const rules::UnitVerdict& verdict,
                      std::optional<std::uint32_t> pillar) {
  for (const auto* indicator : printing.indicators(verdict.criteria, verdict.indicators)) {
    if (printing.layout(verdict.criteria).pillar_of.at(indicator->rule) == pillar) {
      indicator_block(html, printing, verdict.criteria, *indicator);
    }
  }
}

void tally(Html& html, const rules::Tally& counts) {
  html.raw("<span class=dim>")
      .number(counts.met)
      .raw("/")
      .number(counts.of)
      .raw(" ")
      .both(word(rules::State::met))
      .raw(", ");
  html.both("có thể đạt", "possible").raw(" ").number(counts.possible).raw("</span>");
}

void assessment(Html& html, const Printing& printing, const rules::UnitVerdict& verdict) {
  const auto& layout = printing.layout(verdict.criteria);
  const auto& criteria = *layout.criteria;
  html.raw("<div class=card><h2>").both(criteria.name_vi, criteria.name_en).raw(" ").badge(verdict.state).raw(" ");
  tally(html, verdict.tally);
  html.raw("</h2>");
  if (const auto deciding = printing.ids(verdict.criteria, verdict.deciding); !deciding.empty()) {
    html.raw("<p>").both("Quyết định bởi:", "Decided by:");
    for (const auto id : deciding) html.raw(" <a href=\"#i-").text(id).raw("\">").text(id).raw("</a>");
    html.raw("</p>");
  }
  html.raw("</div>\n");
  for (const auto* pillar : printing.pillars(verdict)) {
    const auto& rule = criteria.pillars.at(pillar->rule);
    html.raw("<section class=card><h2>")
        .text(rule.id)
        .raw(" ")
        .both(rule.name_vi, rule.name_en)
        .raw(" ")
        .badge(pillar->state);
    html.raw(" ");
    tally(html, pillar->tally);
    html.raw("</h2>");
    indicator_blocks(html, printing, verdict, pillar->rule);
    html.raw("</section>\n");
  }
  const bool loose =
      std::ranges::any_of(verdict.indicators, [&](const auto& one) { return !layout.pillar_of.at(one.rule); });
  if (loose) {
    html.raw("<section class=card>");
    indicator_blocks(html, printing, verdict, std::nullopt);
    html.raw("</section>\n");
  }
}

}  // namespace

Stamped unit_html(const Printing& printing, const model::UnitCode& code) {
  const auto assessments = printing.assessments(code);
  if (assessments.empty()) throw std::logic_error("unit_html: a unit that is not assessed");
  const auto& verdicts = printing.verdicts();
  const auto& unit = printing.unit(assessments.front());
  Html html;
  begin_page(html, printing.snapshot(), unit.name, "../", false);
  html.raw("<header><div class=ti><p><a href=\"../index.html\">← ")
      .both("Tất cả đơn vị", "All units")
      .raw("</a></p><h1>");
  html.text(unit.name).raw("</h1><p><code>").raw(unit.code.view()).raw("</code>");
  if (!unit.group.empty()) html.raw(" · ").both("nhóm", "group").raw(" ").text(unit.group);
  html.raw(" · ").both("đánh giá ngày", "assessed on").raw(" <b>").raw(verdicts.as_of.iso()).raw("</b> · ");
  html.both("địa giới ngày", "boundaries of").raw(" ").raw(verdicts.boundaries.iso());
  html.raw(
      "</p></div><div class=sw><label for=vi>Tiếng Việt</label><label for=en>English</label></div></header>\n<main>");
  for (const auto& one : assessments) assessment(html, printing, one);
  html.raw("</main>\n<footer><p><a href=\"").raw(code.view()).raw(".json\">").raw(code.view()).raw(".json</a></p><p>");

  Html tail;
  tail.raw("</p></footer>\n");
  end_page(tail, "../", false);
  const auto stamp = fmt::format("<span data-generation=\"{}\"><time>{}</time></span>", verdicts.generation,
                                 base::to_rfc3339(printing.snapshot().generated_at));
  return {std::move(html).take(), stamp, std::move(tail).take()};
}

}  // namespace ntmd::publish
