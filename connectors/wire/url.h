#pragma once
// URLs as ntmd takes them: strict, without user names or fragments, so that every part of the program reads them alike.

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace ntmd::connectors {

/// Scheme and host in lower case; an IPv6 host without its brackets.
struct Url {
  std::string scheme;
  std::string host;
  std::uint16_t port = 0;
  std::string path = "/";  ///< never empty; percent-encoded
  std::string query;       ///< without "?"; percent-encoded

  /// The whole, normalised; the default port is left out.
  [[nodiscard]] std::string str() const;
  /// Scheme, host and port: "https://portal.example", "http://127.0.0.1:8080".
  [[nodiscard]] std::string origin() const;
  /// Origin and path, for messages: a query may hold what must not be logged.
  [[nodiscard]] std::string shown() const;
  [[nodiscard]] bool same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

/// http, https, smtp or smtps. bad_config for anything else; the error does not repeat the text.
base::Result<Url> parse_url(std::string_view text);
/// A link found at `base`: absolute, or relative to it.
base::Result<Url> resolve_url(const Url& base, std::string_view link);
/// "localhost", 127.0.0.0/8 or ::1, as written.
bool is_loopback_host(std::string_view host);
/// Fails with bad_config when the scheme is no http(s), or plain http goes to a host that is not loopback.
base::Status check_http_url(const Url& url);
/// RFC 3986: everything but letters, digits and -._~ becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace ntmd::connectors
