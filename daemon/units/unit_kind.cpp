#include "daemon/units/unit_kind.h"

#include <array>

#include "daemon/units/fold.h"

namespace ntmd::units {
namespace {

struct Title {
  std::string_view text;
  UnitKind kind;
};

// Rightly accented or without accents: "Xà …" is a name.
constexpr std::array<Title, 8> kTitles = {{
    {"xã ", UnitKind::xa},
    {"xa ", UnitKind::xa},
    {"phường ", UnitKind::phuong},
    {"phuong ", UnitKind::phuong},
    {"thị trấn ", UnitKind::thi_tran},
    {"thi tran ", UnitKind::thi_tran},
    {"tt ", UnitKind::thi_tran},
    {"tt. ", UnitKind::thi_tran},
}};

}  // namespace

std::string_view to_string(UnitKind kind) {
  switch (kind) {
    case UnitKind::xa:
      return "xa";
    case UnitKind::phuong:
      return "phuong";
    case UnitKind::thi_tran:
      return "thi_tran";
  }
  return "unknown";
}

std::optional<UnitKind> parse_unit_kind(std::string_view text) {
  for (const UnitKind kind : {UnitKind::xa, UnitKind::phuong, UnitKind::thi_tran}) {
    if (text == to_string(kind)) return kind;
  }
  return std::nullopt;
}

FoldedName fold_with_kind(std::string_view name) {
  FoldedName folded{std::nullopt, fold_keeping_accents(name), {}};
  for (const Title& title : kTitles) {
    if (!folded.accented.starts_with(title.text)) continue;
    folded.kind = title.kind;
    folded.accented.erase(0, title.text.size());
    break;
  }
  folded.plain = fold(folded.accented);
  return folded;
}

FoldedName fold_without_kind(std::string_view name) { return {std::nullopt, fold_keeping_accents(name), fold(name)}; }

}  // namespace ntmd::units
