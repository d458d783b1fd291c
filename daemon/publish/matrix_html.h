#pragma once
// The matrix of units by indicators, in sections, so that what did not change need not be written out again.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/publish/layout.h"

namespace ntmd::publish {

/// A column of the matrix behind the fixed ones: a pillar before its indicators, then the indicators of no pillar.
struct Column {
  std::optional<std::uint32_t> pillar;
  std::uint32_t indicator = 0;  ///< when it is no pillar
};
std::vector<Column> columns_of(const CriteriaLayout& layout);
/// Unit, result, tally.
inline constexpr std::size_t kFixedColumns = 3;

/// Units of one criteria set and one group, few enough that a browser lays out only what is in view.
struct Section {
  std::uint32_t criteria = 0;
  std::string group;
  bool whole = true;                    ///< all units of the group, not a part of them
  std::vector<std::uint32_t> verdicts;  ///< into Verdicts::by_unit, by code
};
inline constexpr std::size_t kSectionUnits = 150;

/// By criteria set, then group.
std::vector<Section> sections_of(const Printing& printing);

/// A table with its own head. A cell is one unquoted class and a number; its sign comes from page.css.
std::string section_html(const Printing& printing, const Section& section);

}  // namespace ntmd::publish
