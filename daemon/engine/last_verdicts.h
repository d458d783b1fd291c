#pragma once
// What the last recorded pass decided, as it decided it: whatever was loaded, taken out or configured since.

#include <memory>
#include <optional>
#include <span>

#include "daemon/engine/pass_frame.h"
#include "daemon/engine/setup.h"
#include "daemon/rules/verdict.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// The frame of the last pass; nullopt before the first, and after one of an ntmd that kept none.
base::Result<std::optional<PassFrame>> last_frame(store::Store& store);
/// The criteria of a frame: today's where they are the same, else as they were kept. bad_data when they are not there.
base::Result<std::vector<std::shared_ptr<const rules::Criteria>>> criteria_of(const Setup& setup, store::Store& store,
                                                                              const PassFrame& frame);
/// Equal to what that pass published, field by field, its decisions and generation included. Only names come from
/// today's config. `gone` when nothing was assessed yet. Reads only; beside an owner, too.
base::Result<std::shared_ptr<const rules::Verdicts>> last_verdicts(const Setup& setup, store::Store& store);
/// How many deliveries have come, been accepted or taken out since the last pass, and will change what is judged on
/// `day`. `heads`: all deliveries, by revision.
base::Result<std::uint64_t> waiting_deliveries(const Setup& setup, store::Store& store,
                                               std::span<const store::DeliveryHead> heads, model::Day day);

}  // namespace ntmd::engine
