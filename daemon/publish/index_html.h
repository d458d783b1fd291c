#pragma once
// index.html: every unit by every indicator, what fires, how the sources are. No outside request, both languages.

#include <span>
#include <string>
#include <vector>

#include "daemon/publish/layout.h"
#include "daemon/publish/matrix_html.h"
#include "daemon/publish/totals.h"

namespace ntmd::publish {

/// The page around the sections of the matrix.
struct IndexFrame {
  struct Set {
    std::string before;
    std::string after;
  };
  std::string head;
  std::vector<Set> sets;  ///< by criteria set, around its sections
  std::string tail;
};
/// `totals` by criteria set.
IndexFrame index_frame(const Printing& printing, std::span<const Totals> totals);

std::string index_html(const Snapshot& snapshot);

}  // namespace ntmd::publish
