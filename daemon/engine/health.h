#pragma once
// How each source is doing: its last run, and how old the newest thing it told is.

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/engine/setup.h"
#include "daemon/engine/source_memory.h"
#include "daemon/publish/snapshot.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

/// The newest day on or before `day` that a source's data in force speaks of (see below); nullopt: it has none.
base::Result<std::optional<model::Day>> newest_data(const Setup& setup, store::Store& store, std::string_view source,
                                                    model::Day day);
publish::Freshness freshness_of(const Freshness& limits, std::optional<model::Day> newest, model::Day today);

/// By source id. Age is counted from the newest day, on or before `today`, that data in force speaks of: the last day
/// of a figure, the date of a snapshot; of evidence, which has no date of its own, the day its register came. Not from
/// the last answer, and not from when a file was sent: old figures sent again stay old.
base::Result<std::vector<publish::SourceHealth>> source_health(const Setup& setup, SourceMemory& sources,
                                                               model::Day today);

/// As the last run left it; nullptr: it never ran.
void show_run(publish::SourceHealth& health, const store::RunRow* run);

}  // namespace ntmd::engine
