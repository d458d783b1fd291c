#include "daemon/publish/status_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/base/utf8.h"
#include "daemon/publish/health_json.h"
#include "daemon/publish/layout.h"
#include "daemon/publish/text_table.h"
#include "daemon/publish/totals.h"

namespace ntmd::publish {
namespace {

using Align = TextTable::Align;

/// Says things in one language.
class Speaker {
 public:
  explicit Speaker(Language language) : language_(language) {}
  [[nodiscard]] std::string say(std::string_view vi, std::string_view en) const {
    return std::string(language_ == Language::vi ? vi : en);
  }
  [[nodiscard]] std::string say(Phrase phrase) const { return std::string(phrase.in(language_)); }
  [[nodiscard]] std::string state(rules::State state) const {
    return fmt::format("{} {}", sign(state), say(word(state)));
  }
  [[nodiscard]] Language language() const { return language_; }

 private:
  Language language_;
};

std::string title(const Speaker& speak, const Printing& printing) {
  const auto& verdicts = printing.verdicts();
  auto out = fmt::format("{} {} · {} {} · {} {}\n", speak.say("đánh giá ngày", "assessed on"), verdicts.as_of.iso(),
                         speak.say("địa giới ngày", "boundaries of"), verdicts.boundaries.iso(),
                         speak.say("bản công bố số", "generation"), verdicts.generation);
  const auto waiting = printing.snapshot().waiting;
  if (waiting == 1) {
    out += speak.say("1 đợt dữ liệu mới chờ lần đánh giá tới\n",
                     "1 delivery loaded since waits for the next assessment\n");
  } else if (waiting > 1) {
    out += fmt::format(
        "{} {}\n", waiting,
        speak.say("đợt dữ liệu mới chờ lần đánh giá tới", "deliveries loaded since wait for the next assessment"));
  }
  return out;
}

std::string value_of(const rules::IndicatorRule& rule, const rules::IndicatorVerdict& verdict) {
  if (!rule.figure || (!verdict.numerator && !verdict.denominator)) return {};
  const auto shown = [](const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : std::string("?");
  };
  if (rule.figure->kind == rules::FigureCondition::Kind::count) return shown(verdict.numerator);
  return fmt::format("{} / {}", shown(verdict.numerator), shown(verdict.denominator));
}

std::string reasons_of(const Speaker& speak, const rules::IndicatorVerdict& verdict) {
  std::vector<std::string> all;
  for (const auto reason : verdict.reasons) all.push_back(speak.say(word(reason)));
  for (const auto flag : verdict.flags) all.push_back(speak.say(word(flag)));
  return fmt::format("{}", fmt::join(all, "; "));
}

std::string ids_of(const Printing& printing, const rules::UnitVerdict& verdict) {
  return fmt::format("{}", fmt::join(printing.ids(verdict.criteria, verdict.deciding), " "));
}

std::unexpected<base::Error> not_assessed(const Printing& printing, std::string_view unit) {
  return base::fail(base::Fault::gone,
                    fmt::format("unit \"{}\": not assessed on {}, expected a code that `ntmd status` lists",
                                base::printable(unit, 40), printing.verdicts().as_of.iso()));
}

std::string condition_of(const Speaker& speak, const rules::IndicatorRule& rule, const rules::IndicatorVerdict& verdict,
                         const Printing& printing) {
  if (!rule.figure) return speak.say("chỉ xét minh chứng", "decided by evidence");
  const auto name = [&](model::ElementId element) -> std::string {
    for (const auto& operand : verdict.operands) {
      if (operand.element == element) {
        return std::string(speak.language() == Language::vi ? printing.element_vi(operand)
                                                            : printing.element_en(operand));
      }
    }
    return "?";
  };
  const auto threshold = verdict.threshold.value_or(rule.figure->at_least.text);
  if (!rule.figure->denominator) return fmt::format("{} ≥ {}", name(rule.figure->numerator), threshold);
  return fmt::format("{} / {} ≥ {} %", name(rule.figure->numerator), name(*rule.figure->denominator), threshold);
}

void inputs_of(std::string& out, const Speaker& speak, const Printing& printing, const rules::IndicatorRule& rule,
               const rules::IndicatorVerdict& verdict) {
  if (verdict.operands.empty()) return;
  out += speak.say("Số liệu\n", "Inputs\n");
  TextTable table({Align::left, Align::left, Align::right, Align::left, Align::left, Align::left, Align::left});
  for (const auto& operand : verdict.operands) {
    std::string dated;
    if (operand.period) {
      dated =
          operand.flow ? operand.period->first.iso() + ".." + operand.period->last.iso() : operand.period->last.iso();
    }
    std::vector<std::string> notes;
    if (operand.age_days) notes.push_back(fmt::format("{} {}", *operand.age_days, speak.say("ngày tuổi", "days old")));
    if (operand.stale) notes.push_back(speak.say(word(rules::State::stale)));
    if (operand.missing) notes.push_back(speak.say(word(*operand.missing)));
    if (operand.disputed) notes.push_back(speak.say(word(rules::Flag::disputed)));
    if (!operand.added_from.empty()) {
      notes.push_back(speak.say("cộng từ ", "added from ") + codes_of(operand.added_from));
    }
    if (!decides(rule, operand)) notes.push_back(speak.say("tham khảo", "supporting"));
    table.row({"", operand.element_name, operand.value ? std::to_string(*operand.value) : "–", operand.source, dated,
               fmt::format("{}", fmt::join(notes, ", ")), ""});
  }
  out += table.str();
  for (const auto& operand : verdict.operands) {
    for (const auto& id : printing.deliveries(operand)) {
      out += fmt::format("  delivery {} {}\n", id, operand.element_name.str());
    }
  }
}

void records_of(std::string& out, const Speaker& speak, const Printing& printing,
                const rules::IndicatorVerdict& verdict) {
  if (verdict.evidence.empty() && !verdict.exemption) return;
  out += speak.say("Minh chứng\n", "Evidence\n");
  TextTable table({Align::left, Align::left, Align::left, Align::left, Align::left, Align::left});
  const auto row = [&](model::EvidenceKind kind, const rules::Record& record) {
    if (!record) {
      table.row({"", speak.say(word(kind)), speak.say("chưa có", "not on file")});
      return;
    }
    std::string more = record->valid_to ? speak.say("đến ", "until ") + record->valid_to->iso() : "";
    if (record->confirmed_value) {
      more += fmt::format("{}{} {}", more.empty() ? "" : ", ", speak.say("xác nhận", "confirmed"),
                          *record->confirmed_value);
    }
    table.row({"", speak.say(word(kind)), speak.say(word(record->state)), record->issued_on.iso(),
               fmt::format("{}{}{}", record->number, record->number.empty() || record->issuer.empty() ? "" : ", ",
                           record->issuer),
               more});
  };
  if (verdict.exemption) row(model::EvidenceKind::exemption, verdict.exemption);
  for (const auto& finding : verdict.evidence) row(finding.kind, finding.record);
  out += table.str();
  for (const auto& finding : verdict.evidence) {
    if (finding.record) {
      out += fmt::format("  delivery {} {}\n", printing.delivery(finding.record->revision),
                         model::to_string(finding.kind));
    }
  }
}

std::string explain(const Speaker& speak, const Printing& printing, const rules::UnitVerdict& assessment,
                    const rules::IndicatorVerdict& verdict) {
  const auto& criteria = *printing.layout(assessment.criteria).criteria;
  const auto& rule = criteria.indicators.at(verdict.rule);
  const auto& unit = printing.unit(assessment);
  std::string out = fmt::format("{} {} · {} {}\n", unit.code.view(), base::printable(unit.name, 200), rule.id,
                                speak.say(rule.name_vi, rule.name_en));
  out += title(speak, printing);
  TextTable table({Align::left, Align::left});
  table.row({speak.say("Kết quả", "Status"),
             fmt::format("{} ({} {}, {} {})", speak.state(verdict.state), speak.say("theo số liệu", "measured"),
                         model::letter(verdict.measured), speak.say("chính thức", "official"),
                         model::letter(verdict.official))});
  table.row({speak.say("Điều kiện", "Condition"), condition_of(speak, rule, verdict, printing)});
  if (const auto value = value_of(rule, verdict); !value.empty()) {
    table.row(
        {speak.say("Giá trị", "Value"), verdict.percent ? fmt::format("{} = {} %", value, *verdict.percent) : value});
  }
  if (const auto gap = gap_text(verdict, speak.language()); !gap.empty())
    table.row({speak.say("Còn thiếu", "Gap"), gap});
  if (const auto slack = slack_text(verdict, speak.language()); !slack.empty()) {
    table.row({speak.say("Dư địa", "Slack"), slack});
  }
  if (verdict.last_truth) {
    table.row({speak.say("Lần trước", "Last known"), speak.say(word(*verdict.last_truth))});
  }
  if (const auto reasons = reasons_of(speak, verdict); !reasons.empty())
    table.row({speak.say("Lý do", "Reasons"), reasons});
  if (verdict.decision != 0) table.row({speak.say("Quyết định", "Decision"), std::to_string(verdict.decision)});
  table.row({speak.say("Bộ tiêu chí", "Criteria"),
             fmt::format("{} {} sha256 {}", criteria.id, criteria.version, criteria.sha256)});
  if (!rule.legal.empty())
    table.row({speak.say("Căn cứ", "Legal basis"), fmt::format("{}", fmt::join(rule.legal, "; "))});
  out += table.str();
  inputs_of(out, speak, printing, rule, verdict);
  records_of(out, speak, printing, verdict);
  return out;
}

}  // namespace

std::string status_text(const Snapshot& snapshot, Language language) {
  const Printing printing(snapshot);
  const Speaker speak(language);
  std::string out = title(speak, printing);
  const bool several = printing.verdicts().criteria.size() > 1;
  TextTable table({Align::left, Align::left, Align::left, Align::right, Align::right, Align::left, Align::left});
  table.row({speak.say("MÃ", "CODE"), speak.say("ĐƠN VỊ", "UNIT"), speak.say("KẾT QUẢ", "STATUS"),
             speak.say("ĐẠT", "MET"), speak.say("CÓ THỂ", "POSSIBLE"), speak.say("QUYẾT ĐỊNH BỞI", "DECIDED BY"),
             several ? speak.say("BỘ TIÊU CHÍ", "CRITERIA") : ""});
  for (const auto& verdict : printing.verdicts().by_unit) {
    const auto& unit = printing.unit(verdict);
    table.row({std::string(unit.code.view()), unit.name, speak.state(verdict.state),
               fmt::format("{}/{}", verdict.tally.met, verdict.tally.of), std::to_string(verdict.tally.possible),
               ids_of(printing, verdict), several ? printing.layout(verdict.criteria).criteria->id : ""});
  }
  out += table.str();
  const auto totals = count_totals(printing.verdicts());
  for (std::uint32_t set = 0; set < totals.size(); ++set) {
    if (printing.layout(set).criteria->of_group) continue;
    std::vector<std::string> counts;
    for (const auto state : kStates) {
      if (totals[set].units.of(state) > 0)
        counts.push_back(fmt::format("{} {}", speak.state(state), totals[set].units.of(state)));
    }
    out += fmt::format("{}: {} {}: {}\n", printing.layout(set).criteria->id, totals[set].units.all(),
                       speak.say("đơn vị", "units"), fmt::join(counts, ", "));
  }
  for (const auto& group : printing.verdicts().by_group) {
    for (const auto* verdict : printing.indicators(group.criteria, group.indicators)) {
      out += fmt::format("{} {} {} {}\n", speak.say("nhóm", "group"), group.group,
                         printing.layout(group.criteria).criteria->indicators.at(verdict->rule).id,
                         speak.state(verdict->state));
    }
  }
  for (const auto* source : sources_by_id(snapshot)) {
    const bool fine =
        (source->outcome == "ok" || source->outcome == "unchanged") && source->freshness == Freshness::fresh;
    if (fine) continue;
    out += fmt::format(
        "{} {}: {}, {}{}{}\n", speak.say("nguồn", "source"), source->id,
        source->outcome.empty() ? speak.say("chưa chạy", "has not run") : speak.say(outcome_word(source->outcome)),
        speak.say(word(source->freshness)), source->message.empty() ? "" : ": ", source->message);
  }
  const auto alerts = count_alerts(snapshot);
  if (alerts.firing + alerts.pending > 0) {
    out += fmt::format("{}: {} {}, {} {}\n", speak.say("cảnh báo", "alerts"), alerts.firing,
                       speak.say("đang báo", "firing"), alerts.pending, speak.say("đang chờ", "pending"));
  }
  return out;
}

base::Result<std::string> unit_text(const Snapshot& snapshot, std::string_view unit, Language language) {
  const Printing printing(snapshot);
  const Speaker speak(language);
  const auto code = model::UnitCode::of(unit);
  const auto assessments = code ? printing.assessments(*code) : std::vector<const rules::UnitVerdict*>();
  if (assessments.empty()) return not_assessed(printing, unit);
  std::string out = fmt::format("{} {}\n", unit, base::printable(printing.unit(*assessments.front()).name, 200)) +
                    title(speak, printing);
  for (const auto* assessment : assessments) {
    const auto& verdict = *assessment;
    const auto& layout = printing.layout(verdict.criteria);
    out += fmt::format("{} · {}: {} · {}/{}, {} {}\n", layout.criteria->id,
                       speak.say(layout.criteria->name_vi, layout.criteria->name_en), speak.state(verdict.state),
                       verdict.tally.met, verdict.tally.of, speak.say("có thể", "possible"), verdict.tally.possible);
    TextTable table({Align::left, Align::left, Align::right, Align::right, Align::right, Align::left, Align::left});
    for (const auto* one : printing.indicators(verdict.criteria, verdict.indicators)) {
      const auto& rule = layout.criteria->indicators.at(one->rule);
      const bool ratio = rule.figure && rule.figure->kind == rules::FigureCondition::Kind::ratio;
      const auto gap = gap_text(*one, language);
      table.row({rule.id, speak.state(one->state), value_of(rule, *one),
                 one->percent ? fmt::format("{} %", *one->percent) : "",
                 one->threshold ? fmt::format("≥ {}{}", *one->threshold, ratio ? " %" : "") : "",
                 fmt::format("{}{}{}", gap, gap.empty() || one->reasons.empty() ? "" : "; ", reasons_of(speak, *one)),
                 speak.say(rule.name_vi, rule.name_en)});
    }
    out += table.str();
  }
  return out;
}

base::Result<std::string> explain_text(const Snapshot& snapshot, std::string_view unit, std::string_view indicator,
                                       Language language) {
  const Printing printing(snapshot);
  const auto code = model::UnitCode::of(unit);
  const auto assessments = code ? printing.assessments(*code) : std::vector<const rules::UnitVerdict*>();
  if (assessments.empty()) return not_assessed(printing, unit);
  std::vector<std::string_view> known;
  for (const auto* assessment : assessments) {
    const auto& criteria = *printing.layout(assessment->criteria).criteria;
    for (const auto* verdict : printing.indicators(assessment->criteria, assessment->indicators)) {
      const auto& id = criteria.indicators.at(verdict->rule).id;
      if (id == indicator) return explain(Speaker(language), printing, *assessment, *verdict);
      known.push_back(id);
    }
  }
  return base::fail(base::Fault::gone,
                    fmt::format("indicator \"{}\": not in the criteria of unit {}, expected one of {}",
                                base::printable(indicator, 40), unit, fmt::join(known, ", ")));
}

}  // namespace ntmd::publish
