#pragma once
// An alert's state as a row of the store, and as it is listed.

#include "daemon/base/result.h"
#include "daemon/publish/snapshot.h"
#include "daemon/publish/words.h"
#include "daemon/rules/alert.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

store::AlertRow row_of(const rules::AlertState& state);
/// bad_data when the row is not what `row_of` gives.
base::Result<rules::AlertState> state_of(const store::AlertRow& row);

/// Every stored state, by key.
base::Result<std::vector<rules::AlertState>> load_alerts(store::Store& store);
/// Those that are pending or firing.
base::Result<std::vector<publish::AlertSummary>> alert_summaries(store::Store& store, publish::Language language);

}  // namespace ntmd::engine
