#include "daemon/serve/listen_address.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

#include "daemon/base/utf8.h"

namespace ntmd::serve {
namespace {

struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

/// Splits "host:port", "[v6]:port" and both without a port. nullopt when brackets do not close or something else
/// follows them.
std::optional<HostPort> split(std::string_view text) {
  std::size_t colon = text.rfind(':');
  HostPort out;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, end - 1);
    if (end + 1 == text.size()) return out;
    if (text[end + 1] != ':') return std::nullopt;
    colon = end + 1;
  } else {
    out.host = text.substr(0, colon);
    if (out.host.find(':') != std::string_view::npos) return std::nullopt;
  }
  if (colon != std::string_view::npos) out.port = text.substr(colon + 1);
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::unexpected<base::Error> no_address(std::string_view text) {
  return base::fail(
      base::Fault::bad_config,
      fmt::format("http.listen: \"{}\" is no address to listen on, expected host:port like 127.0.0.1:8780",
                  base::printable(text, 80)));
}

}  // namespace

base::Result<ListenAddress> parse_listen(std::string_view text) {
  const auto parts = split(text);
  if (!parts || !parts->port || parts->port->empty()) return no_address(text);
  ListenAddress out;
  out.host = parts->host;
  unsigned port = 0;
  const auto* end = parts->port->data() + parts->port->size();
  const auto read = std::from_chars(parts->port->data(), end, port);
  if (read.ec != std::errc() || read.ptr != end || port > 65535) return no_address(text);
  out.port = static_cast<std::uint16_t>(port);
  boost::system::error_code failed;
  const bool local_name = equal_ignoring_case(out.host, "localhost");
  const auto address = boost::asio::ip::make_address(local_name ? "127.0.0.1" : out.host, failed);
  if (failed) return no_address(text);
  out.address = address.to_string();
  out.loopback = address.is_loopback();
  return out;
}

base::Result<ListenAddress> may_listen(std::string_view text, bool allow_remote) {
  auto address = parse_listen(text);
  if (!address || address->loopback || allow_remote) return address;
  return base::fail(
      base::Fault::bad_config,
      fmt::format("http.listen: {} can be reached from other machines and asks nobody who they are, expected a "
                  "loopback address; put a proxy that checks its users in front, or set allow_remote: true",
                  text));
}

bool is_own_host(const ListenAddress& own, std::string_view host_header) {
  if (!own.loopback) return true;
  const auto parts = split(host_header);
  if (!parts) return false;
  for (const std::string_view name :
       {std::string_view("localhost"), std::string_view("127.0.0.1"), std::string_view("::1"),
        std::string_view(own.host), std::string_view(own.address)}) {
    if (equal_ignoring_case(parts->host, name)) return true;
  }
  return false;
}

}  // namespace ntmd::serve
