#include "daemon/engine/source_plan_connector.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>

#include "connectors/map/compile.h"
#include "connectors/rest/parse_rest.h"
#include "daemon/settings/reader.h"
#include "schemas/embedded.h"

namespace ntmd::engine {

using settings::MapReader;
using settings::Node;
using settings::Problems;

namespace {

std::shared_ptr<const connectors::AgeTable> built_in_ages(std::string_view name) {
  const auto text = schemas::embedded(fmt::format("schemas/tables/{}.csv", name));
  if (text.empty()) return nullptr;
  auto table = connectors::AgeTable::parse(text);
  return table ? std::make_shared<const connectors::AgeTable>(std::move(*table)) : nullptr;
}

std::optional<connectors::FolderSpec> read_folder(const Node& node, const std::string& base, Problems& problems) {
  MapReader reader(node, "fetch.files", problems);
  connectors::FolderSpec folder;
  const auto dir = reader.required_text("dir");
  if (dir.empty()) return std::nullopt;
  folder.dir = (std::filesystem::path(base) / dir).lexically_normal().string();
  folder.match = reader.text("match", "*");
  folder.stable_for = reader.duration("stable_for", folder.stable_for);
  folder.max_bytes = reader.size("max_size", folder.max_bytes);
  if (reader.optional("parts") != nullptr)
    folder.parts = static_cast<std::uint32_t>(reader.integer("parts", 1, 10'000, 1));
  return folder;
}

void read_date(const Node& node, connectors::FolderSpec& folder, Problems& problems) {
  MapReader reader(node, "fetch.date", problems);
  reader.choice("from", {"file_name"}, "file_name");
  folder.date_pattern = reader.choice("pattern", {"yyyy-MM-dd"}, "yyyy-MM-dd");
}

/// Exactly one of files and rest.
void read_fetch(const Node& fetch, const ConnectorUse& use, CompiledConnector& made, Problems& problems) {
  MapReader reader(fetch, "fetch", problems);
  const auto* files = reader.optional("files");
  const auto* rest = reader.optional("rest");
  const auto* date = reader.optional("date");
  if ((files != nullptr) == (rest != nullptr)) {
    if (fetch.is_map()) problems.add(fetch.place, "fetch: expected one of files, rest");
    return;
  }
  if (rest != nullptr) {
    if (date != nullptr)
      problems.add(date->place,
                   "fetch.date: stands beside rest, expected it beside files; a poll is dated by its window");
    // The protocol puts the parameters in by itself: each is escaped where it stands.
    made.rest = connectors::parse_rest(*rest, made.parameters, problems);
    return;
  }
  made.folder = read_folder(put_in(*files, made.parameters, problems), use.folder, problems);
  if (date != nullptr && made.folder) read_date(*date, *made.folder, problems);
}

/// `$window` and `$item.…` come from a protocol, never from a file.
void check_variables(const Node& node, Problems& problems) {
  if (node.is_scalar() && !node.quoted && (node.text.starts_with("$window") || node.text.starts_with("$item."))) {
    problems.add(node.place,
                 fmt::format("\"{}\" is known of a poll only, expected $date or $today for files", node.text));
  }
  for (const auto& item : node.items) check_variables(item, problems);
  for (const auto& entry : node.entries) check_variables(entry.value, problems);
}

/// The way of the data is read from top to bottom.
void check_order(const Node& connector, Problems& problems) {
  static constexpr std::array<std::string_view, 7> kSections = {"fetch", "verify", "decode", "map",
                                                                "check", "load",   "tests"};
  std::size_t furthest = 0;
  for (const auto& entry : connector.entries) {
    const auto at = static_cast<std::size_t>(std::ranges::find(kSections, entry.key) - kSections.begin());
    if (at == kSections.size()) continue;
    if (at < furthest) {
      problems.add(entry.key_place, fmt::format("connector: \"{}\" stands after \"{}\", expected the order {}",
                                                entry.key, kSections[furthest], fmt::join(kSections, ", ")));
    }
    furthest = std::max(furthest, at);
  }
}

/// What must hold of the bytes before they are decoded.
void read_verify(const Node& verify, CompiledConnector& made, Problems& problems) {
  MapReader reader(verify, "verify", problems);
  const auto manifest = reader.choice("manifest", {"required", "optional"}, "optional");
  if (made.folder) {
    made.folder->manifest_required = manifest == "required";
  } else {
    problems.add(verify.place, "verify: stands beside a fetch without files, expected it beside fetch: {files: …}");
  }
}

}  // namespace

std::optional<CompiledConnector> compile_connector(const ConnectorUse& use, const model::ElementTable& elements,
                                                   Problems& problems) {
  const auto before = problems.size();
  MapReader reader(use.connector, "connector", problems);
  CompiledConnector made;
  if (!use.in_place) reader.required("connector");
  reader.optional("tests");
  check_order(use.connector, problems);
  made.personal = reader.boolean("personal", false);
  made.parameters = bind_parameters(reader.optional("with"), use, problems);
  const auto* fetch = reader.required("fetch");
  const auto* verify = reader.optional("verify");
  const auto* decode = reader.required("decode");
  const auto* map = reader.required("map");
  const auto* check = reader.optional("check");
  const auto* load = reader.required("load");
  reader.finish();
  if (fetch != nullptr) read_fetch(*fetch, use, made, problems);
  if (verify != nullptr && (made.folder || made.rest)) read_verify(*verify, made, problems);
  if (decode == nullptr || map == nullptr || load == nullptr) return std::nullopt;
  const auto decode_node = put_in(*decode, made.parameters, problems);
  const auto map_node = put_in(*map, made.parameters, problems);
  const auto check_node = check != nullptr ? put_in(*check, made.parameters, problems) : Node{};
  const auto load_node = put_in(*load, made.parameters, problems);
  if (made.folder) {
    for (const auto* node : {&map_node, &check_node, &load_node}) check_variables(*node, problems);
  }
  const connectors::RecordSections sections{&decode_node, &map_node, check != nullptr ? &check_node : nullptr,
                                            &load_node, made.personal};
  made.records = connectors::compile_records(sections, elements, built_in_ages, problems);
  if (problems.size() != before || made.records == nullptr) return std::nullopt;
  const bool citizen = std::any_of(made.records->fields.begin(), made.records->fields.end(), [](const auto& field) {
    return field.type == connectors::FieldType::citizen_number;
  });
  if (citizen && !made.personal) {
    problems.add(map->place, "map: has a citizen number, expected personal: true at the top of the connector");
    return std::nullopt;
  }
  if (const auto* snapshot = std::get_if<connectors::SnapshotLoad>(&made.records->load)) {
    for (const auto& rule : snapshot->derive) made.counted.push_back(rule.element);
    std::sort(made.counted.begin(), made.counted.end());
  }
  return made;
}

}  // namespace ntmd::engine
