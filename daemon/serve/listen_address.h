#pragma once
// Where a server listens, and by which names clients may call it.

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace ntmd::serve {

struct ListenAddress {
  std::string host;     ///< as written, without brackets
  std::string address;  ///< numeric: "127.0.0.1", "::1"
  std::uint16_t port = 0;
  bool loopback = false;
};

/// "127.0.0.1:8780", "[::1]:8780", "localhost:0". `bad_config` otherwise; no name but localhost is looked up.
base::Result<ListenAddress> parse_listen(std::string_view text);

/// The address, when a server that asks nobody who they are may listen on it: loopback, or `allow_remote`. `bad_config`
/// otherwise.
base::Result<ListenAddress> may_listen(std::string_view text, bool allow_remote);

/// Whether a request's Host header names this server. On loopback only localhost, 127.0.0.1, [::1] and the configured
/// host do, so that a page of another site cannot read the answers through a name that it points here. Elsewhere any
/// name does.
bool is_own_host(const ListenAddress& own, std::string_view host_header);

}  // namespace ntmd::serve
