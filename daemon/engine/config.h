#pragma once
// ntmd.yaml, read strictly. Relative paths are relative to the file; every key and default: contract, "ntmd.yaml".

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/files.h"
#include "daemon/base/log.h"
#include "daemon/base/time_zone.h"
#include "daemon/model/day.h"
#include "daemon/settings/cron.h"
#include "daemon/settings/problems.h"

namespace ntmd::engine {

struct HttpSettings {
  std::string listen = "127.0.0.1:8780";
  bool allow_remote = false;  ///< the server asks nobody who they are: other than loopback must be said
};

/// What `ntmd.yaml` says, paths resolved.
struct Config {
  base::Path file;
  std::string province;
  std::string language = "vi";  ///< vi | en
  base::TimeZone zone;
  base::Path data_dir;
  base::Path publish_dir;
  settings::Place publish_place;  ///< where that was said
  base::Path secrets_dir;         ///< empty: none was given
  std::vector<base::Path> registers;
  std::vector<base::Path> lineage;
  std::vector<base::Path> aliases;
  std::optional<model::Day> boundaries;  ///< nullopt: the day assessed
  std::vector<base::Path> criteria;
  std::vector<base::Path> elements;  ///< add to the built-in ones or replace them by name
  base::Path sources_dir;
  base::Path alerts;                                              ///< empty: no channels
  base::Path connectors_dir;                                      ///< empty: built-in catalogue only
  std::chrono::milliseconds spool_keep = std::chrono::days(400);  ///< how long received bytes are kept
  HttpSettings http;
  settings::Cron assess_cron;
  base::TimeZone assess_zone;
  std::uint32_t person_key_id = 1;
  base::log::Settings log;
};

/// nullopt when it cannot be read at all. Each fault is in `problems`; where one is, the default stands in its place,
/// so that the files it names can be checked as well.
std::optional<Config> read_config(base::Files& files, const base::Path& file, settings::Problems& problems);

}  // namespace ntmd::engine
