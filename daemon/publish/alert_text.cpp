#include "daemon/publish/alert_text.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace ntmd::publish {
namespace {

using rules::AlertFacts;
using rules::AlertName;
using rules::AlertPhase;
using rules::AlertSubject;

struct Known {
  std::string_view code;
  Phrase phrase;
};
/// Reasons that are no verdict's.
constexpr std::array<Known, 20> kReasons = {{
    {"met", {"đã đạt trở lại", "met again"}},
    {"exempted", {"được miễn theo quyết định", "exempted by decision"}},
    {"not_assessed", {"không còn được đánh giá", "not assessed any more"}},
    {"lost", {"không còn đạt", "no longer met"}},
    {"thin", {"sát ngưỡng", "close to the threshold"}},
    {"margin", {"đã cách xa ngưỡng", "clear of the threshold again"}},
    {"stale", {"số liệu mới nhất đã quá hạn", "its newest data is too old"}},
    {"fresh", {"đã có số liệu mới", "there is fresh data"}},
    {"failed", {"lấy dữ liệu thất bại", "polls fail"}},
    {"refused", {"dữ liệu bị từ chối", "what it gives is refused"}},
    {"empty", {"trả về rỗng", "what it gives is empty"}},
    {"removed", {"không còn được cấu hình", "not configured any more"}},
    {"broken", {"bị đứt", "broken"}},
    {"never", {"chưa lần nào thành công", "no poll has ever succeeded"}},
    {"silent", {"im lặng, không có gì đến đúng hạn", "silent, nothing came in time"}},
    {"answered", {"đã lấy được dữ liệu", "it answers again"}},
    {"held", {"chờ duyệt", "held"}},
    {"accepted", {"đã được chấp nhận", "accepted"}},
    {"retracted", {"đã bị thu hồi", "retracted"}},
    {"agreed", {"các nguồn đã thống nhất", "the sources agree"}},
}};

Phrase reason_word(std::string_view code) {
  for (const auto& [known, phrase] : kReasons) {
    if (known == code) return phrase;
  }
  if (const auto reason = rules::parse_reason(code)) return word(*reason);
  return {code, code};
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

/// The unit or group, with its code.
AlertText place(const AlertSubject& subject, const AlertFacts& facts) {
  if (!subject.unit.empty()) {
    const auto text = facts.unit_name.empty() ? subject.unit : fmt::format("{} ({})", facts.unit_name, subject.unit);
    return {text, text};
  }
  return {fmt::format("Nhóm đơn vị {}", subject.group), fmt::format("Group {}", subject.group)};
}

/// ", hiện 84.96 % (8496/10000), cần 85 %, còn thiếu 4"
AlertText numbers(const AlertFacts& facts) {
  AlertText out;
  if (!facts.value.empty()) {
    const auto fraction = facts.denominator && facts.numerator
                              ? fmt::format(" % ({}/{})", *facts.numerator, *facts.denominator)
                              : std::string{};
    out.vi += fmt::format(", hiện {}{}", facts.value, fraction);
    out.en += fmt::format(", is {}{}", facts.value, fraction);
  }
  if (!facts.threshold.empty()) {
    const auto* sign = facts.denominator ? " %" : "";
    out.vi += fmt::format(", cần {}{}", facts.threshold, sign);
    out.en += fmt::format(", expected {}{}", facts.threshold, sign);
  }
  if (facts.gap && *facts.gap > 0) {
    out.vi += fmt::format(", còn thiếu {}", *facts.gap);
    out.en += fmt::format(", {} more needed", *facts.gap);
  }
  return out;
}

AlertText indicator_subject(const AlertSubject& subject, const AlertFacts& facts) {
  const auto at = place(subject, facts);
  return {fmt::format("{}, chỉ tiêu {} {}", at.vi, subject.indicator, facts.name_vi),
          fmt::format("{}, indicator {} {}", at.en, subject.indicator, facts.name_en)};
}

AlertText look_at(const AlertSubject& subject) {
  if (subject.unit.empty()) return {"; xem ntmd status", "; see ntmd status"};
  const auto command = fmt::format("ntmd explain {} {}", subject.unit, subject.indicator);
  return {"; xem " + command, "; see " + command};
}

AlertText indicator_lost(const AlertSubject& subject, const AlertFacts& facts, bool resolved) {
  auto out = indicator_subject(subject, facts);
  const auto why = reason_word(facts.reason);
  const auto now = numbers(facts);
  if (resolved) {
    out.vi += fmt::format(": {}{}", why.vi, now.vi);
    out.en += fmt::format(": {}{}", why.en, now.en);
    return out;
  }
  const auto look = look_at(subject);
  out.vi += fmt::format(": không còn đạt, {}{}{}", why.vi, now.vi, look.vi);
  out.en += fmt::format(": no longer met, {}{}{}", why.en, now.en, look.en);
  return out;
}

/// Of a pillar or a unit.
AlertText parent_lost(const AlertSubject& subject, const AlertFacts& facts, bool resolved) {
  auto out = place(subject, facts);
  if (subject.name == AlertName::pillar_lost) {
    out.vi += fmt::format(", nhóm {} {}", subject.pillar, facts.name_vi);
    out.en += fmt::format(", pillar {} {}", subject.pillar, facts.name_en);
  } else {
    out.vi += ", " + facts.name_vi;
    out.en += ", " + facts.name_en;
  }
  const auto why = reason_word(facts.reason);
  out.vi += fmt::format(": {}, {} chỉ tiêu đạt", why.vi, facts.value);
  out.en += fmt::format(": {}, {} indicators met", why.en, facts.value);
  if (resolved) return out;
  if (!facts.deciding.empty()) {
    out.vi += fmt::format(", do chỉ tiêu {}", joined(facts.deciding));
    out.en += fmt::format(", because of {}", joined(facts.deciding));
  }
  out.vi += fmt::format("; xem ntmd status {}", subject.unit);
  out.en += fmt::format("; see ntmd status {}", subject.unit);
  return out;
}

AlertText thin_margin(const AlertSubject& subject, const AlertFacts& facts, bool resolved) {
  auto out = indicator_subject(subject, facts);
  const auto why = reason_word(facts.reason);
  const auto now = numbers(facts);
  out.vi += fmt::format(": {}{}", why.vi, now.vi);
  out.en += fmt::format(": {}{}", why.en, now.en);
  if (resolved || !facts.slack) return out;
  out.vi += fmt::format(", chỉ còn có thể giảm {}; rà soát trước kỳ số liệu tới", *facts.slack);
  out.en += fmt::format(", can lose only {}; look into it before the next figures come", *facts.slack);
  return out;
}

AlertText data_stale(const AlertSubject& subject, const AlertFacts& facts, bool resolved) {
  const auto why = reason_word(facts.reason);
  AlertText out;
  if (subject.unit.empty() && subject.indicator.empty()) {
    out = {fmt::format("Nguồn {}", subject.source), fmt::format("Source {}", subject.source)};
  } else {
    out = indicator_subject(subject, facts);
  }
  out.vi += ": " + std::string(why.vi);
  out.en += ": " + std::string(why.en);
  if (resolved) return out;
  if (subject.indicator.empty()) {
    out.vi += fmt::format(" ({}, giới hạn {})", facts.value, facts.threshold);
    out.en += fmt::format(" ({}, limit {})", facts.value, facts.threshold);
  } else if (!facts.detail.empty()) {
    out.vi += fmt::format(" ({})", facts.detail);
    out.en += fmt::format(" ({})", facts.detail);
  }
  if (!facts.source.empty()) {
    out.vi += fmt::format(", cần dữ liệu mới của nguồn {}; nhắc đơn vị cung cấp", facts.source);
    out.en += fmt::format(", expected newer data of source {}; ask who provides it", facts.source);
  }
  return out;
}

AlertText source_failing(const AlertSubject& subject, const AlertFacts& facts, bool resolved) {
  const auto why = reason_word(facts.reason);
  AlertText out{fmt::format("Nguồn {}: {}", subject.source, why.vi),
                fmt::format("Source {}: {}", subject.source, why.en)};
  if (resolved) return out;
  if (!facts.detail.empty()) {
    out.vi += fmt::format(" ({})", facts.detail);
    out.en += fmt::format(" ({})", facts.detail);
  }
  out.vi += fmt::format(", cần một lần lấy dữ liệu thành công; xem ntmd runs {}", subject.source);
  out.en += fmt::format(", expected a poll that succeeds; see ntmd runs {}", subject.source);
  return out;
}

AlertText delivery_held(const AlertSubject& subject, const AlertFacts& facts, bool resolved) {
  const auto why = reason_word(facts.reason);
  AlertText out{fmt::format("Đợt dữ liệu {} của nguồn {}: {}", subject.delivery, subject.source, why.vi),
                fmt::format("Delivery {} of source {}: {}", subject.delivery, subject.source, why.en)};
  if (!facts.detail.empty()) {
    out.vi += fmt::format(" ({})", facts.detail);
    out.en += fmt::format(" ({})", facts.detail);
  }
  if (resolved) return out;
  const auto commands = fmt::format("ntmd accept {0} --reason … / ntmd retract {0} --reason …", subject.delivery);
  out.vi += ", cần người có thẩm quyền quyết định; " + commands;
  out.en += ", expected someone's decision; " + commands;
  return out;
}

AlertText figure_disputed(const AlertSubject& subject, const AlertFacts& facts, bool resolved) {
  auto out = indicator_subject(subject, facts);
  if (resolved) {
    const auto why = reason_word(facts.reason);
    out.vi += ": " + std::string(why.vi);
    out.en += ": " + std::string(why.en);
    return out;
  }
  const auto look = look_at(subject);
  out.vi +=
      fmt::format(": các nguồn cho số liệu {} khác nhau, đang dùng nguồn {}{}", facts.detail, facts.source, look.vi);
  out.en += fmt::format(": sources disagree about {}, that of {} is in force{}", facts.detail, facts.source, look.en);
  return out;
}

AlertText chain_broken(const AlertFacts& facts, bool resolved) {
  if (resolved) return {"Chuỗi quyết định: nguyên vẹn trở lại", "Decision chain: whole again"};
  return {
      fmt::format("Chuỗi quyết định: bị đứt ({}); chạy ntmd verify, khôi phục bản sao lưu", facts.detail),
      fmt::format("Decision chain: broken ({}), expected it whole; run ntmd verify, restore a backup", facts.detail)};
}

}  // namespace

AlertText alert_title(const AlertSubject& subject, const AlertFacts& facts) {
  const auto what = alert_word(rules::to_string(subject.name));
  std::string of;
  if (!subject.unit.empty()) {
    of = facts.unit_name.empty() ? subject.unit : facts.unit_name;
  } else if (!subject.source.empty()) {
    of = subject.source;
  } else {
    of = subject.group;
  }
  if (!subject.indicator.empty()) {
    of += " " + subject.indicator;
  } else if (!subject.pillar.empty()) {
    of += " " + subject.pillar;
  }
  if (of.empty()) return {std::string(what.vi), std::string(what.en)};
  return {fmt::format("{}: {}", what.vi, of), fmt::format("{}: {}", what.en, of)};
}

AlertText alert_text(const AlertSubject& subject, const AlertFacts& facts, AlertPhase phase) {
  const bool resolved = phase == AlertPhase::resolved;
  switch (subject.name) {
    case AlertName::indicator_lost:
      return indicator_lost(subject, facts, resolved);
    case AlertName::unit_lost:
    case AlertName::pillar_lost:
      return parent_lost(subject, facts, resolved);
    case AlertName::thin_margin:
      return thin_margin(subject, facts, resolved);
    case AlertName::data_stale:
      return data_stale(subject, facts, resolved);
    case AlertName::source_failing:
      return source_failing(subject, facts, resolved);
    case AlertName::delivery_held:
      return delivery_held(subject, facts, resolved);
    case AlertName::figure_disputed:
      return figure_disputed(subject, facts, resolved);
    case AlertName::chain_broken:
      return chain_broken(facts, resolved);
  }
  return {};
}

}  // namespace ntmd::publish
