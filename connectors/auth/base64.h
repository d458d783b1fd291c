#pragma once
// Base64 for the Authorization header.

#include <string>
#include <string_view>

namespace ntmd::connectors {

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace ntmd::connectors
