#pragma once
// A file for what memory should not hold: without a name, for its holder alone.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "daemon/base/result.h"

namespace ntmd::base {

/// Gone when its holder goes, however the process ends. One thread at a time.
struct ScratchFile {
  virtual ~ScratchFile() = default;
  /// Adds at the end. After a failure the file is of no use.
  virtual Status append(std::string_view bytes) = 0;
  /// Fills all of `into` from `offset`; bad_data when the file ends before that.
  virtual Status read(std::uint64_t offset, std::span<char> into) = 0;
};

}  // namespace ntmd::base
