#include "connectors/transport/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "connectors/wire/url.h"

namespace ntmd::connectors {
namespace {

using V6 = std::array<std::uint8_t, 16>;

bool is_literal(std::string_view host, int family, const void* address, std::size_t size) {
  V6 parsed{};
  return inet_pton(family, std::string(host).c_str(), parsed.data()) == 1 &&
         std::memcmp(parsed.data(), address, size) == 0;
}

std::string refuse_v4(std::string_view host, std::uint32_t ip, bool literal) {
  const auto in = [ip](std::uint32_t net, unsigned bits) { return (ip ^ net) >> (32U - bits) == 0; };
  if (in(0x00000000, 8)) return "an unspecified address";
  if (in(0xE0000000, 4)) return "a multicast address";
  if (in(0xF0000000, 4)) return "a reserved or broadcast address";
  if (in(0x7F000000, 8)) return is_loopback_host(host) ? "" : "a loopback address";
  if (literal) return {};
  if (in(0xA9FE0000, 16)) return "a link-local address";
  if (ip == 0x646464C8 || ip == 0xA83F8110) return "a cloud metadata address";  // 100.100.100.200, 168.63.129.16
  return {};
}

std::string refuse_v6(std::string_view host, const V6& ip) {
  static constexpr V6 kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  static constexpr V6 kMetadata = {0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr std::array<std::uint8_t, 12> kNat64 = {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  static constexpr std::array<std::uint8_t, 12> kCompatible = {};
  const bool literal = is_literal(host, AF_INET6, ip.data(), ip.size());
  if (ip == kLoopback) return is_loopback_host(host) ? "" : "a loopback address";
  for (const auto& prefix : {kMapped, kNat64, kCompatible}) {
    if (std::memcmp(ip.data(), prefix.data(), prefix.size()) != 0) continue;
    std::uint32_t v4 = 0;
    std::memcpy(&v4, ip.data() + 12, sizeof v4);
    return refuse_v4(host, ntohl(v4), literal);
  }
  if (ip[0] == 0xff) return "a multicast address";
  if (literal) return {};
  if (ip[0] == 0xfe && (ip[1] & 0xc0U) == 0x80) return "a link-local address";
  if (ip == kMetadata) return "a cloud metadata address";
  return {};
}

}  // namespace

std::string refuse_address(std::string_view host, const sockaddr& address, socklen_t size) {
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return refuse_v4(host, ntohl(v4.sin_addr.s_addr), is_literal(host, AF_INET, &v4.sin_addr, sizeof v4.sin_addr));
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    V6 ip{};
    std::memcpy(ip.data(), &v6.sin6_addr, ip.size());
    return refuse_v6(host, ip);
  }
  return "neither an IPv4 nor an IPv6 address";
}

}  // namespace ntmd::connectors
