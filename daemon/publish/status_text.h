#pragma once
// What `ntmd status` and `ntmd explain` print for people.

#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/publish/snapshot.h"
#include "daemon/publish/words.h"

namespace ntmd::publish {

/// Every unit on a line, then totals and what is wrong with the sources.
std::string status_text(const Snapshot& snapshot, Language language);

/// One unit, an indicator a line. `gone` for a unit that is not assessed.
base::Result<std::string> unit_text(const Snapshot& snapshot, std::string_view unit, Language language);

/// One verdict down to its deliveries: condition, numbers, inputs with source, date and age, evidence, reasons,
/// decision. `gone` for a unit that is not assessed or an indicator that none of its criteria has.
base::Result<std::string> explain_text(const Snapshot& snapshot, std::string_view unit, std::string_view indicator,
                                       Language language);

}  // namespace ntmd::publish
