#pragma once
// Requests and responses as plain data, without any library.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/secret.h"

namespace ntmd::connectors {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// `bearer`/`basic` go into the Authorization header by the transport, so that they are never logged with the rest.
struct Request {
  std::string method = "GET";
  std::string url;  ///< absolute
  Headers headers;
  std::string body;
  base::Secret authorization;                ///< value of the Authorization header; empty: none
  std::uint64_t max_body = 256ULL << 20U;    ///< decompressed bytes
  std::chrono::milliseconds timeout{60000};  ///< whole exchange
};

struct Response {
  int status = 0;
  Headers headers;  ///< names in lower case
  std::string body;
  std::string url;  ///< that was asked
  /// First header of that lower-case name; empty when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

/// A body on its way to decode, and what the protocol knows about it.
struct Document {
  std::string body;
  std::string url;
  std::vector<std::pair<std::string, std::string>> context;  ///< `$item.<key>` values, e.g. the unit asked for
};

}  // namespace ntmd::connectors
