#include "connectors/codec/csv_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

namespace ntmd::connectors {
namespace {

/// Edits between two names, swaps of neighbours not counted as one.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string near(const std::vector<std::string>& header, std::string_view column) {
  const std::string* best = nullptr;
  std::size_t best_distance = 1 + (column.size() / 4);
  for (const auto& name : header) {
    if (name.size() > column.size() * 2) continue;
    const auto far = distance(name, column);
    if (far == 0 || far > best_distance || (best != nullptr && far == best_distance)) continue;
    best = &name;
    best_distance = far;
  }
  return best == nullptr ? std::string() : fmt::format(", did you mean \"{}\"?", *best);
}

std::string shape_hint(const std::vector<std::string>& header) {
  if (header.size() != 1) return {};
  if (header[0].find(';') != std::string::npos) return "; the header has semicolons, expected commas";
  if (header[0].find('\t') != std::string::npos) return "; the header has tabs, expected commas";
  return {};
}

}  // namespace

base::Result<std::vector<std::int32_t>> match_header(const std::vector<std::string>& header,
                                                     const std::vector<std::string>& columns) {
  std::vector<std::int32_t> slots(header.size(), -1);
  for (std::size_t slot = 0; slot < columns.size(); ++slot) {
    const auto found = std::find(header.begin(), header.end(), columns[slot]);
    if (found == header.end()) {
      return base::fail(base::Fault::bad_data, fmt::format("1:1: header: column \"{}\" is missing{}{}", columns[slot],
                                                           near(header, columns[slot]), shape_hint(header)));
    }
    slots[static_cast<std::size_t>(found - header.begin())] = static_cast<std::int32_t>(slot);
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i].empty()) continue;
    const auto again = std::find(header.begin() + static_cast<std::ptrdiff_t>(i) + 1, header.end(), header[i]);
    if (again == header.end()) continue;
    const bool known = slots[i] >= 0;
    return base::fail(
        base::Fault::bad_data,
        fmt::format("1:1: header: columns {} and {} have the same name{}, expected each once", i + 1,
                    again - header.begin() + 1, known ? fmt::format(" \"{}\"", header[i]) : std::string()));
  }
  return slots;
}

}  // namespace ntmd::connectors
