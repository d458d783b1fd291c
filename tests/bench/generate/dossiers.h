#pragma once
// A portal's dossiers of one year, as the systems between authorities tell them: an object a line, some told again.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/bench/generate/calendar.h"

namespace ntmd::bench {

struct DossierPlan {
  std::vector<std::string> communes;  ///< codes
  Day first;                          ///< of receipt
  Day last;
  std::uint64_t seed = 1;
};

struct DossiersWritten {
  std::uint64_t lines = 0;
  std::uint64_t bad = 0;    ///< lines to be quarantined
  std::uint64_t again = 0;  ///< lines that tell a dossier anew
  // By commune, as each dossier is told last.
  std::vector<std::uint64_t> received;
  std::vector<std::uint64_t> online;  ///< of those received
  std::vector<bool> has_dossiers;     ///< whatever their state
};

/// Writes exactly `lines` lines. One in a hundred is bad; two in a hundred tell a dossier of before again: with another
/// state, channel, month or commune. Throws std::system_error when the disk refuses.
DossiersWritten write_dossiers(const std::filesystem::path& file, const DossierPlan& plan, std::uint64_t lines);

}  // namespace ntmd::bench
