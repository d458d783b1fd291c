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

void gauge(Html& html, const rules::IndicatorVerdict& verdict) {
  html.raw("<span class=gauge aria-hidden=true><i class=").raw(state_class(verdict.state)).raw(" style=\"width:");
  html.number(bar_percent(*verdict.numerator, *verdict.denominator)).raw("%\"></i>");
  if (verdict.threshold) html.raw("<u style=\"left:").text(*verdict.threshold).raw("%\"></u>");
  html.raw("</span>");
}

void gap_and_slack(Html& html, const rules::IndicatorVerdict& verdict) {
  if (const auto gap = gap_text(verdict, Language::vi); !gap.empty()) {
    html.raw("<span class=gap>").both(gap, gap_text(verdict, Language::en)).raw("</span>");
  }
  if (const auto slack = slack_text(verdict, Language::vi); !slack.empty()) {
    html.raw("<span class=dim>").both(slack, slack_text(verdict, Language::en)).raw("</span>");
  }
}

void figure_line(Html& html, const rules::IndicatorRule& rule, const rules::IndicatorVerdict& verdict) {
  if (!rule.figure) return;
  const bool ratio = rule.figure->kind == rules::FigureCondition::Kind::ratio;
  const auto shown = [&](const std::optional<std::int64_t>& value) { value ? html.count(*value) : html.raw("?"); };
  html.raw("<div class=fig>");
  if (ratio && verdict.numerator && verdict.denominator) gauge(html, verdict);
  html.raw("<span>");
  if (verdict.percent) html.raw("<b>").decimal(*verdict.percent).raw(" %</b> = ");
  shown(verdict.numerator);
  if (ratio) {
    html.raw(" / ");
    shown(verdict.denominator);
  }
  html.raw("</span>");
  if (verdict.threshold) {
    html.raw("<span class=dim>").both("ngưỡng", "threshold").raw(" ≥ ").decimal(*verdict.threshold);
    html.raw(ratio ? " %</span>" : "</span>");
  }
  gap_and_slack(html, verdict);
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

void delivery_of(Html& html, const std::string& id) {
  if (id.empty()) return;
  html.raw(" · ").both("lô", "delivery").raw(" <code title=\"").text(id).raw("\">");
  html.text(std::string_view(id).substr(0, 12)).raw("</code>");
}

void input_line(Html& html, const Printing& printing, const rules::IndicatorRule& rule, const rules::Operand& operand) {
  html.raw("<li><span>").both(printing.element_vi(operand), printing.element_en(operand));
  if (!decides(rule, operand)) html.raw(" <small>(").both("tham khảo", "supporting").raw(")</small>");
  html.raw("</span><b>");
  if (operand.value) {
    html.count(*operand.value);
  } else {
    html.raw("–");
  }
  html.raw("</b><small>");
  if (operand.missing) html.both(word(*operand.missing));
  if (!operand.source.empty()) html.raw(operand.missing ? " · <code>" : "<code>").text(operand.source).raw("</code>");
  if (operand.period) {
    html.raw(" · ");
    if (operand.flow) html.day(operand.period->first).raw(" – ");
    html.day(operand.period->last);
  }
  if (operand.age_days) {
    const auto days = std::to_string(*operand.age_days);
    html.raw(" · ").both(days + " ngày tuổi", days + (*operand.age_days == 1 ? " day old" : " days old"));
  }
  const auto deliveries = printing.deliveries(operand);
  if (!deliveries.empty()) delivery_of(html, deliveries.back());
  if (deliveries.size() > 1) {
    html.raw(" +").number(static_cast<std::int64_t>(deliveries.size()) - 1);
  }
  if (!operand.added_from.empty()) {
    html.raw(" · ").both("cộng từ", "added from").raw(" ").text(codes_of(operand.added_from));
  }
  if (operand.stale) html.raw(" ").tag("s", word(rules::State::stale));
  if (operand.disputed) html.raw(" ").tag("s", word(rules::Flag::disputed));
  html.raw("</small></li>");
}

std::string_view record_class(const Printing& printing, const model::Evidence& record) {
  if (record.state != model::EvidenceState::accepted) return "n";
  return record.valid_to && *record.valid_to < printing.verdicts().as_of ? "s" : "m";
}

void record_line(Html& html, const Printing& printing, model::EvidenceKind kind, const rules::Record& record) {
  html.raw("<li><span>").both(word(kind)).raw("</span>");
  if (!record) {
    html.tag("d", {"chưa có", "not on file"}).raw("</li>");
    return;
  }
  html.tag(record_class(printing, *record), word(record->state)).raw("<small>");
  if (!record->number.empty()) html.text(record->number).raw(" · ");
  if (!record->issuer.empty()) html.text(record->issuer).raw(" · ");
  html.both("ban hành", "issued").raw(" ").day(record->issued_on);
  if (record->valid_to) html.raw(" · ").both("hiệu lực đến", "valid to").raw(" ").day(*record->valid_to);
  if (record->confirmed_value)
    html.raw(" · ").both("tổng đã xác nhận", "confirmed total").raw(" ").count(*record->confirmed_value);
  delivery_of(html, printing.delivery(record->revision));
  html.raw("</small></li>");
}

void grounds(Html& html, const Printing& printing, const rules::IndicatorRule& rule,
             const rules::IndicatorVerdict& verdict) {
  html.raw("<div class=gr>");
  if (!verdict.operands.empty()) {
    html.raw("<div><h4>").both("Số liệu", "Figures").raw("</h4><ul class=ins>");
    for (const auto& operand : verdict.operands) input_line(html, printing, rule, operand);
    html.raw("</ul></div>");
  }
  if (!verdict.evidence.empty() || verdict.exemption) {
    html.raw("<div><h4>").both("Minh chứng", "Evidence").raw("</h4><ul class=ins>");
    if (verdict.exemption) record_line(html, printing, model::EvidenceKind::exemption, verdict.exemption);
    for (const auto& finding : verdict.evidence) record_line(html, printing, finding.kind, finding.record);
    html.raw("</ul></div>");
  }
  html.raw("</div>");
}

void indicator_block(Html& html, const Printing& printing, std::uint32_t set, const rules::IndicatorVerdict& verdict) {
  const auto& rule = printing.layout(set).criteria->indicators.at(verdict.rule);
  html.raw("<div class=ind id=\"i-").text(rule.id).raw("\"><div class=hd><h3>").text(rule.id).raw(" ");
  html.both(rule.name_vi, rule.name_en).raw("</h3>").badge(verdict.state).raw("</div>");
  figure_line(html, rule, verdict);
  reason_list(html, verdict);
  grounds(html, printing, rule, verdict);
  const std::string legal = fmt::format("{}", fmt::join(rule.legal, "; "));
  if (verdict.decision != 0 || !legal.empty()) {
    html.raw("<p class=lw>");
    if (!legal.empty()) html.both("Căn cứ", "Legal basis").raw(": ").text(legal);
    if (verdict.decision != 0) {
      html.raw(legal.empty() ? "" : " · ").both("quyết định đánh giá số", "decision record").raw(" ");
      html.raw(std::to_string(verdict.decision));
    }
    html.raw("</p>");
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
  const auto met = fmt::format("{}/{}", counts.met, counts.of);
  html.raw("<span class=tl>");
  if (counts.possible > counts.met) {
    html.both(fmt::format("{} đạt, có thể đạt {}", met, counts.possible),
              fmt::format("{} met, {} possible", met, counts.possible));
  } else {
    html.both(met + " đạt", met + " met");
  }
  html.raw("</span>");
}

/// What stands between the unit and the criteria, each with a link to why.
void to_do(Html& html, const Printing& printing, const rules::UnitVerdict& verdict) {
  if (verdict.deciding.empty()) return;
  const auto& criteria = *printing.layout(verdict.criteria).criteria;
  html.raw("<h3>").both("Còn phải làm", "What decides it").raw("</h3><ul class=todo>");
  for (const auto* one : printing.indicators(verdict.criteria, verdict.indicators)) {
    if (std::ranges::find(verdict.deciding, one->rule) == verdict.deciding.end()) continue;
    const auto& rule = criteria.indicators.at(one->rule);
    html.raw("<li>").badge(one->state).raw("<span><a href=\"#i-").text(rule.id).raw("\">").text(rule.id).raw(" ");
    html.both(rule.name_vi, rule.name_en).raw("</a> ");
    if (one->percent && one->threshold) {
      html.raw("<small class=nw>").decimal(*one->percent).raw(" % / ").decimal(*one->threshold).raw(" %</small> ");
    }
    if (const auto gap = gap_text(*one, Language::vi); !gap.empty()) {
      html.raw("<span class=gap>").both(gap, gap_text(*one, Language::en)).raw("</span>");
    } else {
      for (const auto reason : one->reasons) html.raw("<small class=re>").both(word(reason)).raw("</small>");
    }
    html.raw("</span></li>");
  }
  html.raw("</ul>");
}

void assessment(Html& html, const Printing& printing, const rules::UnitVerdict& verdict) {
  const auto& layout = printing.layout(verdict.criteria);
  const auto& criteria = *layout.criteria;
  html.raw("<section class=card><div class=hd><h2>").both(criteria.name_vi, criteria.name_en).raw("</h2>");
  html.badge(verdict.state);
  tally(html, verdict.tally);
  html.raw("</div><ul class=pil>");
  for (const auto* pillar : printing.pillars(verdict)) {
    const auto& rule = criteria.pillars.at(pillar->rule);
    html.raw("<li><a href=\"#p-").text(rule.id).raw("\">").text(rule.id).raw(" ").both(rule.name_vi, rule.name_en);
    html.raw("</a>").badge(pillar->state);
    tally(html, pillar->tally);
    html.raw("</li>");
  }
  html.raw("</ul>");
  to_do(html, printing, verdict);
  html.raw("</section>\n");
  for (const auto* pillar : printing.pillars(verdict)) {
    const auto& rule = criteria.pillars.at(pillar->rule);
    html.raw("<section class=card id=\"p-").text(rule.id).raw("\"><div class=hd><h2>").text(rule.id).raw(" ");
    html.both(rule.name_vi, rule.name_en).raw("</h2>").badge(pillar->state);
    tally(html, pillar->tally);
    html.raw("</div>");
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
  const auto& unit = printing.unit(*assessments.front());
  Html html;
  begin_page(html, printing.snapshot(), unit.name, "../");
  html.raw("<header><div class=ti><p><a href=\"../index.html\">← ").both("Tất cả đơn vị", "All units");
  html.raw("</a></p><h1>").text(unit.name).raw("</h1><p><code>").raw(unit.code.view()).raw("</code>");
  if (!unit.group.empty()) html.raw(" · ").both("nhóm", "group").raw(" ").text(unit.group);
  html.raw(" · ").both("đánh giá ngày", "assessed on").raw(" <b>").day(verdicts.as_of).raw("</b> · ");
  html.both("địa giới ngày", "boundaries of").raw(" ").day(verdicts.boundaries).raw("</p></div>");
  language_switch(html);
  html.raw("</header>\n<main id=main tabindex=-1>");
  for (const auto* one : assessments) assessment(html, printing, *one);
  html.raw("</main>\n<footer><p><a href=\"").raw(code.view()).raw(".json\">").raw(code.view()).raw(".json</a></p><p>");

  Html tail;
  tail.raw("</p></footer>\n");
  end_page(tail, "../");
  const auto stamp = fmt::format("<span data-generation=\"{}\"><time>{}</time></span>", verdicts.generation,
                                 base::to_rfc3339(printing.snapshot().generated_at));
  return {std::move(html).take(), stamp, std::move(tail).take()};
}

}  // namespace ntmd::publish
