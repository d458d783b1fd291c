#include <fmt/format.h>

#include "connectors/rest/parse_parts.h"
#include "connectors/wire/url.h"
#include "daemon/settings/reader.h"

namespace ntmd::connectors {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;

std::optional<settings::SecretName> required_secret(MapReader& reader, std::string_view key) {
  return reader.required(key) != nullptr ? reader.secret(key) : std::nullopt;
}

/// Absolute; from `token_url`, or from `token_path` at the source's own host.
std::string read_token_url(MapReader& reader, const std::string& base_url) {
  const Node* path = reader.optional("token_path");
  const Node* whole = reader.optional("token_url");
  Problems& problems = reader.problems();
  if ((path == nullptr) == (whole == nullptr)) {
    problems.add(reader.node().place, fmt::format("{}: expected one of token_path, token_url", reader.subject()));
    return {};
  }
  const std::string key = path != nullptr ? "token_path" : "token_url";
  const std::string text = reader.required_text(key);
  if (text.empty()) return {};
  const settings::Place place = reader.place_of(key);
  if (path != nullptr && !text.starts_with('/')) {
    problems.add(place,
                 fmt::format("{}, token_path: expected a path from the host's root, such as /token", reader.subject()));
    return {};
  }
  const auto url = parse_url(path != nullptr ? base_url + text : text);
  if (!url) {
    problems.add(place, fmt::format("{}, {}: {}", reader.subject(), key, url.error().what));
    return {};
  }
  if (const auto allowed = check_http_url(*url); !allowed) {
    problems.add(place, fmt::format("{}, {}: {}", reader.subject(), key, allowed.error().what));
    return {};
  }
  return url->str();
}

void parse_oauth2(const Node& node, const std::string& base_url, AuthSpec& auth, Problems& problems) {
  MapReader reader(node, "rest.auth, oauth2", problems);
  auth.kind = AuthKind::oauth2_client_credentials;
  auth.client_id = reader.required_text("client_id");
  auth.secret = required_secret(reader, "client_secret");
  auth.scope = reader.text("scope", "");
  auth.token_url = read_token_url(reader, base_url);
}

void parse_basic(const Node& node, AuthSpec& auth, Problems& problems) {
  MapReader reader(node, "rest.auth, basic", problems);
  auth.kind = AuthKind::basic;
  auth.user = reader.required_text("user");
  auth.secret = required_secret(reader, "password");
  if (auth.user.find(':') != std::string::npos) {
    problems.add(reader.place_of("user"),
                 "rest.auth, basic, user: has a colon, expected a name that HTTP basic can carry");
  }
}

}  // namespace

AuthSpec parse_auth(const Node& node, const std::string& base_url, Problems& problems) {
  AuthSpec auth;
  if (node.is_scalar() && node.text == "none") return auth;
  if (!node.is_map() || node.entries.size() != 1) {
    problems.add(
        node.place,
        "rest.auth: expected none, or one of basic, bearer, oauth2, such as {bearer: {token: {secret: name}}}");
    return auth;
  }
  MapReader reader(node, "rest.auth", problems);
  if (const Node* basic = reader.optional("basic")) parse_basic(*basic, auth, problems);
  if (const Node* bearer = reader.optional("bearer")) {
    MapReader inside(*bearer, "rest.auth, bearer", problems);
    auth.kind = AuthKind::bearer;
    auth.secret = required_secret(inside, "token");
  }
  if (const Node* oauth2 = reader.optional("oauth2")) parse_oauth2(*oauth2, base_url, auth, problems);
  return auth;
}

}  // namespace ntmd::connectors
