#pragma once
// Which addresses may be connected to, judged on the address itself and not on the name that led to it.

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace ntmd::connectors {

/// Empty when `host` (as configured, lower case, no brackets) may be reached at `address`; else why not. Refused:
/// loopback unless the host is loopback itself; link-local and cloud metadata addresses unless the host is that literal
/// address; unspecified, multicast and broadcast always. An IPv4 address inside an IPv6 one is judged as IPv4.
std::string refuse_address(std::string_view host, const sockaddr& address, socklen_t size);

}  // namespace ntmd::connectors
