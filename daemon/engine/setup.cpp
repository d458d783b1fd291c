#include "daemon/engine/setup.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "daemon/base/secret.h"
#include "daemon/engine/publish_place.h"
#include "daemon/settings/yaml.h"
#include "schemas/embedded.h"

namespace ntmd::engine {
namespace {

constexpr std::uint64_t kMaxUnitFile = 64ULL << 20U;
constexpr std::uint64_t kMaxYamlFile = 8ULL << 20U;

class SetupLoader {
 public:
  SetupLoader(base::Files& files, settings::Problems& problems) : files_(files), problems_(problems) {}

  std::optional<Setup> load(const base::Path& config_file) {
    auto config = read_config(files_, config_file, problems_);
    if (!config) return std::nullopt;
    setup_.config = std::move(*config);
    setup_.elements = std::make_shared<model::ElementTable>();
    setup_.sources = std::make_unique<model::NameTable>();
    load_elements();
    load_units();
    load_criteria();
    load_sources();
    load_alerts();
    check_secrets();
    check_publish_dir(setup_, problems_);
    if (!problems_.empty()) return std::nullopt;
    return std::move(setup_);
  }

 private:
  std::optional<std::string> read(const base::Path& path, std::uint64_t cap) {
    auto text = files_.read_all(path, cap);
    if (text) return std::move(*text);
    problems_.add(text.error().what);
    return std::nullopt;
  }

  void load_elements() {
    rules::parse_elements("schemas/elements.yaml", schemas::embedded("schemas/elements.yaml"), *setup_.elements,
                          problems_);
    for (const auto& path : setup_.config.elements) {
      if (const auto text = read(path, kMaxYamlFile))
        rules::parse_elements(path.string(), *text, *setup_.elements, problems_);
    }
  }

  std::vector<units::UnitRegister::Csv> read_csv(const std::vector<base::Path>& paths) {
    std::vector<units::UnitRegister::Csv> out;
    for (const auto& path : paths) {
      if (auto text = read(path, kMaxUnitFile)) out.push_back({path.string(), std::move(*text)});
    }
    return out;
  }

  void load_units() {
    const auto registers = read_csv(setup_.config.registers);
    const auto lineage = read_csv(setup_.config.lineage);
    const auto aliases = read_csv(setup_.config.aliases);
    setup_.units =
        std::make_shared<const units::UnitRegister>(units::UnitRegister::load(registers, lineage, aliases, problems_));
  }

  void load_criteria() {
    std::set<std::string> seen;
    for (const auto& path : setup_.config.criteria) {
      const auto text = read(path, kMaxYamlFile);
      if (!text) continue;
      auto criteria = rules::parse_criteria(path.string(), *text, *setup_.elements, problems_);
      if (!criteria) continue;
      if (!seen.insert(criteria->id).second) {
        problems_.add(
            fmt::format("{}: criteria \"{}\" is given twice, expected each id once", path.string(), criteria->id));
      }
      setup_.criteria.push_back(std::make_shared<const rules::Criteria>(std::move(*criteria)));
    }
    for (const auto& criteria : setup_.criteria) {
      for (const auto& rule : criteria->indicators) {
        for (const auto& condition : rule.group_conditions) {
          if (condition.kind != rules::GroupCondition::Kind::members || seen.contains(condition.criteria)) continue;
          problems_.add(
              rule.place,
              fmt::format("indicator {}: members of criteria \"{}\", which is not among the configured criteria{}",
                          rule.id, condition.criteria,
                          settings::suggestion(condition.criteria, {seen.begin(), seen.end()})));
        }
      }
    }
  }

  void load_sources() {
    const auto& folder = setup_.config.sources_dir;
    const auto names = files_.list(folder);
    if (!names) {
      problems_.add(names.error().what);
      return;
    }
    const PlanContext context{*setup_.elements, setup_.units, setup_.config.connectors_dir.string(), setup_.config.zone,
                              &files_};
    std::map<std::string, std::string> seen;
    for (const auto& name : *names) {
      if (!name.ends_with(".yaml") || name.starts_with(".")) continue;
      const auto path = folder / name;
      const auto text = read(path, kMaxYamlFile);
      if (!text) continue;
      auto plan = read_source(path.string(), *text, context, problems_);
      if (!plan) continue;
      const auto [first, fresh] = seen.emplace(plan->id, name);
      if (!fresh) {
        problems_.add(plan->place,
                      fmt::format("source id \"{}\" is taken by {}, expected each id once", plan->id, first->second));
      }
      setup_.plans.push_back(std::make_shared<const SourcePlan>(std::move(*plan)));
    }
    std::ranges::sort(setup_.plans, {}, [](const auto& plan) { return plan->id; });
    for (const auto& plan : setup_.plans) setup_.sources->intern(plan->id);
  }

  void load_alerts() {
    const auto& path = setup_.config.alerts;
    if (path.empty()) return;
    const auto text = read(path, kMaxYamlFile);
    if (!text) return;
    const auto root = settings::parse_yaml(path.string(), *text, problems_);
    if (!root || root->is_null()) return;
    settings::MapReader reader(*root, "alerts", problems_);
    std::vector<std::string> ids;
    if (const auto* channels = reader.optional("channels")) {
      setup_.alerts.channels = notify::read_channels(*channels, path.parent_path().string(), problems_);
      for (const auto& channel : setup_.alerts.channels) ids.push_back(channel.id);
    }
    setup_.alerts.settings = rules::read_alert_settings(reader, ids, setup_.config.zone);
    reader.finish();
  }

  void check_secret(const settings::SecretName& secret) {
    if (setup_.config.secrets_dir.empty()) {
      problems_.add(secret.place, fmt::format("secret \"{}\": there is no secrets folder, expected secrets_dir in "
                                              "ntmd.yaml",
                                              secret.name));
      return;
    }
    const auto value = base::SecretFolder(files_, setup_.config.secrets_dir).read(secret.name);
    if (!value) problems_.add(secret.place, value.error().what);
  }

  void check_secrets() {
    const auto& folder = setup_.config.secrets_dir;
    const base::SecretFolder secrets(files_, folder);
    notify::open_channels(setup_.alerts.channels, folder.empty() ? nullptr : &secrets, problems_);
    for (const auto& plan : setup_.plans) {
      if (plan->rest && plan->rest->auth.secret) check_secret(*plan->rest->auth.secret);
    }
    if (setup_.config.secrets_dir.empty()) return;
    const auto names = files_.list(setup_.config.secrets_dir);
    if (!names && names.error().fault == base::Fault::gone) return;  // like an empty one: fine until a secret is named
    if (!names) {
      problems_.add(names.error().what);
      return;
    }
    // A loose file is a leak even before anything names it.
    for (const auto& name : *names) {
      if (name.starts_with(".")) continue;
      const auto state = files_.state(setup_.config.secrets_dir / name);
      if (!state || !state->regular || (state->mode & 077U) == 0) continue;
      problems_.add(fmt::format("{}: mode is {:04o}, expected 0600; chmod 600 it",
                                (setup_.config.secrets_dir / name).string(), state->mode & 07777U));
    }
  }

  base::Files& files_;
  settings::Problems& problems_;
  Setup setup_;
};

}  // namespace

std::optional<Setup> load_setup(base::Files& files, const base::Path& config_file, settings::Problems& problems) {
  auto setup = SetupLoader(files, problems).load(config_file);
  problems.sort();
  return setup;
}

}  // namespace ntmd::engine
