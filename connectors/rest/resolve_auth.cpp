#include "connectors/rest/resolve_auth.h"

#include <fmt/format.h>

#include <algorithm>

namespace ntmd::connectors {

base::Result<ResolvedAuth> resolve_auth(const AuthSpec& spec, const base::SecretFolder& secrets,
                                        const base::Clock& clock) {
  ResolvedAuth auth;
  auth.kind = spec.kind;
  auth.user = spec.user;
  auth.client_id = spec.client_id;
  auth.token_url = spec.token_url;
  auth.scope = spec.scope;
  if (spec.kind == AuthKind::none) return auth;
  if (!spec.secret) return base::fail(base::Fault::bug, "auth: no secret is named, expected one");
  auto secret = secrets.read(spec.secret->name);
  if (!secret) return base::fail_within("auth", secret);
  const std::string_view bytes = secret->reveal();
  const bool broken =
      std::ranges::any_of(bytes, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (bytes.empty() || broken) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("auth: secret \"{}\" {}, expected one line of text", spec.secret->name,
                                  bytes.empty() ? "is empty" : "has a line break or another control character"));
  }
  auth.secret = std::move(*secret);
  if (spec.kind == AuthKind::oauth2_client_credentials) auth.cache = std::make_shared<TokenCache>(clock);
  return auth;
}

}  // namespace ntmd::connectors
