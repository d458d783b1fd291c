#pragma once
// The matrix of units by indicators, in sections, so that what did not change need not be written out again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/publish/layout.h"

namespace ntmd::publish {

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

/// How wide the matrix must be, in rem.
std::int64_t matrix_rem(const CriteriaLayout& layout);

}  // namespace ntmd::publish
