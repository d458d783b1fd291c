#include <fmt/format.h>

#include <algorithm>

#include "connectors/wire/url.h"
#include "daemon/engine/source_plan_connector.h"
#include "daemon/settings/reader.h"

namespace ntmd::engine {

using settings::Node;
using settings::Problems;

namespace {

const std::vector<std::string>& types() {
  static const std::vector<std::string> known = {"id",      "text", "path",     "glob",   "url",
                                                 "integer", "day",  "duration", "secret", "auth"};
  return known;
}

/// Known while a delivery is read.
const std::vector<std::string>& run_time_names() {
  static const std::vector<std::string> known = {"date", "today", "source", "window", "window.first", "window.last"};
  return known;
}

bool is_id(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 64 && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

Node scalar(std::string text, const settings::Place& place) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::move(text);
  node.place = place;
  return node;
}

/// What a test need not say: it brings its bytes itself.
std::optional<std::string_view> test_default(std::string_view type) {
  if (type == "path") return ".";
  if (type == "glob") return "*";
  if (type == "url") return "http://127.0.0.1";
  if (type == "auth") return "none";
  return std::nullopt;
}

/// Whether `node` is of `type`; faults go to `problems`. A URL comes back without its trailing slash.
void check_type(Node& node, std::string_view type, const std::string& subject, Problems& problems) {
  if (type == "secret") {
    settings::as_secret(node, subject, problems);
    return;
  }
  if (type == "auth") {
    if (!node.is_map() && !(node.is_scalar() && node.text == "none")) {
      problems.add(
          node.place,
          fmt::format("{}: is no way to log in, expected none or a map such as {{bearer: {{token: {{secret: name}}}}}}",
                      subject));
    }
    return;
  }
  if (type == "integer") {
    settings::as_integer(node, subject, 0, 1'000'000'000'000'000, problems);
    return;
  }
  if (type == "day") {
    settings::as_day(node, subject, problems);
    return;
  }
  if (type == "duration") {
    settings::as_duration(node, subject, problems);
    return;
  }
  const auto text = settings::as_text(node, subject, problems);
  if (!text) return;
  if (type == "id" && !is_id(*text)) {
    problems.add(
        node.place,
        fmt::format("{}: \"{}\" is no id, expected up to 64 letters, digits, \".\", \"_\" or \"-\"", subject, *text));
  }
  if (type == "path" && text->empty())
    problems.add(node.place, fmt::format("{}: is empty, expected a folder", subject));
  if (type == "glob" && (text->empty() || text->find('/') != std::string::npos)) {
    problems.add(node.place,
                 fmt::format("{}: \"{}\" is no pattern on a file name, expected e.g. \"vcb_*.csv\"", subject, *text));
  }
  if (type != "url") return;
  const auto url = connectors::parse_url(*text);
  if (!url) {
    problems.add(node.place, fmt::format("{}: {}", subject, url.error().what));
  } else if (const auto ok = connectors::check_http_url(*url); !ok) {
    problems.add(node.place, fmt::format("{}: {}", subject, ok.error().what));
  } else if (url->path != "/" || !url->query.empty()) {
    problems.add(node.place,
                 fmt::format("{}: has more than scheme, host and port, expected e.g. {}", subject, url->origin()));
  } else {
    node.text = url->origin();
  }
}

}  // namespace

std::map<std::string, Node> bind_parameters(const Node* declared, const ConnectorUse& use, Problems& problems) {
  std::map<std::string, Node> bound;
  std::vector<std::string> names;
  if (declared != nullptr && !declared->is_map()) problems.add(declared->place, "with: expected parameter: type");
  if (declared != nullptr) {
    for (const auto& entry : declared->entries) {
      names.push_back(entry.key);
      std::string type;
      const Node* fallback = nullptr;
      const auto subject = "with." + entry.key;
      if (entry.value.is_map()) {
        settings::MapReader reader(entry.value, subject, problems);
        type = reader.required_text("type");
        fallback = reader.optional("default");
      } else if (const auto text = settings::as_text(entry.value, subject, problems)) {
        type = *text;
      }
      if (std::find(types().begin(), types().end(), type) == types().end()) {
        if (!type.empty())
          problems.add(entry.value.place,
                       fmt::format("{}: type \"{}\" is unknown{}", subject, type, settings::suggestion(type, types())));
        continue;
      }
      const Node* given = use.with != nullptr ? use.with->find(entry.key) : nullptr;
      if (given == nullptr) given = fallback;
      std::optional<Node> value;
      if (given != nullptr) value = *given;
      if (!value && use.for_test && test_default(type))
        value = scalar(std::string(*test_default(type)), entry.value.place);
      if (!value) {
        problems.add(use.with_place,
                     fmt::format("with: parameter \"{}\" is missing, expected a value of type {}", entry.key, type));
        continue;
      }
      check_type(*value, type, subject, problems);
      bound.emplace(entry.key, std::move(*value));
    }
  }
  if (use.with == nullptr) return bound;
  if (!use.with->is_map()) {
    problems.add(use.with->place, "with: expected parameter: value");
    return bound;
  }
  for (const auto& entry : use.with->entries) {
    if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
    problems.add(entry.key_place,
                 fmt::format("with: unknown parameter \"{}\"{}", entry.key, settings::suggestion(entry.key, names)));
  }
  return bound;
}

Node put_in(const Node& node, const std::map<std::string, Node>& parameters, Problems& problems) {
  if (node.is_scalar() && !node.quoted && node.text.size() > 1 && node.text[0] == '$') {
    const auto name = node.text.substr(1);
    if (const auto found = parameters.find(name); found != parameters.end()) {
      Node value = found->second;
      // What an operator wrote is text, never a name again.
      if (value.is_scalar() && value.text.starts_with('$')) value.quoted = true;
      return value;
    }
    auto known = run_time_names();
    if (std::find(known.begin(), known.end(), name) == known.end() && !name.starts_with("item.")) {
      for (const auto& [parameter, value] : parameters) known.push_back(parameter);
      problems.add(node.place, fmt::format("\"{}\" is neither a parameter nor known while a delivery is read{}",
                                           node.text, settings::suggestion(name, known)));
    }
    return node;
  }
  Node copy = node;
  for (auto& item : copy.items) item = put_in(item, parameters, problems);
  for (auto& entry : copy.entries) entry.value = put_in(entry.value, parameters, problems);
  return copy;
}

}  // namespace ntmd::engine
