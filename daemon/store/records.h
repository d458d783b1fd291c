#pragma once
// Keyed records that change, as a delivery brings them: one row per key, with its unit, its days and what it counts
// for.
//
// A key is kept as a 64-bit hash only: nothing here needs what a source calls its records, and such a number leads to a
// person wherever it can be looked up. Of keys that a province makes in ten years (10^7) two share a hash with a chance
// of 1 in 10^5, and then one record is missed. Unlike the hashes of people it is made with a fixed key: a record stays
// for years, and the key of people may be changed.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/day.h"
#include "daemon/model/figure.h"
#include "daemon/model/unit_code.h"

namespace ntmd::store {

/// An element that records are counted for, on one of their days.
struct RecordCounter {
  model::ElementId element = 0;
  std::uint32_t day = 0;  ///< into RecordLayout::days
  bool operator==(const RecordCounter&) const = default;
};

/// What the numbers in a delivery's rows mean.
struct RecordLayout {
  static constexpr std::size_t kMostDays = 8;
  static constexpr std::size_t kMostCounters = 32;

  std::vector<model::UnitCode> units;  ///< ascending
  std::vector<std::string> days;       ///< e.g. "received"; without commas and line ends
  std::vector<RecordCounter> counters;
};

/// Rows by column, ascending by key, each key once.
struct RecordBlock {
  static constexpr std::int32_t kNoDay = std::numeric_limits<std::int32_t>::min();

  std::vector<std::uint64_t> keys;
  std::vector<std::int64_t> versions;           ///< of a key the greatest counts, of equal ones the one told last
  std::vector<std::uint32_t> units;             ///< into RecordLayout::units
  std::vector<std::uint32_t> counts;            ///< bits: the counters it counts for
  std::vector<std::vector<std::int32_t>> days;  ///< by RecordLayout::days; since 1970-01-01, or kNoDay

  [[nodiscard]] std::size_t size() const { return keys.size(); }
  void clear(std::size_t day_columns);
  bool operator==(const RecordBlock&) const = default;
};

/// `block` in as few bytes as its values need, the same on every machine.
void pack(const RecordBlock& block, std::string& out);
/// bad_data unless it is what `pack` makes of rows with so many days.
base::Status unpack(std::string_view bytes, std::size_t day_columns, RecordBlock& into);

/// The rows whose keys begin with `bucket`.
struct PackedBlock {
  std::uint32_t bucket = 0;
  std::uint32_t rows = 0;
  std::string bytes;
};

/// One at a time, by ascending buckets; forward only.
struct BlockReader {
  virtual ~BlockReader() = default;
  /// Until the next call; nullptr after the last. Buckets without rows are left out.
  virtual base::Result<const PackedBlock*> next() = 0;
};

struct StagedRecords {
  static constexpr unsigned kMostBits = 16;

  RecordLayout layout;
  unsigned bits = 0;  ///< of a key that tell its bucket
  std::uint64_t rows = 0;
  std::unique_ptr<BlockReader> blocks;  ///< read once, by the commit
  /// Counts from this day on are told by days: the month that is not over. Earlier ones by months.
  model::Day daily_from;
};

}  // namespace ntmd::store
