#include "daemon/app/session.h"

#include <cstdio>

#include <fmt/format.h>

#include "daemon/base/log.h"

namespace ntmd::app {

std::optional<engine::Setup> load(Outside& outside, const Options& options) {
  settings::Problems problems;
  auto setup = engine::load_setup(*outside.files, options.config, problems);
  for (const auto& line : problems.lines()) fmt::print(stderr, "{}\n", line);
  if (setup) {
    if (auto logging = base::log::configure(setup->config.log); !logging) {
      fmt::print(stderr, "ntmd: {}\n", logging.error().what);
      return std::nullopt;
    }
  }
  return setup;
}

int report(const base::Error& error) {
  fmt::print(stderr, "ntmd: {}\n", error.what);
  switch (error.fault) {
    case base::Fault::bad_config: return kUsage;
    case base::Fault::denied: return kTemporary;
    default: return kInternal;
  }
}

std::optional<model::Day> day_or(const std::string& text, model::Day fallback) {
  if (text.empty()) return fallback;
  const auto day = model::Day::parse(text);
  if (!day) fmt::print(stderr, "ntmd: --as-of: \"{}\" is no date, expected yyyy-mm-dd\n", text);
  return day;
}

base::Result<std::unique_ptr<store::Store>> open_shared(const engine::Setup& setup, const Outside& outside) {
  return store::open_sqlite(setup.config.data_dir, store::Access::shared, outside.clock, setup.elements->names(), *setup.sources);
}

std::string language(const Options& options, const engine::Setup& setup) {
  return options.language.empty() ? setup.config.language : options.language;
}

}  // namespace ntmd::app
