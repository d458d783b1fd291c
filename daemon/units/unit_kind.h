#pragma once
// The kinds of commune-level units, and names split into kind and name proper.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ntmd::units {

/// Values are frozen: they are stored.
enum class UnitKind : std::uint8_t { xa = 1, phuong = 2, thi_tran = 3 };

/// "xa", "phuong", "thi_tran".
std::string_view to_string(UnitKind kind);
std::optional<UnitKind> parse_unit_kind(std::string_view text);

/// A name as it is looked up.
struct FoldedName {
  std::optional<UnitKind> kind;  ///< what stood in front: Xã, Phường, Thị trấn or TT
  std::string accented;          ///< the name proper, folded, accents kept
  std::string plain;             ///< the same without accents
  [[nodiscard]] bool has_accents() const { return accented != plain; }
};

FoldedName fold_with_kind(std::string_view name);
/// The whole text as the name proper, for names that begin like a kind.
FoldedName fold_without_kind(std::string_view name);

}  // namespace ntmd::units
