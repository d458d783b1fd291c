#include "daemon/engine/config.h"

#include <cstdlib>

#include "daemon/serve/listen_address.h"
#include "daemon/settings/reader.h"
#include "daemon/settings/yaml.h"

namespace ntmd::engine {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 8ULL << 20U;

class ConfigReader {
 public:
  ConfigReader(base::Path file, settings::Problems& problems) : problems_(problems) {
    config_.file = std::move(file);
    folder_ = config_.file.parent_path();
  }

  Config read(const settings::Node& root) {
    config_.zone = base::TimeZone::find("UTC").value();
    settings::MapReader map(root, "ntmd.yaml", problems_);
    config_.province = map.required_text("province");
    config_.language = map.choice("language", {"vi", "en"}, "vi");
    if (const auto zone = read_zone(map, "timezone")) config_.zone = *zone;
    config_.data_dir = resolve(map.text("data_dir", "/var/lib/ntmd"));
    config_.publish_dir = resolve(map.text("publish_dir", (config_.data_dir / "public").string()));
    config_.publish_place = map.place_of("publish_dir");
    read_store(map);
    read_secrets_dir(map);
    read_units(map);
    config_.criteria = paths(map, "criteria", true);
    config_.elements = paths(map, "elements", false);
    config_.sources_dir = resolve(map.text("sources", "sources.d"));
    if (map.optional("alerts") != nullptr) config_.alerts = resolve(map.text("alerts", ""));
    if (map.optional("connectors_dir") != nullptr) config_.connectors_dir = resolve(map.text("connectors_dir", ""));
    config_.person_key_id = static_cast<std::uint32_t>(map.integer("person_key_id", 1, 0xFFFFFFFF, 1));
    config_.spool_keep = map.duration("spool_keep", config_.spool_keep);
    read_http(map);
    read_assess(map);
    read_log(map);
    map.finish();
    return std::move(config_);
  }

 private:
  base::Path resolve(const std::string& text) const {
    const base::Path path(text);
    return path.is_absolute() ? path : folder_ / path;
  }

  std::vector<base::Path> paths(settings::MapReader& map, std::string_view key, bool needed) {
    if (needed && map.required(key) == nullptr) return {};
    std::vector<base::Path> out;
    for (const auto& text : map.text_list(key)) out.push_back(resolve(text));
    return out;
  }

  std::optional<base::TimeZone> read_zone(settings::MapReader& map, std::string_view key) {
    const auto name = map.required_text(key);
    if (name.empty()) return std::nullopt;
    auto zone = base::TimeZone::find(name);
    if (!zone) {
      problems_.add(map.place_of(key), zone.error().what);
      return std::nullopt;
    }
    return *zone;
  }

  void read_store(settings::MapReader& map) {
    const auto* node = map.optional("store");
    if (node == nullptr || (node->is_scalar() && node->text == "sqlite")) return;
    problems_.add(map.place_of("store"), "store: only \"sqlite\" is built in, expected store: sqlite");
  }

  void read_secrets_dir(settings::MapReader& map) {
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    if (map.optional("secrets_dir") != nullptr) {
      config_.secrets_dir = resolve(map.text("secrets_dir", ""));
    } else if (credentials != nullptr) {
      config_.secrets_dir = credentials;
    }
  }

  void read_units(settings::MapReader& map) {
    const auto* node = map.required("units");
    if (node == nullptr) return;
    settings::MapReader units(*node, "units", problems_);
    config_.registers = paths(units, "registers", true);
    config_.lineage = paths(units, "lineage", false);
    config_.aliases = paths(units, "aliases", false);
    config_.boundaries = units.day("boundaries");
  }

  void read_http(settings::MapReader& map) {
    const auto* node = map.optional("http");
    if (node == nullptr) return;
    settings::MapReader http(*node, "http", problems_);
    config_.http.listen = http.text("listen", config_.http.listen);
    config_.http.allow_remote = http.boolean("allow_remote", false);
    if (auto may = serve::may_listen(config_.http.listen, config_.http.allow_remote); !may)
      problems_.add(http.place_of("listen"), may.error().what);
  }

  void read_assess(settings::MapReader& map) {
    auto cron = settings::Cron::parse("*/15 * * * *");
    config_.assess_cron = *cron;
    config_.assess_zone = config_.zone;
    const auto* node = map.optional("assess");
    if (node == nullptr) return;
    settings::MapReader assess(*node, "assess", problems_);
    const auto* schedule = assess.required("schedule");
    if (schedule == nullptr) return;
    settings::MapReader fields(*schedule, "assess.schedule", problems_);
    if (const auto text = fields.required_text("cron"); !text.empty()) {
      cron = settings::Cron::parse(text);
      if (cron) {
        config_.assess_cron = *cron;
      } else {
        problems_.add(fields.place_of("cron"), cron.error().what);
      }
    }
    if (const auto zone = read_zone(fields, "timezone")) config_.assess_zone = *zone;
  }

  void read_log(settings::MapReader& map) {
    const auto* node = map.optional("log");
    if (node == nullptr) return;
    settings::MapReader log(*node, "log", problems_);
    const auto level = log.choice("level", {"debug", "info", "warn", "error"}, "info");
    config_.log.level = level == "debug"   ? base::log::Level::debug
                        : level == "warn"  ? base::log::Level::warn
                        : level == "error" ? base::log::Level::error
                                           : base::log::Level::info;
    config_.log.format =
        log.choice("format", {"text", "json"}, "text") == "json" ? base::log::Format::json : base::log::Format::text;
    if (log.optional("file") != nullptr) config_.log.file = resolve(log.text("file", "")).string();
    config_.log.rotate_bytes = log.size("rotate_bytes", config_.log.rotate_bytes);
    config_.log.keep_files = static_cast<std::uint32_t>(log.integer("keep_files", 1, 1000, config_.log.keep_files));
  }

  settings::Problems& problems_;
  base::Path folder_;
  Config config_;
};

}  // namespace

std::optional<Config> read_config(base::Files& files, const base::Path& file, settings::Problems& problems) {
  std::error_code error;
  auto absolute = std::filesystem::absolute(file, error);
  if (error) absolute = file;
  const auto text = files.read_all(absolute, kMaxConfigBytes);
  if (!text) {
    problems.add(text.error().what);
    return std::nullopt;
  }
  const auto root = settings::parse_yaml(file.string(), *text, problems);
  if (!root || !root->is_map()) {
    if (root) problems.add(root->place, "ntmd.yaml: found no map, expected key: value");
    return std::nullopt;
  }
  return ConfigReader(absolute, problems).read(*root);
}

}  // namespace ntmd::engine
