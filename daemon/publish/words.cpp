#include "daemon/publish/words.h"

#include <fmt/format.h>

#include <array>

namespace ntmd::publish {
namespace {

using model::EvidenceKind;
using model::EvidenceState;
using model::Truth;
using rules::Flag;
using rules::Reason;
using rules::State;

struct Named {
  std::string_view name;
  Phrase phrase;
};

constexpr std::array<Named, 9> kOutcomes = {{
    {"ok", {"tốt", "ok"}},
    {"unchanged", {"không đổi", "unchanged"}},
    {"partial", {"một phần", "partial"}},
    {"empty_suspect", {"rỗng, nghi lỗi", "suspiciously empty"}},
    {"held", {"chờ duyệt", "held"}},
    {"refused", {"bị từ chối", "refused"}},
    {"failed", {"thất bại", "failed"}},
    {"interrupted", {"bị ngắt", "interrupted"}},
    {"skipped", {"bỏ qua", "skipped"}},
}};

constexpr std::array<Named, 9> kAlerts = {{
    {"UnitLost", {"Xã không còn đạt", "Commune lost"}},
    {"PillarLost", {"Nhóm tiêu chí không còn đạt", "Pillar lost"}},
    {"IndicatorLost", {"Chỉ tiêu không còn đạt", "Indicator lost"}},
    {"ThinMargin", {"Sát ngưỡng", "Thin margin"}},
    {"DataStale", {"Số liệu quá hạn", "Data stale"}},
    {"SourceFailing", {"Nguồn bị lỗi", "Source failing"}},
    {"DeliveryHeld", {"Lô dữ liệu chờ duyệt", "Delivery held"}},
    {"FigureDisputed", {"Số liệu mâu thuẫn", "Figure disputed"}},
    {"ChainBroken", {"Chuỗi quyết định bị đứt", "Decision chain broken"}},
}};

template <std::size_t N>
Phrase find(const std::array<Named, N>& table, std::string_view name) {
  for (const auto& row : table) {
    if (row.name == name) return row.phrase;
  }
  return {name, name};
}

}  // namespace

std::string_view to_string(Freshness freshness) {
  switch (freshness) {
    case Freshness::fresh:
      return "fresh";
    case Freshness::warn:
      return "warn";
    case Freshness::stale:
      return "stale";
    case Freshness::never:
      return "never";
  }
  return "never";
}

std::optional<Language> parse_language(std::string_view text) {
  if (text == "vi") return Language::vi;
  if (text == "en") return Language::en;
  return std::nullopt;
}

Phrase word(State state) {
  switch (state) {
    case State::met:
      return {"đạt", "met"};
    case State::not_met:
      return {"không đạt", "not met"};
    case State::error:
      return {"lỗi số liệu", "data error"};
    case State::no_data:
      return {"chưa có dữ liệu", "no data"};
    case State::stale:
      return {"quá hạn", "stale"};
    case State::unconfirmed:
      return {"chưa xác nhận", "unconfirmed"};
    case State::exempt:
      return {"được miễn", "exempt"};
  }
  return {"?", "?"};
}

Phrase word(Reason reason) {
  switch (reason) {
    case Reason::no_figure:
      return {"chưa có số liệu", "no figure yet"};
    case Reason::window_gap:
      return {"thiếu một kỳ số liệu ở giữa", "a period in the middle is missing"};
    case Reason::window_overlap:
      return {"các kỳ số liệu chồng lên nhau", "periods overlap"};
    case Reason::boundary:
      return {"số liệu theo địa giới khác", "the figure was told for other boundaries"};
    case Reason::key_mixed:
      return {"đếm bằng nhiều khóa băm khác nhau", "counted under different keys"};
    case Reason::not_covered:
      return {"không nguồn nào có dòng hợp lệ của đơn vị", "no source has a valid row of this unit"};
    case Reason::zero_denominator:
      return {"mẫu số bằng 0", "the denominator is 0"};
    case Reason::above_denominator:
      return {"tử số lớn hơn mẫu số (thường do địa chỉ cũ)", "numerator above denominator (usually old addresses)"};
    case Reason::jump:
      return {"số liệu thay đổi bất thường", "the figure jumped past its guard"};
    case Reason::stale_figure:
      return {"số liệu quá hạn", "a figure is too old"};
    case Reason::no_evidence:
      return {"thiếu minh chứng", "evidence is not on file"};
    case Reason::evidence_rejected:
      return {"minh chứng bị từ chối", "evidence was rejected"};
    case Reason::evidence_withdrawn:
      return {"minh chứng đã rút", "evidence was withdrawn"};
    case Reason::evidence_expired:
      return {"minh chứng hết hiệu lực", "evidence has expired"};
    case Reason::reconfirm:
      return {"cần xác nhận lại theo số liệu mới", "to be confirmed again for these figures"};
    case Reason::below_threshold:
      return {"dưới ngưỡng", "below the threshold"};
    case Reason::exempted:
      return {"được miễn theo quyết định", "exempted by decision"};
    case Reason::sum_too_large:
      return {"tổng số liệu vượt giới hạn", "the sum of the figures is out of range"};
  }
  return {"?", "?"};
}

Phrase word(Flag flag) {
  switch (flag) {
    case Flag::out_of_force:
      return {"bộ tiêu chí không có hiệu lực vào ngày này", "criteria not in force on this day"};
    case Flag::previous_window:
      return {"tính theo cả năm trước", "counted over the whole previous year"};
    case Flag::disputed:
      return {"các nguồn mâu thuẫn nhau", "sources disagree"};
    case Flag::alternate_differs:
      return {"cách tính thứ hai cho kết quả ngược lại", "the second reading falls on the other side"};
  }
  return {"?", "?"};
}

Phrase word(Truth truth) {
  switch (truth) {
    case Truth::t:
      return {"đúng", "true"};
    case Truth::f:
      return {"sai", "false"};
    case Truth::u:
      return {"chưa rõ", "unknown"};
    case Truth::n:
      return {"không áp dụng", "not applicable"};
  }
  return {"?", "?"};
}

Phrase word(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::decision:
      return {"quyết định", "decision"};
    case EvidenceKind::plan:
      return {"kế hoạch", "plan"};
    case EvidenceKind::activity:
      return {"hoạt động", "activity"};
    case EvidenceKind::inspection:
      return {"biên bản kiểm tra", "inspection"};
    case EvidenceKind::channel:
      return {"kênh liên lạc số", "digital channel"};
    case EvidenceKind::radio:
      return {"đài truyền thanh", "radio station"};
    case EvidenceKind::website:
      return {"trang thông tin điện tử", "website"};
    case EvidenceKind::social:
      return {"mạng xã hội", "social network"};
    case EvidenceKind::confirm_commune:
      return {"xác nhận của xã", "confirmation by the commune"};
    case EvidenceKind::confirm_area:
      return {"xác nhận của khu dân cư", "confirmation by the residential area"};
    case EvidenceKind::exemption:
      return {"miễn áp dụng", "exemption"};
    case EvidenceKind::recognition:
      return {"quyết định công nhận", "recognition"};
  }
  return {"?", "?"};
}

Phrase word(EvidenceState state) {
  switch (state) {
    case EvidenceState::accepted:
      return {"chấp nhận", "accepted"};
    case EvidenceState::rejected:
      return {"từ chối", "rejected"};
    case EvidenceState::withdrawn:
      return {"đã rút", "withdrawn"};
  }
  return {"?", "?"};
}

Phrase word(Freshness freshness) {
  switch (freshness) {
    case Freshness::fresh:
      return {"còn mới", "fresh"};
    case Freshness::warn:
      return {"sắp quá hạn", "ageing"};
    case Freshness::stale:
      return {"quá hạn", "stale"};
    case Freshness::never:
      return {"chưa từng có", "never"};
  }
  return {"?", "?"};
}

Phrase outcome_word(std::string_view outcome) { return find(kOutcomes, outcome); }
Phrase alert_word(std::string_view name) { return find(kAlerts, name); }

std::string_view sign(State state) {
  switch (state) {
    case State::met:
      return "✓";
    case State::not_met:
      return "✗";
    case State::error:
      return "!";
    case State::no_data:
      return "–";
    case State::stale:
      return "↻";
    case State::unconfirmed:
      return "◐";
    case State::exempt:
      return "○";
  }
  return "?";
}

std::string gap_text(const rules::IndicatorVerdict& verdict, Language language) {
  if (!verdict.gap || *verdict.gap == 0) return {};
  return language == Language::vi ? fmt::format("cần thêm {}", *verdict.gap)
                                  : fmt::format("{} more needed", *verdict.gap);
}

std::string slack_text(const rules::IndicatorVerdict& verdict, Language language) {
  if (!verdict.slack || !verdict.gap || *verdict.gap != 0) return {};
  return language == Language::vi ? fmt::format("có thể giảm {}", *verdict.slack)
                                  : fmt::format("can lose {}", *verdict.slack);
}

}  // namespace ntmd::publish
