#pragma once
// Five banks' exports of a generated province, as files, with what must be found in them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/bench/generate/people.h"

namespace ntmd::bench {

struct Written {
  std::uint64_t rows = 0;
  std::uint64_t bad = 0;     ///< to be quarantined
  std::uint64_t closed = 0;  ///< valid, to be filtered
  std::uint64_t people = 0;
  std::vector<std::uint64_t> counted;  ///< by commune: people of working age with an active account
  std::vector<bool> has_rows;          ///< by commune: a valid row, active or closed
};

/// Writes `<bank>_<yyyy-mm-dd>.csv` into `folder` for each bank, together exactly `rows` rows. One row in a hundred is
/// bad. Throws std::system_error when the disk refuses.
Written write_bank_exports(const std::filesystem::path& folder, const std::string& day, const ProvincePlan& plan,
                           std::uint64_t rows);

}  // namespace ntmd::bench
