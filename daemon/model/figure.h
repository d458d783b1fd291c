#pragma once
// One value of one element for one unit, as one delivery told it.

#include <cstdint>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/model/day.h"
#include "daemon/model/name_table.h"
#include "daemon/model/unit_code.h"

namespace ntmd::model {

using ElementId = NameTable::Id;
using SourceId = NameTable::Id;

/// A delivery in the order of commits, from 1; 0 is none.
using Revision = std::uint64_t;

/// Why a version holds no number. Values are frozen: they are stored.
enum class Missing : std::uint8_t {
  none = 0,         ///< it holds one
  not_covered = 1,  ///< counted over sources: no snapshot in force has a valid row of the unit any more
  key_mixed = 2,    ///< counted over sources: runs made with different keys are never united
};

/// A version of a cell (unit × element × source). A stock has `period.first == period.last`, its date.
struct Figure {
  UnitCode unit;
  ElementId element = 0;
  SourceId source = 0;
  Period period;
  std::int64_t value = 0;  ///< ≥ 0; 0 when missing
  Missing missing = Missing::none;
  bool derived = false;  ///< counted over several sources: the last computed is in force; `source` is the one with the
                         ///< oldest snapshot
  base::Instant received{};  ///< when the bytes came; a replay inherits it
  Revision revision = 0;     ///< of the delivery
  std::uint32_t row = 0;     ///< later rows of one delivery win
  base::Instant recorded{};  ///< when it was committed: what "known at" asks
};

/// Which of two versions with the same date is in force: the greater (received, revision, row).
constexpr bool supersedes(const Figure& newer, const Figure& older) {
  if (newer.received != older.received) return newer.received > older.received;
  if (newer.revision != older.revision) return newer.revision > older.revision;
  return newer.row > older.row;
}

}  // namespace ntmd::model
