#pragma once
// index.html: every unit by every indicator, what fires, how the sources are. Also in pieces, so that what did not change need not be
// written out again.

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/publish/layout.h"
#include "daemon/publish/totals.h"

namespace ntmd::publish {

/// A part of the matrix: units of one criteria set and one group, few enough that a browser lays out only what is in view.
struct Section {
  std::uint32_t criteria = 0;
  std::string group;
  bool whole = true;                          ///< all units of the group, not a part of them
  std::vector<std::uint32_t> verdicts;        ///< into Verdicts::by_unit, by code
};
inline constexpr std::size_t kSectionUnits = 150;

/// By criteria set, then group.
std::vector<Section> sections_of(const Printing& printing);

std::string section_html(const Printing& printing, const Section& section);

/// The page around the sections: the totals are of the whole of each criteria set.
struct IndexFrame {
  std::string head;                           ///< up to the matrix
  std::vector<std::string> before_criteria;   ///< by criteria set; stands in front of its sections
  std::string tail;
};
IndexFrame index_frame(const Printing& printing, std::span<const Totals> totals);

std::string index_html(const Snapshot& snapshot);

}  // namespace ntmd::publish
