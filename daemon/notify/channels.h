#pragma once
// The channels of alerts.yaml: where alerts can go (contract, "alerts.yaml").

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/settings/problems.h"
#include "daemon/settings/reader.h"

namespace ntmd::notify {

enum class ChannelKind : std::uint8_t { webhook, alertmanager, smtp, command };
std::string_view to_string(ChannelKind kind);

/// As configured; secrets by name only.
struct Channel {
  std::string id;
  ChannelKind kind = ChannelKind::webhook;
  std::string url;  ///< webhook, alertmanager, smtp; else `url_secret` names it
  std::optional<settings::SecretName> url_secret;
  std::optional<settings::SecretName> sign;  ///< webhook: the key of X-Ntmd-Signature
  std::string from;                          ///< smtp: an address
  std::vector<std::string> to;               ///< smtp: addresses
  std::string user;                          ///< smtp: login, with `password`
  std::optional<settings::SecretName> password;
  std::vector<std::string> argv;             ///< command: the program's absolute path and its arguments
  std::chrono::milliseconds timeout{10000};  ///< of one delivery
  settings::Place place;
};

/// Reads one list of channels. `folder` is what a program's relative path is relative to. Faults with their places:
/// unknown kind and key, id given twice, what the kind needs and lacks, an address that is none, http to other than
/// loopback.
std::vector<Channel> read_channels(const settings::Node& list, const std::string& folder, settings::Problems& problems);

/// A channel with its secrets.
struct OpenChannel {
  Channel channel;
  base::Secret url;  ///< wherever it stood
  base::Secret sign;
  base::Secret password;
};

/// Reads every secret that a channel names, and judges an address that is a secret as one that is not. `secrets` is
/// nullptr when there is no secrets folder. Channels at fault are left out; each fault is in `problems` and shows no
/// secret.
std::vector<OpenChannel> open_channels(const std::vector<Channel>& channels, const base::SecretFolder* secrets,
                                       settings::Problems& problems);

}  // namespace ntmd::notify
