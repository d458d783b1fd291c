#pragma once
// Whether two verdicts are the same in every field.

#include "daemon/rules/verdict.h"

namespace ntmd::publish {

/// A new field of a verdict does not compile here until it is compared.
bool same_verdict(const rules::UnitVerdict& a, const rules::UnitVerdict& b);

}  // namespace ntmd::publish
