#pragma once
// The rows of a delivery of records, put in order by key, in memory that does not grow with their number.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/scratch_file.h"
#include "daemon/engine/key_piles.h"
#include "daemon/store/records.h"

namespace ntmd::engine {

/// Rows as they come, each in so many words. One thread at a time.
class RecordRows {
 public:
  /// `versions`: rows have one; without, all are of version 0.
  RecordRows(std::size_t days, bool versions)
      : days_(days), versions_(versions), stride_(2 + (versions ? 1U : 0U) + (days + 1) / 2) {}

  void add(std::uint64_t key, std::int64_t version, std::uint32_t unit, std::uint32_t counts,
           std::span<const std::int32_t> days) {
    const auto at = words_.size();
    words_.resize(at + stride_);
    auto* word = words_.data() + at;
    *word++ = key;
    if (versions_) *word++ = static_cast<std::uint64_t>(version);
    *word++ = std::uint64_t{unit} << 32U | counts;
    for (std::size_t day = 0; day < days_; day += 2) {
      const auto second = day + 1 < days_ ? static_cast<std::uint32_t>(days[day + 1]) : 0U;
      *word++ = std::uint64_t{second} << 32U | static_cast<std::uint32_t>(days[day]);
    }
  }
  void clear() { words_.clear(); }
  [[nodiscard]] std::span<const std::uint64_t> words() const { return words_; }
  [[nodiscard]] std::size_t stride() const { return stride_; }

 private:
  std::size_t days_;
  bool versions_;
  std::size_t stride_;  ///< words of a row
  std::vector<std::uint64_t> words_;
};

/// First `add`, then `finish` once. Of the rows of one key the one with the greatest version stays, of
/// equal ones the last added. Keys are hashes (they spread evenly: else it takes more memory). The scratch files are
/// opened when they are first needed; without `open_scratch` all stays in memory. A full disk is retry_later; a scratch
/// file that is not as it was written is bad_data. One thread at a time.
class RecordPiles {
 public:
  /// Rows in memory, 24 bytes each with two days, and once more while they are put in order.
  static constexpr std::size_t kHeld = std::size_t{1} << 20U;

  /// `versions`: rows have one; without, all are of version 0.
  RecordPiles(std::size_t days, bool versions, OpenScratch open_scratch, std::size_t held = kHeld);
  ~RecordPiles();
  RecordPiles(RecordPiles&&) noexcept;

  /// Rows of the same days and versions, much fewer than `held`.
  base::Status add(const RecordRows& rows);

  struct Ordered {
    unsigned bits = 0;
    std::uint64_t rows = 0;
    std::unique_ptr<store::BlockReader> blocks;
  };
  /// `units`: the number to write for each that was added. No row comes any more.
  base::Result<Ordered> finish(std::span<const std::uint32_t> units);

 private:
  class Packer;

  void arrange();
  base::Status spill();
  base::Status take_pile(std::size_t pile, std::vector<std::uint64_t>& words);

  static constexpr unsigned kPileBits = 8;
  static constexpr std::size_t kPiles = std::size_t{1} << kPileBits;
  struct Piece {
    std::uint64_t first = 0;            ///< in the file, in words
    std::vector<std::size_t> ends;      ///< of its piles, in words from `first`
    std::vector<std::uint64_t> checks;  ///< of its piles
  };

  std::size_t days_;
  bool versions_;
  OpenScratch open_scratch_;
  std::size_t held_;
  std::size_t stride_;  ///< words of a row
  std::vector<std::uint64_t> rows_;
  std::vector<std::uint64_t> arranged_;  ///< by pile
  std::vector<std::size_t> ends_;        ///< of the piles in it
  std::unique_ptr<base::ScratchFile> scratch_;
  std::uint64_t spilled_ = 0;  ///< words
  std::vector<Piece> pieces_;
  std::uint64_t count_ = 0;
};

}  // namespace ntmd::engine
