#pragma once
// How a poll proves who it is, with its secrets in hand, and the token that polls of one source share.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/secret.h"

namespace ntmd::connectors {

enum class AuthKind : std::uint8_t { none, basic, bearer, oauth2_client_credentials };

/// The access token of a source until it expires. Shared by the windows of a poll and by polls that follow.
/// Thread-safe.
class TokenCache {
 public:
  /// `clock` must outlive the cache.
  explicit TokenCache(const base::Clock& clock) : clock_(clock) {}

  /// The value of the Authorization header; nullopt when there is none or it is about to expire.
  [[nodiscard]] std::optional<base::Secret> get() const;
  /// Without a lifetime the token counts until the other side refuses it.
  void put(base::Secret authorization, std::optional<std::chrono::seconds> lifetime);
  void forget();

 private:
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<base::Secret> authorization_;
  std::optional<base::Steady> expires_;
};

/// `cache` is set for OAuth2 only.
struct ResolvedAuth {
  AuthKind kind = AuthKind::none;
  std::string user;       ///< basic
  base::Secret secret;    ///< password, token or client secret
  std::string client_id;  ///< OAuth2
  std::string token_url;  ///< OAuth2: absolute
  std::string scope;      ///< OAuth2: space separated, may be empty
  std::shared_ptr<TokenCache> cache;
};

}  // namespace ntmd::connectors
