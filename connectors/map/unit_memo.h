#pragma once
// Unit look-ups of a delivery, each distinct text once.

#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/map/memo_table.h"
#include "connectors/map/short_text.h"
#include "daemon/model/day.h"
#include "daemon/units/register.h"

namespace ntmd::connectors {

/// Answers `register.resolve(scheme, text, day)` from a table. One thread at a time.
class UnitMemo {
 public:
  static constexpr units::UnitRow kNone = static_cast<units::UnitRow>(-1);

  /// `on_any_day`: who is not valid on the day asked is found by its last row that is. `groups`: a code that is no
  /// unit's may be a group's.
  UnitMemo(const units::UnitRegister& units, std::string scheme, bool on_any_day, bool groups);
  /// kNone unless it is exactly one unit or group. A text has no zero byte (decoders refuse it).
  units::UnitRow find(std::string_view text, model::Day day) {
    if (text.empty() || text.size() > kLong) return resolve(text, day);
    if (text.size() <= kCode) return codes_.find(CodeKey(text, day), [&] { return resolve(text, day); });
    return names_.find(NameKey(text, day), [&] { return resolve(text, day); });
  }

 private:
  static constexpr std::size_t kCode = 8;
  static constexpr std::size_t kLong = 24;
  static std::size_t mix(std::uint64_t word, model::Day day) {
    auto h = word + static_cast<std::uint32_t>(day.since_epoch());
    h ^= h >> 32U;
    h *= 0xD6E8FEB86659FD93U;
    return static_cast<std::size_t>(h ^ (h >> 32U));
  }
  /// The text itself, padded with zeros.
  struct CodeKey {
    std::uint64_t word = 0;
    model::Day day;
    CodeKey() = default;
    CodeKey(std::string_view text, model::Day on) : word(short_text(text)), day(on) {}
    bool operator==(const CodeKey&) const = default;
    [[nodiscard]] std::size_t hash() const { return mix(word, day); }
  };
  struct NameKey {
    std::uint64_t words[3] = {0, 0, 0};
    model::Day day;
    NameKey() = default;
    NameKey(std::string_view text, model::Day on) : day(on) {
      words[0] = short_text(text);
      words[1] = short_text(text.substr(8));
      if (text.size() > 16) words[2] = short_text(text.substr(16));
    }
    bool operator==(const NameKey&) const = default;
    [[nodiscard]] std::size_t hash() const {
      return mix(words[0] ^ (words[1] * 0x9E3779B97F4A7C15U) ^ (words[2] * 0xC2B2AE3D27D4EB4FU), day);
    }
  };
  [[nodiscard]] units::UnitRow resolve(std::string_view text, model::Day day) const;

  const units::UnitRegister& units_;
  std::string scheme_;
  bool on_any_day_;
  bool groups_;
  MemoTable<CodeKey, units::UnitRow> codes_;
  MemoTable<NameKey, units::UnitRow> names_;
};

}  // namespace ntmd::connectors
