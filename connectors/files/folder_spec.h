#pragma once
// What a file source takes from a drop folder.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ntmd::connectors {

struct FolderSpec {
  std::string dir;          ///< absolute, or relative to the file that named it (resolved)
  std::string match = "*";  ///< shell pattern on the file name
  std::chrono::milliseconds stable_for{30000};
  std::uint64_t max_bytes = 16ULL << 30U;
  bool manifest_required = false;           ///< a file without `<name>.sha256` beside it waits
  std::optional<std::string> date_pattern;  ///< "yyyy-MM-dd": the file date stands in the name
  std::optional<std::uint32_t> parts;       ///< a snapshot is whole when it has this many files
};

}  // namespace ntmd::connectors
