#pragma once
// Decision records, and the inputs kept of the last pass, read back.

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/rules/decision.h"

namespace ntmd::engine {

/// The inverse of rules::canonical_json; bad_data when a field is missing or of another type. `seq` is left 0.
base::Result<rules::Decision> read_decision(std::string_view body);

/// What the last pass said of one subject under one criteria set, as its inputs: evaluated, they give the verdict.
struct KeptVerdict {
  struct Indicator {
    std::string id;
    rules::IndicatorInputs inputs;
  };
  std::string criteria_sha256;
  std::vector<Indicator> indicators;
};
std::string kept_text(const rules::Criteria& criteria, const std::vector<rules::IndicatorVerdict>& indicators,
                      model::Day day, std::string_view group);
/// The inverse; errors as above.
base::Result<KeptVerdict> read_kept(std::string_view body);

}  // namespace ntmd::engine
