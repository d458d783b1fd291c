#pragma once
// Unit look-ups of a delivery, each distinct text once.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connectors/map/short_text.h"
#include "daemon/model/day.h"
#include "daemon/units/register.h"

namespace ntmd::connectors {

/// Answers `register.resolve(scheme, text, day)` from a small table. One thread at a time.
class UnitMemo {
 public:
  static constexpr units::UnitRow kNone = static_cast<units::UnitRow>(-1);

  /// `on_any_day`: who is not valid on the day asked is found by its last row that is. `groups`: a code that is no
  /// unit's may be a group's.
  UnitMemo(const units::UnitRegister& units, std::string scheme, bool on_any_day, bool groups);
  /// kNone unless it is exactly one unit or group.
  units::UnitRow find(std::string_view text, model::Day day) {
    if (text.size() > kShort) return resolve(text, day);
    const Key key(text, day);
    const Slot& slot = slots_[key.hash() & (kSlots - 1)];
    return slot.key == key ? slot.row : miss(key, text, day);
  }

 private:
  static constexpr std::size_t kShort = 24;
  static constexpr std::size_t kSlots = 4096;
  /// The text itself, padded with zeros (a text has none: decoders refuse it), with its day.
  struct Key {
    std::uint64_t words[3] = {0, 0, 0};
    std::uint64_t day_and_size = static_cast<std::uint64_t>(-1);
    Key() = default;
    Key(std::string_view text, model::Day day)
        : day_and_size((static_cast<std::uint64_t>(static_cast<std::uint32_t>(day.since_epoch())) << 8U) |
                       text.size()) {
      words[0] = short_text(text);
      if (text.size() > 8) words[1] = short_text(text.substr(8));
      if (text.size() > 16) words[2] = short_text(text.substr(16));
    }
    bool operator==(const Key&) const = default;
    [[nodiscard]] std::size_t hash() const {
      std::uint64_t h =
          (words[0] ^ (words[1] * 0x9E3779B97F4A7C15ULL) ^ (words[2] * 0xC2B2AE3D27D4EB4FULL)) + day_and_size;
      h ^= h >> 32U;
      h *= 0xD6E8FEB86659FD93ULL;
      return static_cast<std::size_t>(h ^ (h >> 32U));
    }
  };
  struct Slot {
    Key key;
    units::UnitRow row = kNone;
  };
  units::UnitRow resolve(std::string_view text, model::Day day) const;
  units::UnitRow miss(const Key& key, std::string_view text, model::Day day);

  const units::UnitRegister& units_;
  std::string scheme_;
  bool on_any_day_;
  bool groups_;
  std::vector<Slot> slots_;  // a newer text takes an older one's place
};

}  // namespace ntmd::connectors
