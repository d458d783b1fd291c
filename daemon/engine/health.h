#pragma once
// How each source is doing: its last run, and how old the newest thing it told is.

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/engine/setup.h"
#include "daemon/publish/snapshot.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// The day that the newest delivery in force of a source speaks of (see below); nullopt: it has none.
base::Result<std::optional<model::Day>> newest_data(const Setup& setup, store::Store& store, std::string_view source);
publish::Freshness freshness_of(const Freshness& limits, std::optional<model::Day> newest, model::Day today);

/// By source id. Age is counted from the day that the newest delivery in force speaks of (a snapshot's or window's
/// date, else the day it came), not from the last answer: a folder that is read every hour and never gets a new file
/// goes stale.
base::Result<std::vector<publish::SourceHealth>> source_health(const Setup& setup, store::Store& store,
                                                               model::Day today);

}  // namespace ntmd::engine
