#include "connectors/wire/url.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace ntmd::connectors {
namespace {

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http") return 80;
  if (scheme == "https") return 443;
  if (scheme == "smtp") return 25;
  if (scheme == "smtps") return 465;
  return 0;
}

void append_encoded(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

/// What RFC 3986 has no place for is encoded, so that no two readers of the URL can see two different things.
std::string encode_loose(std::string_view text) {
  static constexpr std::string_view kKept = "-._~!$&'()*+,;=:@/?%[]";
  std::string out;
  for (const char c : text) {
    if (is_alnum(c) || kKept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

std::unexpected<base::Error> bad(std::string_view fact) {
  return base::fail(base::Fault::bad_config, fmt::format("url: {}, expected https://host[:port][/path]", fact));
}

/// Host and port of an authority; empty text when it is well formed.
std::string_view read_authority(std::string_view authority, Url& url) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return "the IPv6 host has no closing bracket";
    url.host = lower(authority.substr(1, end - 1));
    if (url.host.find_first_not_of("0123456789abcdef:.") != std::string::npos ||
        url.host.find(':') == std::string::npos) {
      return "the host in brackets is no IPv6 address";
    }
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority.front() != ':') return "there is text after the host";
    if (!authority.empty()) port = authority.substr(1);
    if (!authority.empty() && port.empty()) return "the port is empty";
  } else {
    const auto colon = authority.find(':');
    const std::string_view host = authority.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = authority.substr(colon + 1);
      if (port.empty()) return "the port is empty";
    }
    if (host.empty() || host.size() > 253) return "the host is empty or too long";
    for (const char c : host) {
      if (!is_alnum(c) && c != '.' && c != '-' && c != '_') return "the host has a character that no host name has";
    }
    url.host = lower(host);
  }
  url.port = default_port(url.scheme);
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size() || url.port == 0)
      return "the port is no number from 1 to 65535";
  }
  return {};
}

}  // namespace

std::string Url::origin() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string out = fmt::format("{}://{}{}{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "");
  if (port != default_port(scheme)) out += fmt::format(":{}", port);
  return out;
}

std::string Url::shown() const { return origin() + path; }

std::string Url::str() const {
  std::string out = origin() + path;
  if (!query.empty()) out += '?' + query;
  return out;
}

base::Result<Url> parse_url(std::string_view text) {
  if (text.size() > 8192) return bad("it is longer than 8192 bytes");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '\\') return bad("it has a space, a control character or a backslash");
  }
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return bad("it has no scheme");
  Url url;
  url.scheme = lower(text.substr(0, colon));
  if (default_port(url.scheme) == 0) return bad("its scheme is not one of http, https, smtp, smtps");
  std::string_view rest = text.substr(colon + 3);
  if (rest.find('#') != std::string_view::npos) return bad("it has a fragment");
  const auto end = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return bad("it has a user name; put the login into auth");
  if (const auto fault = read_authority(authority, url); !fault.empty()) return bad(fault);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  const auto mark = rest.find('?');
  url.path = encode_loose(rest.substr(0, mark));
  if (url.path.empty()) url.path = "/";
  if (mark != std::string_view::npos) url.query = encode_loose(rest.substr(mark + 1));
  return url;
}

base::Result<Url> resolve_url(const Url& base, std::string_view link) {
  if (link.empty()) return bad("it is empty");
  if (const auto colon = link.find(':'); colon < link.find_first_of("/?")) return parse_url(link);
  if (link.starts_with("//")) return parse_url(base.scheme + ":" + std::string(link));
  if (link.starts_with('/')) return parse_url(base.origin() + std::string(link));
  if (link.starts_with('?')) return parse_url(base.origin() + base.path + std::string(link));
  return parse_url(base.origin() + base.path.substr(0, base.path.rfind('/') + 1) + std::string(link));
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  std::array<unsigned, 4> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto dot = host.find('.');
    const std::string_view part = host.substr(0, dot);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), parts[i]);
    // With a leading zero other readers see an octal number.
    if (part.empty() || (part.size() > 1 && part[0] == '0') || error != std::errc{} ||
        end != part.data() + part.size() || parts[i] > 255)
      return false;
    if ((dot == std::string_view::npos) != (i == 3)) return false;
    host.remove_prefix(i == 3 ? host.size() : dot + 1);
  }
  return parts[0] == 127;
}

base::Status check_http_url(const Url& url) {
  if (url.scheme != "http" && url.scheme != "https") {
    return base::fail(base::Fault::bad_config,
                      fmt::format("url {}: scheme {}, expected https", url.shown(), url.scheme));
  }
  if (url.scheme == "http" && !is_loopback_host(url.host)) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("url {}: plain http to a host that is not loopback, expected https", url.shown()));
  }
  return {};
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

}  // namespace ntmd::connectors
