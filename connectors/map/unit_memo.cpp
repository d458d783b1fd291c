#include "connectors/map/unit_memo.h"

#include <utility>

namespace ntmd::connectors {

UnitMemo::UnitMemo(const units::UnitRegister& units, std::string scheme, bool on_any_day, bool groups)
    : units_(units), scheme_(std::move(scheme)), on_any_day_(on_any_day), groups_(groups) {}

units::UnitRow UnitMemo::resolve(std::string_view text, model::Day day) const {
  const auto found = units_.resolve(scheme_, text, day);
  if (found.kind == units::Resolution::Kind::found) return found.row;
  if (on_any_day_ && found.kind == units::Resolution::Kind::not_valid_then) return found.candidates.back();
  if (groups_ && found.kind == units::Resolution::Kind::unknown) return units_.find_group(text).value_or(kNone);
  return kNone;
}

}  // namespace ntmd::connectors
