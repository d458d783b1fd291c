#pragma once
// The code of an administrative unit, e.g. "08515": a value without allocation.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace ntmd::model {

/// 1 to 15 characters of [0-9A-Za-z._-]. Sorts as text. A code alone is no key over time: see `units`.
class UnitCode {
 public:
  static constexpr std::size_t kMax = 15;

  constexpr UnitCode() = default;
  static constexpr std::optional<UnitCode> of(std::string_view text) {
    if (text.empty() || text.size() > kMax) return std::nullopt;
    UnitCode code;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool ok = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
                      c == '_' || c == '-';
      if (!ok) return std::nullopt;
      code.text_[i] = c;
    }
    code.size_ = static_cast<std::uint8_t>(text.size());
    return code;
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text_.data(), size_}; }

  friend constexpr auto operator<=>(const UnitCode& a, const UnitCode& b) { return a.view() <=> b.view(); }
  friend constexpr bool operator==(const UnitCode& a, const UnitCode& b) { return a.view() == b.view(); }

 private:
  std::array<char, kMax> text_{};
  std::uint8_t size_ = 0;
};

}  // namespace ntmd::model

template <>
struct std::hash<ntmd::model::UnitCode> {
  std::size_t operator()(const ntmd::model::UnitCode& code) const noexcept {
    return std::hash<std::string_view>{}(code.view());
  }
};
