#include <fmt/format.h>

#include <algorithm>

#include "daemon/base/personal.h"
#include "daemon/base/utf8.h"
#include "daemon/units/register.h"

namespace ntmd::units {
namespace {

constexpr std::size_t kShownChars = 80;
constexpr std::size_t kShownRows = 5;
/// `asked` as it may stand in a message: short, one line, no number of a person.
std::string shown(std::string_view asked) {
  return base::printable(base::mask_numbers(std::string(asked)), kShownChars);
}

std::string listed(const UnitRegister& units, const std::vector<UnitRow>& rows, bool with_days) {
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), kShownRows); ++i) {
    const Unit& unit = units.at(rows[i]);
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", unit.code.view(), unit.name);
    if (!with_days) continue;
    text += fmt::format(" from {}", unit.valid_from.iso());
    if (unit.valid_to) text += fmt::format(" to {}", unit.valid_to->iso());
  }
  if (rows.size() > kShownRows) text += fmt::format(" and {} more", rows.size() - kShownRows);
  return text;
}

}  // namespace

std::string Resolution::describe(const UnitRegister& units, std::string_view asked) const {
  switch (kind) {
    case Kind::found:
      return fmt::format("unit \"{}\" is {}", shown(asked), listed(units, {row}, false));
    case Kind::unknown:
      return fmt::format("unit \"{}\" is unknown, expected a unit of the register", shown(asked));
    case Kind::not_valid_then:
      return fmt::format("unit \"{}\" is not valid on that day: {}", shown(asked), listed(units, candidates, true));
    case Kind::ambiguous:
      return fmt::format("name \"{}\" is ambiguous: {}", shown(asked), listed(units, candidates, false));
  }
  return {};
}

}  // namespace ntmd::units
