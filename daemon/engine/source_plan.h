#pragma once
// A source of sources.d, its connector resolved from the catalogue and compiled: everything a cycle needs, checked
// beforehand.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/folder_spec.h"
#include "connectors/map/record_plan.h"
#include "connectors/rest/rest_spec.h"
#include "daemon/base/files.h"
#include "daemon/base/time_zone.h"
#include "daemon/model/element.h"
#include "daemon/settings/cron.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"
#include "daemon/settings/reader.h"
#include "daemon/store/delivery.h"
#include "daemon/units/register.h"

namespace ntmd::engine {

enum class MissedRuns : std::uint8_t { skip, last };

struct Schedule {
  settings::Cron cron;
  base::TimeZone zone;
  MissedRuns missed = MissedRuns::last;
  std::chrono::milliseconds jitter{0};  ///< up to this much later, stable per source
  std::chrono::milliseconds deadline{std::chrono::minutes(20)};
};

struct Freshness {
  std::chrono::milliseconds warn_after{0};  ///< 0: never
  std::chrono::milliseconds error_after{0};
};

/// Beyond one of these a delivery is held. Keys not given are off.
struct Expect {
  std::optional<std::int64_t> rows_min;
  std::optional<std::int64_t> rows_max;
  std::int64_t quarantine_max_pct = 5;
  std::int64_t flips_max_pct = 10;
};

/// Where received bytes go (design §1).
enum class Spooling : std::uint8_t { copy, digest };

/// Immutable once made; shared by the threads of a cycle.
struct SourcePlan {
  std::string id;
  std::string connector;
  settings::Place place;
  std::map<std::string, settings::Node> parameters;  ///< `with:` after defaults
  Schedule schedule;
  Freshness freshness;
  Expect expect;
  Spooling spool = Spooling::copy;
  bool personal = false;
  // Exactly one of these two says where bytes come from.
  std::optional<connectors::FolderSpec> folder;
  std::optional<connectors::RestSpec> rest;
  std::shared_ptr<const connectors::RecordPlan> records;  ///< decode, map, check, load
  std::vector<model::ElementId> counted;                  ///< elements that its snapshots derive, ascending
};

/// What compiling needs to know.
struct PlanContext {
  model::ElementTable& elements;
  std::shared_ptr<const units::UnitRegister> units;
  std::string connectors_dir;    ///< adds to or overrides the built-in catalogue; empty: none
  base::TimeZone zone;           ///< the province's
  base::Files* files = nullptr;  ///< for connectors_dir; nullptr: the system's
};

/// Reads one file of sources.d. nullopt when it has faults; each is in `problems` with its place.
std::optional<SourcePlan> read_source(std::string_view file, std::string_view text, const PlanContext& context,
                                      settings::Problems& problems);

}  // namespace ntmd::engine
