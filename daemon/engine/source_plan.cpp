#include "daemon/engine/source_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "connectors/catalogue/catalogue.h"
#include "daemon/engine/source_plan_connector.h"
#include "daemon/settings/yaml.h"

namespace ntmd::engine {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

bool is_source_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && id.front() != '-' && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::optional<Schedule> read_schedule(const Node& node, Problems& problems) {
  MapReader reader(node, "schedule", problems);
  const auto cron_text = reader.required_text("cron");
  const auto zone_name = reader.required_text("timezone");
  const auto missed = reader.choice("missed", {"last", "skip"}, "last") == "skip" ? MissedRuns::skip : MissedRuns::last;
  const auto jitter = reader.duration("jitter", std::chrono::milliseconds(0));
  const auto deadline = reader.duration("deadline", std::chrono::minutes(20));
  if (deadline <= std::chrono::milliseconds(0))
    problems.add(reader.place_of("deadline"), "schedule.deadline: is 0, expected e.g. 20m");
  auto cron = settings::Cron::parse(cron_text);
  if (!cron && !cron_text.empty())
    problems.add(reader.place_of("cron"), fmt::format("schedule.cron: {}", cron.error().what));
  auto zone = base::TimeZone::find(zone_name);
  if (!zone && !zone_name.empty())
    problems.add(reader.place_of("timezone"), fmt::format("schedule.timezone: {}", zone.error().what));
  if (!cron || !zone) return std::nullopt;
  return Schedule{std::move(*cron), *zone, missed, jitter, deadline};
}

Freshness read_freshness(const Node& node, Problems& problems) {
  MapReader reader(node, "freshness", problems);
  Freshness freshness;
  freshness.warn_after = reader.duration("warn_after", freshness.warn_after);
  freshness.error_after = reader.duration("error_after", freshness.error_after);
  if (freshness.error_after.count() != 0 && freshness.warn_after > freshness.error_after) {
    problems.add(reader.place_of("warn_after"), "freshness.warn_after: is later than error_after, expected it sooner");
  }
  return freshness;
}

Expect read_expect(const Node& node, Problems& problems) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  MapReader reader(node, "expect", problems);
  Expect expect;
  if (reader.optional("rows_min") != nullptr) expect.rows_min = reader.integer("rows_min", 0, kMax, 0);
  if (reader.optional("rows_max") != nullptr) expect.rows_max = reader.integer("rows_max", 0, kMax, 0);
  expect.quarantine_max_pct = reader.integer("quarantine_max_pct", 0, 100, expect.quarantine_max_pct);
  expect.flips_max_pct = reader.integer("flips_max_pct", 0, 100, expect.flips_max_pct);
  if (expect.rows_min && expect.rows_max && *expect.rows_min > *expect.rows_max) {
    problems.add(reader.place_of("rows_min"), "expect.rows_min: is above rows_max, expected it below");
  }
  return expect;
}

/// The connector's own tree, from the catalogue. Its faults stand at its own places.
std::optional<Node> from_catalogue(const Node& named, const PlanContext& context, Problems& problems) {
  const auto name = settings::as_text(named, "connector", problems);
  if (!name) return std::nullopt;
  std::unique_ptr<base::Files> own;
  if (context.files == nullptr) own = base::make_system_files();
  auto& files = context.files != nullptr ? *context.files : *own;
  const auto found = connectors::find_connector(*name, context.connectors_dir, files);
  if (!found) {
    problems.add(named.place, fmt::format("connector: {}", found.error().what));
    return std::nullopt;
  }
  if (!*found) {
    problems.add(named.place,
                 fmt::format("connector: \"{}\" is unknown{}", *name,
                             settings::suggestion(*name, connectors::connector_names(context.connectors_dir, files))));
    return std::nullopt;
  }
  auto tree = settings::parse_yaml((*found)->file, (*found)->text, problems);
  if (!tree) return std::nullopt;
  if (const auto* own_name = tree->find("connector");
      own_name != nullptr && own_name->is_scalar() && own_name->text != *name) {
    problems.add(own_name->place,
                 fmt::format("connector: is named \"{}\", expected \"{}\" as its file", own_name->text, *name));
  }
  return tree;
}

Spooling read_spool(MapReader& reader, bool personal, Problems& problems) {
  const auto spool = reader.choice("spool", {"copy", "digest"}, personal ? "digest" : "copy");
  if (personal && spool == "copy") {
    problems.add(reader.place_of("spool"), "spool: copy would keep people's rows, expected digest");
  }
  return spool == "copy" ? Spooling::copy : Spooling::digest;
}

}  // namespace

std::optional<SourcePlan> read_source(std::string_view file, std::string_view text, const PlanContext& context,
                                      Problems& problems) {
  const auto before = problems.size();
  const auto tree = settings::parse_yaml(file, text, problems);
  if (!tree) return std::nullopt;
  MapReader reader(*tree, "source", problems);
  const auto id = reader.required_text("id");
  if (!id.empty() && !is_source_id(id)) {
    problems.add(reader.place_of("id"),
                 fmt::format("id: \"{}\" is no source id, expected up to 64 of a-z, 0-9, \"-\", \"_\"", id));
  }
  const auto* schedule_node = reader.required("schedule");
  auto schedule = schedule_node != nullptr ? read_schedule(*schedule_node, problems) : std::nullopt;
  Freshness freshness;
  if (const auto* node = reader.optional("freshness")) freshness = read_freshness(*node, problems);
  Expect expect;
  if (const auto* node = reader.optional("expect")) expect = read_expect(*node, problems);

  const auto* connector = reader.required("connector");
  const auto* with = reader.optional("with");
  std::optional<CompiledConnector> compiled;
  std::string connector_name = "in place";
  if (connector != nullptr) {
    const bool in_place = connector->is_map();
    auto looked_up = in_place ? std::nullopt : from_catalogue(*connector, context, problems);
    if (!in_place) connector_name = connector->text;
    const Node* const node = in_place ? connector : looked_up ? &*looked_up : nullptr;
    if (node != nullptr) {
      const ConnectorUse use{.connector = *node,
                             .with = with,
                             .with_place = with != nullptr ? with->place : tree->place,
                             .folder = std::filesystem::path(file).parent_path().string(),
                             .in_place = in_place,
                             .for_test = false};
      compiled = compile_connector(use, context.elements, problems);
    }
  }
  const auto spool = read_spool(reader, compiled && compiled->personal, problems);
  reader.finish();
  if (problems.size() != before || !schedule || !compiled) return std::nullopt;

  SourcePlan plan{.id = id,
                  .connector = std::move(connector_name),
                  .place = tree->place,
                  .parameters = std::move(compiled->parameters),
                  .schedule = std::move(*schedule),
                  .freshness = freshness,
                  .expect = expect,
                  .spool = spool,
                  .personal = compiled->personal,
                  .folder = std::move(compiled->folder),
                  .rest = std::move(compiled->rest),
                  .records = std::move(compiled->records),
                  .counted = std::move(compiled->counted)};
  return plan;
}

}  // namespace ntmd::engine
