#include "daemon/rules/verdict.h"

#include <array>
#include <utility>

namespace ntmd::rules {
namespace {

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<State, 7> kStates = {{
    {State::met, "met"},
    {State::not_met, "not_met"},
    {State::error, "error"},
    {State::no_data, "no_data"},
    {State::stale, "stale"},
    {State::unconfirmed, "unconfirmed"},
    {State::exempt, "exempt"},
}};

constexpr Names<Reason, 18> kReasons = {{
    {Reason::no_figure, "no_figure"},
    {Reason::window_gap, "window_gap"},
    {Reason::window_overlap, "window_overlap"},
    {Reason::boundary, "boundary"},
    {Reason::key_mixed, "key_mixed"},
    {Reason::not_covered, "not_covered"},
    {Reason::zero_denominator, "zero_denominator"},
    {Reason::above_denominator, "above_denominator"},
    {Reason::jump, "jump"},
    {Reason::stale_figure, "stale_figure"},
    {Reason::no_evidence, "no_evidence"},
    {Reason::evidence_rejected, "evidence_rejected"},
    {Reason::evidence_withdrawn, "evidence_withdrawn"},
    {Reason::evidence_expired, "evidence_expired"},
    {Reason::reconfirm, "reconfirm"},
    {Reason::below_threshold, "below_threshold"},
    {Reason::exempted, "exempted"},
    {Reason::sum_too_large, "sum_too_large"},
}};

constexpr Names<Flag, 4> kFlags = {{
    {Flag::out_of_force, "out_of_force"},
    {Flag::previous_window, "previous_window"},
    {Flag::disputed, "disputed"},
    {Flag::alternate_differs, "alternate_differs"},
}};

template <class Enum, std::size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "unknown";
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const Names<Enum, N>& names, std::string_view text) {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(State state) { return name_of(kStates, state); }
std::optional<State> parse_state(std::string_view text) { return value_of(kStates, text); }
std::string_view to_string(Reason reason) { return name_of(kReasons, reason); }
std::optional<Reason> parse_reason(std::string_view text) { return value_of(kReasons, text); }
std::string_view to_string(Flag flag) { return name_of(kFlags, flag); }

UnitVerdicts::UnitVerdicts(std::vector<UnitVerdict> verdicts) {
  units_.reserve(verdicts.size());
  for (auto& verdict : verdicts) push_back(std::move(verdict));
}

UnitVerdict& UnitVerdicts::change(std::size_t place) {
  auto& verdict = units_[place];
  if (verdict.use_count() > 1) verdict = std::make_shared<UnitVerdict>(*verdict);
  return *verdict;
}

}  // namespace ntmd::rules
