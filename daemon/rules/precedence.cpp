#include "daemon/rules/precedence.h"

#include <algorithm>
#include <tuple>

namespace ntmd::rules {
namespace {

std::size_t rank_of(const model::Element* element, std::string_view source_id) {
  if (element == nullptr) return 0;
  const auto& order = element->precedence;
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), source_id) - order.begin());
}

}  // namespace

bool in_force_over(const model::Figure& a, const model::Figure& b) {
  if (!a.derived) return model::supersedes(a, b);
  return std::tie(a.recorded, a.revision, a.row) > std::tie(b.recorded, b.revision, b.row);
}

void put_version(std::vector<model::Figure>& versions, const model::Figure& version) {
  const auto same = std::ranges::find_if(versions, [&](const model::Figure& known) {
    return known.period == version.period && known.derived == version.derived &&
           (known.derived || known.source == version.source);
  });
  if (same == versions.end()) {
    versions.push_back(version);
  } else if (in_force_over(version, *same)) {
    *same = version;
  }
}

std::vector<Teller> by_teller(const Facts& facts, const model::Element* element,
                              const std::vector<const model::Figure*>& versions) {
  std::vector<Teller> tellers;
  for (const auto* version : versions) {
    auto teller = std::find_if(tellers.begin(), tellers.end(), [&](const Teller& known) {
      return known.derived == version->derived &&
             (version->derived || known.versions.front()->source == version->source);
    });
    const std::string_view source_id = facts.sources().name(version->source);
    const auto rank = rank_of(element, source_id);
    if (teller == tellers.end()) {
      tellers.push_back({version->derived, rank, source_id, {version}});
      continue;
    }
    teller->rank = std::min(teller->rank, rank);
    teller->versions.push_back(version);
  }
  for (auto& teller : tellers) {
    if (!teller.derived) continue;
    const auto* last = *std::max_element(teller.versions.begin(), teller.versions.end(),
                                         [](const auto* a, const auto* b) { return in_force_over(*b, *a); });
    teller.source_id = facts.sources().name(last->source);
  }
  std::sort(tellers.begin(), tellers.end(), [](const Teller& a, const Teller& b) {
    return std::tie(a.rank, a.source_id, a.derived) < std::tie(b.rank, b.source_id, b.derived);
  });
  return tellers;
}

}  // namespace ntmd::rules
