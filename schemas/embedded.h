#pragma once
// The data files that are built into the binary, by their path in the repository.

#include <span>
#include <string_view>

namespace ntmd::schemas {

struct Embedded {
  std::string_view path;  ///< e.g. "schemas/elements.yaml", "connectors/catalogue/figures-csv.yaml"
  std::string_view text;
};

/// All of them, by path in byte order.
std::span<const Embedded> embedded();

/// The text of `path`; empty when there is none.
inline std::string_view embedded(std::string_view path) {
  for (const auto& file : embedded()) {
    if (file.path == path) return file.text;
  }
  return {};
}

}  // namespace ntmd::schemas
