#pragma once
// Everything that configuration says, read and checked as one: all or nothing.

#include <memory>
#include <optional>
#include <vector>

#include "daemon/engine/config.h"
#include "daemon/engine/source_plan.h"
#include "daemon/model/element.h"
#include "daemon/notify/channels.h"
#include "daemon/rules/alert_settings.h"
#include "daemon/rules/criteria.h"
#include "daemon/units/register.h"

namespace ntmd::engine {

/// alerts.yaml.
struct Alerts {
  std::vector<notify::Channel> channels;
  rules::AlertSettings settings;
};

/// Immutable once made, but for the name tables that the store shares.
struct Setup {
  Config config;
  std::shared_ptr<model::ElementTable> elements;
  std::unique_ptr<model::NameTable> sources;
  std::shared_ptr<const units::UnitRegister> units;
  std::vector<std::shared_ptr<const rules::Criteria>> criteria;
  std::vector<std::shared_ptr<const SourcePlan>> plans;  ///< by id
  Alerts alerts;
};

/// Reads the config and every file it names, and reports every fault, not the first: unknown and duplicate keys, wrong
/// types, missing time zones, unknown connectors, elements and unit kinds, bad cron, loose or missing secret files. No
/// network.
std::optional<Setup> load_setup(base::Files& files, const base::Path& config_file, settings::Problems& problems);

}  // namespace ntmd::engine
