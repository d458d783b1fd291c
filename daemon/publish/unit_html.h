#pragma once
// units/<code>.html: one unit, indicator by indicator, with figures, evidence and reasons in words.

#include "daemon/publish/layout.h"
#include "daemon/publish/stamped.h"

namespace ntmd::publish {

/// The unit must be assessed.
Stamped unit_html(const Printing& printing, const model::UnitCode& code);

}  // namespace ntmd::publish
