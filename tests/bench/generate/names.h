#pragma once
// Names as banks print them: with Vietnamese letters or in capitals without, some with commas, quotes, a line break.

#include <string>
#include <vector>

namespace ntmd::bench {

/// CSV fields, quoted where they must be.
struct Name {
  std::string written;   ///< as the person writes it
  std::string capitals;  ///< without accents
};

/// As many as are asked for; the same for the same seed.
std::vector<Name> make_names(std::size_t count, std::uint64_t seed);

}  // namespace ntmd::bench
