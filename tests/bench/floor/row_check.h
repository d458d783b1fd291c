#pragma once
// Every field of a row of the bank export, checked on its bytes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ntmd::bench {

/// Codes of communes to their numbers.
class Communes {
 public:
  static constexpr std::uint32_t kUnknown = ~0U;
  explicit Communes(const std::vector<std::string>& codes);
  [[nodiscard]] std::uint32_t find(std::uint64_t code) const {
    for (std::size_t at = slot(code);; at = (at + 1) & mask_) {
      if (slots_[at].code == code) return slots_[at].commune;
      if (slots_[at].code == 0) return kUnknown;
    }
  }

 private:
  struct Slot {
    std::uint64_t code = 0;
    std::uint32_t commune = kUnknown;
  };
  [[nodiscard]] std::size_t slot(std::uint64_t code) const { return (code * 0x9E3779B97F4A7C15ULL) >> shift_ & mask_; }

  std::vector<Slot> slots_;
  std::size_t mask_;
  unsigned shift_;
};

/// Days as year·512 + month·32 + day: ordered as days are.
using PackedDay = std::uint32_t;
constexpr PackedDay packed(std::uint32_t year, std::uint32_t month, std::uint32_t day) {
  return year << 9U | month << 5U | day;
}

/// Who counts: born after the first day of a pair, on or before the second; by sex.
struct BirthRanges {
  PackedDay after[2] = {0, 0};
  PackedDay last[2] = {0, 0};
};

enum class Verdict : std::uint8_t { bad, closed, active };

struct CheckedRow {
  Verdict verdict = Verdict::bad;
  bool counts = false;  ///< active, and of working age
  std::uint32_t commune = 0;
  std::uint64_t number = 0;  ///< citizen number
};

/// `ends` are the positions of the row's seven separators, `begin` where it starts; 16 bytes behind each field can be
/// read.
CheckedRow check_row(const char* text, std::uint32_t begin, const std::uint32_t* ends, const Communes& communes,
                     const BirthRanges& ranges);

}  // namespace ntmd::bench
