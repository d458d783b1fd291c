#include "daemon/app/session.h"

#include <charconv>
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
    case base::Fault::bad_config:
      return kUsage;
    case base::Fault::denied:
      return kTemporary;
    default:
      return kInternal;
  }
}

std::optional<model::Day> day_or(const std::string& text, model::Day fallback) {
  if (text.empty()) return fallback;
  const auto day = model::Day::parse(text);
  if (!day) fmt::print(stderr, "ntmd: --as-of: \"{}\" is no date, expected yyyy-mm-dd\n", text);
  return day;
}

std::optional<base::Instant> parse_instant(std::string_view text) {
  if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z')
    return std::nullopt;
  const auto day = model::Day::parse(text.substr(0, 10));
  const auto two = [&](std::size_t at, int limit) {
    int value = -1;
    const auto* end = text.data() + at + 2;
    return std::from_chars(text.data() + at, end, value).ptr == end && value < limit ? value : -1;
  };
  const auto hour = two(11, 24);
  const auto minute = two(14, 60);
  const auto second = two(17, 60);
  if (!day || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  return base::Instant(std::chrono::days(day->since_epoch())) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

base::Result<std::unique_ptr<store::Store>> open_shared(const engine::Setup& setup, const Outside& outside) {
  return store::open_sqlite(setup.config.data_dir, store::Access::shared, outside.clock, setup.elements->names(),
                            *setup.sources);
}

base::Result<std::unique_ptr<store::Store>> open_owned(const engine::Setup& setup, const Outside& outside) {
  auto store = store::open_sqlite(setup.config.data_dir, store::Access::owner, outside.clock, setup.elements->names(),
                                  *setup.sources);
  if (!store) return base::fail_within("store", store);
  return store;
}

std::string language(const Options& options, const engine::Setup& setup) {
  return options.language.empty() ? setup.config.language : options.language;
}

}  // namespace ntmd::app
