#pragma once
// What most commands begin with: the setup, the clocks, and the store as owner or beside one.

#include <memory>
#include <optional>
#include <string>

#include "daemon/app/options.h"
#include "daemon/base/clock.h"
#include "daemon/base/files.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/setup.h"
#include "daemon/store/store.h"

namespace ntmd::app {

/// The real world.
struct Outside {
  base::SystemClock clock;
  std::unique_ptr<base::Files> files = base::make_system_files();
  [[nodiscard]] engine::World world() const { return {*files, clock}; }
};

/// Prints every fault and gives nullopt (exit kUsage).
std::optional<engine::Setup> load(Outside& outside, const Options& options);
/// Prints the error on standard error and gives the exit code that fits it.
int report(const base::Error& error);
/// The day of `text` (empty: `fallback`); a fault is printed.
std::optional<model::Day> day_or(const std::string& text, model::Day fallback);
/// "2024-12-20T03:04:05Z", UTC.
std::optional<base::Instant> parse_instant(std::string_view text);
/// The store beside a possible owner; it must have been made before.
base::Result<std::unique_ptr<store::Store>> open_shared(const engine::Setup& setup, const Outside& outside);
/// The store as its owner, made if need be; `denied` while somebody else is.
base::Result<std::unique_ptr<store::Store>> open_owned(const engine::Setup& setup, const Outside& outside);
/// "vi" or "en".
std::string language(const Options& options, const engine::Setup& setup);

}  // namespace ntmd::app
