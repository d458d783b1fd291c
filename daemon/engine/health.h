#pragma once
// How each source is doing: its last run, and how old the newest thing it told is.

#include <vector>

#include "daemon/engine/setup.h"
#include "daemon/publish/snapshot.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// By source id. Age is counted from the day that the newest delivery in force speaks of (a snapshot's or window's
/// date, else the day it came), not from the last answer: a folder that is read every hour and never gets a new file
/// goes stale.
base::Result<std::vector<publish::SourceHealth>> source_health(const Setup& setup, store::Store& store,
                                                               model::Day today);

}  // namespace ntmd::engine
