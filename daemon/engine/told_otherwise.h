#pragma once
// Whether two passes were told different things: what a changed verdict is traced by.

#include <optional>

#include "daemon/model/evidence.h"
#include "daemon/rules/verdict.h"

namespace ntmd::engine {

/// Whether another number is told. That it is older, or was told again, is no difference.
bool numbered_otherwise(const rules::Operand& a, const rules::Operand& b);
/// Whether the same number is told of another day, or by another source: all that matters where it was too old.
bool dated_otherwise(const rules::Operand& a, const rules::Operand& b);
bool told_otherwise(const rules::Record& a, const rules::Record& b);
bool told_otherwise(const rules::GroupFinding& a, const rules::GroupFinding& b);

}  // namespace ntmd::engine
