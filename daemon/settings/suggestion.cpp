#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "daemon/settings/reader.h"

namespace ntmd::settings {
namespace {

constexpr std::size_t kLongestCompared = 64;

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kLongestCompared) return {};
  const std::string* nearest = nullptr;
  std::size_t nearest_distance = 0;
  for (const auto& candidate : known) {
    if (candidate.size() > kLongestCompared) continue;
    const auto shorter = std::min(word.size(), candidate.size());
    const auto limit = std::max<std::size_t>(2, std::max(word.size(), candidate.size()) / 3);
    const auto apart = distance(word, candidate);
    if (apart > limit || apart >= shorter) continue;  // as many edits as letters is no likeness
    if (nearest == nullptr || apart < nearest_distance) {
      nearest = &candidate;
      nearest_distance = apart;
    }
  }
  return nearest == nullptr ? std::string() : fmt::format(", did you mean \"{}\"?", *nearest);
}

}  // namespace ntmd::settings
