#pragma once
// Exact comparison of figures with thresholds (domain §5): integers only, 128 bits wide, nothing rounded up.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/rules/criteria.h"

namespace ntmd::rules {

/// "85%" or "84.5%": 0 to 100, at most 6 decimals. nullopt for anything else, a missing sign included.
std::optional<Threshold> parse_percent(std::string_view text);

/// The smallest numerator that passes. `denominator` ≥ 0; not used by a count. Never above `denominator` for a ratio.
std::int64_t needed(FigureCondition::Kind kind, const Threshold& threshold, std::int64_t denominator);

/// numerator * 100 ≥ threshold * denominator, or numerator ≥ threshold.
bool passes(FigureCondition::Kind kind, const Threshold& threshold, std::int64_t numerator, std::int64_t denominator);

/// numerator / denominator in percent with two decimals, cut off: "84.96". Both ≥ 0, denominator > 0.
std::string percent_of(std::int64_t numerator, std::int64_t denominator);

/// Whether `other` is further from `base` than `permille` of `base`. All ≥ 0.
bool further_than(std::int64_t base, std::int64_t other, std::int64_t permille);

}  // namespace ntmd::rules
