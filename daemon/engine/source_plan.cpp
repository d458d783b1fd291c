#include "daemon/engine/source_plan.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "connectors/catalogue/catalogue.h"
#include "daemon/settings/yaml.h"

namespace ntmd::engine {
namespace {

using settings::MapReader;
using settings::Node;
using Parameters = std::map<std::string, Node>;

/// Scalars that are exactly "$name" become the parameter; "$date" and its like stay for the mapper.
Node put_in(Node node, const Parameters& parameters) {
  if (node.is_scalar() && node.text.starts_with("$")) {
    const auto found = parameters.find(node.text.substr(1));
    return found == parameters.end() ? node : found->second;
  }
  for (auto& item : node.items) item = put_in(std::move(item), parameters);
  for (auto& entry : node.entries) entry.value = put_in(std::move(entry.value), parameters);
  return node;
}

Parameters read_parameters(const Node* declared, const Node* with, const base::Path& base,
                           settings::Problems& problems) {
  Parameters out;
  if (declared == nullptr) return out;
  std::vector<std::string> names;
  for (const auto& entry : declared->entries) {
    names.push_back(entry.key);
    const auto* given = with == nullptr ? nullptr : with->find(entry.key);
    if (given == nullptr || given->is_null()) {
      problems.add(with == nullptr ? declared->place : with->place,
                   fmt::format("with: \"{}\" is missing, expected a {}", entry.key, entry.value.text));
      continue;
    }
    if (!given->is_scalar() || given->text.empty()) {
      problems.add(given->place, fmt::format("with: \"{}\" is no text, expected a {}", entry.key, entry.value.text));
      continue;
    }
    Node value = *given;
    if (entry.value.text == "path" && !base::Path(value.text).is_absolute())
      value.text = (base / value.text).lexically_normal().string();
    out.emplace(entry.key, std::move(value));
  }
  if (with == nullptr) return out;
  for (const auto& entry : with->entries) {
    if (std::ranges::find(names, entry.key) != names.end()) continue;
    problems.add(entry.key_place,
                 fmt::format("with: unknown key \"{}\"{}", entry.key, settings::suggestion(entry.key, names)));
  }
  return out;
}

void read_fetch(const Node* node, connectors::FolderSpec& folder, settings::Problems& problems) {
  if (node == nullptr) return;
  MapReader fetch(*node, "fetch", problems);
  if (const auto* files = fetch.required("files")) {
    MapReader reader(*files, "fetch.files", problems);
    folder.dir = reader.required_text("dir");
    folder.match = reader.text("match", "*");
    folder.stable_for = reader.duration("stable_for", folder.stable_for);
    folder.max_bytes = reader.size("max_bytes", folder.max_bytes);
    if (reader.optional("parts") != nullptr)
      folder.parts = static_cast<std::uint32_t>(reader.integer("parts", 1, 10000, 1));
  }
  if (const auto* date = fetch.optional("date")) {
    MapReader reader(*date, "fetch.date", problems);
    reader.choice("from", {"file_name"}, "file_name");
    folder.date_pattern = reader.choice("pattern", {"yyyy-MM-dd"}, "yyyy-MM-dd");
  }
}

std::optional<base::TimeZone> read_zone(MapReader& reader, settings::Problems& problems) {
  const auto name = reader.required_text("timezone");
  if (name.empty()) return std::nullopt;
  auto zone = base::TimeZone::find(name);
  if (zone) return *zone;
  problems.add(reader.place_of("timezone"), zone.error().what);
  return std::nullopt;
}

void read_schedule(MapReader& source, SourcePlan& plan, settings::Problems& problems) {
  const auto* node = source.required("schedule");
  if (node == nullptr) return;
  MapReader reader(*node, "schedule", problems);
  if (const auto text = reader.required_text("cron"); !text.empty()) {
    auto cron = settings::Cron::parse(text);
    if (cron) {
      plan.schedule.cron = *cron;
    } else {
      problems.add(reader.place_of("cron"), cron.error().what);
    }
  }
  if (const auto zone = read_zone(reader, problems)) plan.schedule.zone = *zone;
  plan.schedule.missed =
      reader.choice("missed", {"last", "skip"}, "last") == "last" ? MissedRuns::last : MissedRuns::skip;
  plan.schedule.jitter = reader.duration("jitter", plan.schedule.jitter);
  plan.schedule.deadline = reader.duration("deadline", plan.schedule.deadline);
}

void read_freshness(MapReader& source, SourcePlan& plan, settings::Problems& problems) {
  const auto* node = source.optional("freshness");
  if (node == nullptr) return;
  MapReader reader(*node, "freshness", problems);
  plan.freshness.warn_after = reader.duration("warn_after", plan.freshness.warn_after);
  plan.freshness.error_after = reader.duration("error_after", plan.freshness.error_after);
}

void read_expect(MapReader& source, SourcePlan& plan, settings::Problems& problems) {
  const auto* node = source.optional("expect");
  if (node == nullptr) return;
  constexpr std::int64_t kMost = 1'000'000'000'000;
  MapReader reader(*node, "expect", problems);
  if (reader.optional("rows_min") != nullptr) plan.expect.rows_min = reader.integer("rows_min", 0, kMost, 0);
  if (reader.optional("rows_max") != nullptr) plan.expect.rows_max = reader.integer("rows_max", 0, kMost, 0);
  plan.expect.quarantine_max_pct = reader.integer("quarantine_max_pct", 0, 100, plan.expect.quarantine_max_pct);
  plan.expect.flips_max_pct = reader.integer("flips_max_pct", 0, 100, plan.expect.flips_max_pct);
}

/// An id stands in file names, logs and metrics.
bool plain_id(std::string_view id) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, fine) && id.front() != '.' && id.front() != '-';
}

/// The connector's tree: from the catalogue by name, or written in place.
std::optional<Node> connector_node(const Node& named, const PlanContext& context, std::string& name,
                                   settings::Problems& problems) {
  if (named.is_map()) {
    name = "in place";
    return named;
  }
  const auto text = settings::as_text(named, "connector", problems);
  if (!text) return std::nullopt;
  name = *text;
  const auto entry = connectors::find_connector(context.files, context.connectors_dir, name);
  if (!entry) {
    problems.add(
        named.place,
        fmt::format("unknown connector \"{}\"{}", name,
                    settings::suggestion(name, connectors::connector_names(context.files, context.connectors_dir))));
    return std::nullopt;
  }
  return settings::parse_yaml(entry->file, entry->text, problems);
}

}  // namespace

std::optional<ConnectorBody> compile_connector(const Node& connector, const Node* with, const base::Path& base,
                                               const model::ElementTable& elements, settings::Problems& problems) {
  const auto before = problems.size();
  MapReader reader(connector, "connector", problems);
  reader.text("connector", "");
  ConnectorBody body;
  body.personal = reader.boolean("personal", false);
  const auto parameters = read_parameters(reader.optional("with"), with, base, problems);
  reader.optional("tests");
  const auto part = [&](std::string_view key, bool needed) -> std::optional<Node> {
    const auto* node = needed ? reader.required(key) : reader.optional(key);
    return node == nullptr ? std::nullopt : std::optional(put_in(*node, parameters));
  };
  const auto fetch = part("fetch", true);
  const auto decode = part("decode", true);
  const auto map = part("map", true);
  const auto check = part("check", false);
  const auto load = part("load", true);
  reader.finish();
  if (problems.size() != before) return std::nullopt;
  read_fetch(&*fetch, body.folder, problems);
  body.records = connectors::compile_records({&*decode, &*map, check ? &*check : nullptr, &*load, body.personal},
                                             elements, problems);
  if (problems.size() != before || !body.records) return std::nullopt;
  if (const auto* snapshot = std::get_if<connectors::SnapshotLoad>(&body.records->load)) {
    for (const auto& count : snapshot->derive) body.counted.push_back(count.element);
    std::ranges::sort(body.counted);
  }
  return body;
}

std::optional<SourcePlan> read_source(std::string_view file, std::string_view text, const PlanContext& context,
                                      settings::Problems& problems) {
  const auto before = problems.size();
  const auto root = settings::parse_yaml(file, text, problems);
  if (!root) return std::nullopt;
  SourcePlan plan;
  plan.place = root->place;
  {
    MapReader source(*root, "source", problems);
    plan.id = source.required_text("id");
    if (!plan.id.empty() && !plain_id(plan.id)) {
      problems.add(source.place_of("id"),
                   fmt::format("id \"{}\": expected at most 64 of a-z, 0-9, \"-\", \"_\" and \".\"", plan.id));
    }
    const auto* named = source.required("connector");
    const auto* with = source.optional("with");
    read_schedule(source, plan, problems);
    read_freshness(source, plan, problems);
    read_expect(source, plan, problems);
    source.finish();
    if (named != nullptr) {
      const auto connector = connector_node(*named, context, plan.connector, problems);
      if (connector) {
        const Node empty{Node::Kind::map, false, {}, {}, {}, named->place};
        auto body = compile_connector(*connector, with == nullptr ? &empty : with, base::Path(file).parent_path(),
                                      context.elements, problems);
        if (body) {
          plan.folder = std::move(body->folder);
          plan.records = std::move(body->records);
          plan.counted = std::move(body->counted);
          plan.personal = body->personal;
        }
      }
    }
  }
  if (problems.size() != before) return std::nullopt;
  return plan;
}

}  // namespace ntmd::engine
