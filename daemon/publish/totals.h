#pragma once
// How many units and indicators stand in each state.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/rules/verdict.h"

namespace ntmd::publish {

inline constexpr std::array kStates = {rules::State::met,   rules::State::not_met, rules::State::unconfirmed,
                                       rules::State::stale, rules::State::no_data, rules::State::error,
                                       rules::State::exempt};

/// A number per state.
class StateCounts {
 public:
  void add(rules::State state, std::uint32_t n = 1) { counts_[index(state)] += n; }
  [[nodiscard]] std::uint32_t of(rules::State state) const { return counts_[index(state)]; }
  [[nodiscard]] std::uint32_t all() const;
  StateCounts& operator+=(const StateCounts& other);

 private:
  static std::size_t index(rules::State state) { return static_cast<std::size_t>(state); }
  std::array<std::uint32_t, 8> counts_{};
};

/// Of one criteria set.
struct Totals {
  StateCounts units;
  std::vector<StateCounts> indicators;  ///< by rule
  void add(const rules::UnitVerdict& verdict);
  Totals& operator+=(const Totals& other);
};

/// By criteria set, over all units.
std::vector<Totals> count_totals(const rules::Verdicts& verdicts);

}  // namespace ntmd::publish
