#include "daemon/model/evidence.h"

#include <array>
#include <utility>

namespace ntmd::model {
namespace {

constexpr std::array<std::pair<EvidenceKind, std::string_view>, 12> kKinds = {{
    {EvidenceKind::decision, "decision"},
    {EvidenceKind::plan, "plan"},
    {EvidenceKind::activity, "activity"},
    {EvidenceKind::inspection, "inspection"},
    {EvidenceKind::channel, "channel"},
    {EvidenceKind::radio, "radio"},
    {EvidenceKind::website, "website"},
    {EvidenceKind::social, "social"},
    {EvidenceKind::confirm_commune, "confirm_commune"},
    {EvidenceKind::confirm_area, "confirm_area"},
    {EvidenceKind::exemption, "exemption"},
    {EvidenceKind::recognition, "recognition"},
}};

constexpr std::array<std::pair<EvidenceState, std::string_view>, 3> kStates = {{
    {EvidenceState::accepted, "accepted"},
    {EvidenceState::rejected, "rejected"},
    {EvidenceState::withdrawn, "withdrawn"},
}};

template <class Value, std::size_t N>
std::string_view text_of(const std::array<std::pair<Value, std::string_view>, N>& table, Value value) {
  for (const auto& [known, text] : table) {
    if (known == value) return text;
  }
  return {};
}

template <class Value, std::size_t N>
std::optional<Value> value_of(const std::array<std::pair<Value, std::string_view>, N>& table, std::string_view text) {
  for (const auto& [value, known] : table) {
    if (known == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(EvidenceKind kind) { return text_of(kKinds, kind); }
std::string_view to_string(EvidenceState state) { return text_of(kStates, state); }
std::optional<EvidenceKind> parse_evidence_kind(std::string_view text) { return value_of(kKinds, text); }
std::optional<EvidenceState> parse_evidence_state(std::string_view text) { return value_of(kStates, text); }

}  // namespace ntmd::model
