#include "connectors/transport/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <catch2/catch.hpp>
#include <cstring>

namespace ntmd::connectors {
namespace {

std::string refused(std::string_view host, const char* ip) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
    sockaddr address{};
    std::memcpy(&address, &v4, sizeof v4);
    return refuse_address(host, address, sizeof v4);
  }
  union {
    sockaddr any;
    sockaddr_in6 v6;
  } address{};
  address.v6.sin6_family = AF_INET6;
  REQUIRE(inet_pton(AF_INET6, ip, &address.v6.sin6_addr) == 1);
  return refuse_address(host, address.any, sizeof address.v6);
}

TEST_CASE("A public or site address may be reached by name") {
  for (const auto* ip : {"203.0.113.7", "10.0.0.5", "192.168.1.1", "2001:db8::1", "fd12::1", "::ffff:10.0.0.5"}) {
    CAPTURE(ip);
    CHECK(refused("portal.example", ip).empty());
  }
}

TEST_CASE("A name may not lead to loopback, link-local, metadata or nowhere, however the address is written") {
  CHECK(refused("portal.example", "127.0.0.1") == "a loopback address");
  CHECK(refused("portal.example", "::1") == "a loopback address");
  CHECK(refused("portal.example", "::ffff:127.0.0.1") == "a loopback address");
  CHECK(refused("portal.example", "64:ff9b::7f00:1") == "a loopback address");
  CHECK(refused("portal.example", "169.254.169.254") == "a link-local address");
  CHECK(refused("portal.example", "::ffff:169.254.169.254") == "a link-local address");
  CHECK(refused("portal.example", "fe80::1") == "a link-local address");
  CHECK(refused("portal.example", "100.100.100.200") == "a cloud metadata address");
  CHECK(refused("portal.example", "168.63.129.16") == "a cloud metadata address");
  CHECK(refused("portal.example", "fd00:ec2::254") == "a cloud metadata address");
}

TEST_CASE("Unspecified, multicast and broadcast addresses are refused even as they are written in the config") {
  CHECK_FALSE(refused("0.0.0.0", "0.0.0.0").empty());
  CHECK_FALSE(refused("224.0.0.1", "224.0.0.1").empty());
  CHECK_FALSE(refused("255.255.255.255", "255.255.255.255").empty());
  CHECK_FALSE(refused("ff02::1", "ff02::1").empty());
  CHECK_FALSE(refused("::", "::").empty());
}

TEST_CASE("What the operator wrote literally is meant") {
  CHECK(refused("127.0.0.1", "127.0.0.1").empty());
  CHECK(refused("localhost", "127.0.0.1").empty());
  CHECK(refused("localhost", "::1").empty());
  CHECK(refused("169.254.1.7", "169.254.1.7").empty());
  CHECK_FALSE(refused("169.254.1.7", "169.254.1.8").empty());
}

TEST_CASE("Only IPv4 and IPv6 are spoken") {
  sockaddr local{};
  local.sa_family = AF_UNIX;
  CHECK_FALSE(refuse_address("localhost", local, sizeof local).empty());
}

}  // namespace
}  // namespace ntmd::connectors
