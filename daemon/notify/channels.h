#pragma once
// alerts.yaml: where alerts go and which alert goes where (contract, "alerts.yaml").

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/settings/problems.h"
#include "daemon/settings/reader.h"

namespace ntmd::notify {

enum class ChannelKind : std::uint8_t { webhook, alertmanager, smtp, command };

/// Exactly one of `url` and `url_secret` is given where the kind has an address.
struct Channel {
  std::string id;
  ChannelKind kind = ChannelKind::webhook;
  std::string url;
  std::optional<settings::SecretName> url_secret;
  std::optional<settings::SecretName> sign;     ///< webhook: key of X-Ntmd-Signature
  std::string from;                             ///< smtp
  std::vector<std::string> to;
  std::string user;                             ///< smtp, with `password`
  std::optional<settings::SecretName> password;
  std::vector<std::string> argv;                ///< command
  settings::Place place;
};

/// First to match wins. A key absent from `match` matches everything.
struct Route {
  std::map<std::string, std::vector<std::string>> match;  ///< alert | unit | group | pillar | indicator | source → values
  std::vector<std::string> to;                  ///< channel ids
  std::vector<std::string> group_by;
};

/// How alerts behave (domain §7).
struct AlertPolicy {
  std::chrono::milliseconds wait_limit{std::chrono::hours(24)};    ///< a fall fires after it with one observation
  std::uint32_t observations = 2;                                  ///< distinct deliveries that must agree
  std::chrono::milliseconds remind_every{std::chrono::hours(24)};  ///< 0: never
  std::int64_t thin_margin = 0;                                    ///< slack at or under it is thin; 0: off
};

struct Channels {
  std::vector<Channel> channels;
  std::vector<Route> routes;
  AlertPolicy policy;
  std::vector<settings::SecretName> secrets;    ///< every secret named, for checking
};

/// Faults with their places: unknown kind, channel without address, route to an unknown channel, http to other than loopback.
std::optional<Channels> parse_channels(std::string_view file, std::string_view text, settings::Problems& problems);

}  // namespace ntmd::notify
