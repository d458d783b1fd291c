#pragma once
// The versions of one cell sorted by who tells them, best first (domain §4, order of precedence).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/element.h"
#include "daemon/model/figure.h"
#include "daemon/rules/facts.h"

namespace ntmd::rules {

/// One teller: a source, or everything counted over several sources (`derived`), which stands as one.
/// Points into the facts.
struct Teller {
  bool derived = false;
  std::size_t rank = 0;        ///< place in the element's order; its size when not named there
  std::string_view source_id;  ///< derived: of its last computed version
  std::vector<const model::Figure*> versions;
};

/// Whether `a` is in force rather than `b`, both of one teller and date or period: the last received, or the last
/// computed.
bool in_force_over(const model::Figure& a, const model::Figure& b);

/// Adds a version, or puts it in the place of the one of its teller and period that it is in force over; where that is
/// the other way round nothing is added. So memory does not grow with what is told again.
void put_version(std::vector<model::Figure>& versions, const model::Figure& version);

/// `versions` by teller, in the order of `element` (nullptr: no named order), the rest by source id. A derived teller
/// has the best place of any source that a version of it names.
std::vector<Teller> by_teller(const Facts& facts, const model::Element* element,
                              const std::vector<const model::Figure*>& versions);

}  // namespace ntmd::rules
