#include "daemon/notify/channels.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "connectors/wire/url.h"
#include "daemon/base/utf8.h"

namespace ntmd::notify {
namespace {

using settings::MapReader;
using settings::Node;
using settings::Problems;
using namespace std::chrono_literals;

constexpr std::size_t kShown = 60;
constexpr std::size_t kMaxRecipients = 100;
constexpr std::size_t kMaxArguments = 64;
constexpr auto kLongest = std::chrono::milliseconds(5min);

/// An id stands in logs and in the store.
bool plain_id(std::string_view id) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, fine);
}

/// name@host in plain letters: what stands in a header and in an SMTP command without any quoting.
bool is_address(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > 254 || at == 0 || at == std::string_view::npos || at + 1 == text.size()) return false;
  if (text.find('@', at + 1) != std::string_view::npos) return false;
  constexpr std::string_view kBroken = "<>()[]:;,\\\" ";
  return std::ranges::all_of(text,
                             [&](char c) { return c > 0x20 && c < 0x7f && kBroken.find(c) == std::string_view::npos; });
}

/// Why `text` is no address for the kind; empty when it is one.
std::string fault_of_url(ChannelKind kind, std::string_view text, bool secret) {
  const auto url = connectors::parse_url(text);
  if (!url) return url.error().what;
  if (kind == ChannelKind::smtp) {
    if (url->scheme == "smtp" || url->scheme == "smtps") return {};
    return fmt::format("its scheme is {}, expected smtp://host:port or smtps://host:port", url->scheme);
  }
  if (const auto allowed = connectors::check_http_url(*url); !allowed) {
    return secret ? "it is neither https nor http to a loopback host, expected https" : allowed.error().what;
  }
  if (kind == ChannelKind::alertmanager && !url->query.empty()) return "it has a query, expected the server's address";
  return {};
}

class ChannelReader {
 public:
  ChannelReader(const Node& node, const std::string& folder, Problems& problems)
      : reader_(node, "channel", problems), folder_(folder), problems_(problems) {
    channel_.place = node.place;
  }

  Channel read() {
    channel_.id = reader_.required_text("id");
    if (!channel_.id.empty() && !plain_id(channel_.id)) {
      problems_.add(reader_.place_of("id"), fmt::format("channel, id \"{}\": expected at most 64 of a-z, A-Z, 0-9, "
                                                        "\"-\", \"_\" and \".\"",
                                                        base::printable(channel_.id, kShown)));
    }
    const bool named = reader_.required("kind") != nullptr;
    const auto kind = reader_.choice("kind", {"webhook", "alertmanager", "smtp", "command"}, "");
    if (kind == "webhook") {
      channel_.kind = ChannelKind::webhook;
      read_url();
      channel_.sign = reader_.secret("sign");
    } else if (kind == "alertmanager") {
      channel_.kind = ChannelKind::alertmanager;
      read_url();
    } else if (kind == "smtp") {
      channel_.kind = ChannelKind::smtp;
      channel_.timeout = 30s;
      read_url();
      read_mail();
    } else if (kind == "command") {
      channel_.kind = ChannelKind::command;
      channel_.timeout = 30s;
      read_argv();
    } else {
      // What else stands there cannot be judged without the kind.
      for (const auto* key : {"url", "sign", "from", "to", "user", "password", "argv"}) reader_.optional(key);
      if (named) return std::move(channel_);
    }
    channel_.timeout = reader_.duration("timeout", channel_.timeout);
    if (channel_.timeout < 1s || channel_.timeout > kLongest)
      problems_.add(reader_.place_of("timeout"), "channel, timeout: expected 1s to 5m");
    reader_.finish();
    return std::move(channel_);
  }

 private:
  void read_url() {
    const auto* node = reader_.required("url");
    if (node == nullptr) return;
    if (node->is_map()) {
      channel_.url_secret = reader_.secret("url");
      return;
    }
    channel_.url = reader_.required_text("url");
    if (const auto fault = fault_of_url(channel_.kind, channel_.url, false); !channel_.url.empty() && !fault.empty())
      problems_.add(node->place, "channel, " + fault);
  }

  void check_address(std::string_view key, const std::string& text) {
    if (text.empty() || is_address(text)) return;
    problems_.add(reader_.place_of(key), fmt::format("channel, {}: found \"{}\", expected an address as name@host", key,
                                                     base::printable(text, kShown)));
  }

  void read_mail() {
    channel_.from = reader_.required_text("from");
    check_address("from", channel_.from);
    if (reader_.required("to") != nullptr) {
      channel_.to = reader_.text_list("to");
      if (channel_.to.empty() || channel_.to.size() > kMaxRecipients)
        problems_.add(reader_.place_of("to"), fmt::format("channel, to: expected 1 to {} addresses", kMaxRecipients));
      for (const auto& to : channel_.to) check_address("to", to);
    }
    channel_.user = reader_.text("user", "");
    channel_.password = reader_.secret("password");
    if (channel_.user.empty() != (reader_.optional("password") == nullptr))
      problems_.add(reader_.node().place, "channel: has one of user and password, expected both or none");
    if (channel_.user.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      problems_.add(reader_.place_of("user"), "channel, user: has a line break, expected a name");
  }

  void read_argv() {
    const auto* node = reader_.required("argv");
    if (node == nullptr) return;
    channel_.argv = reader_.text_list("argv");
    if (channel_.argv.empty() || channel_.argv.size() > kMaxArguments) {
      problems_.add(node->place,
                    fmt::format("channel, argv: expected 1 to {} texts, the program's path first; no shell "
                                "reads it",
                                kMaxArguments));
      return;
    }
    for (const auto& argument : channel_.argv) {
      if (argument.find('\0') != std::string::npos) problems_.add(node->place, "channel, argv: a text has a NUL byte");
    }
    auto& program = channel_.argv.front();
    if (program.find('/') == std::string::npos) {
      problems_.add(node->place, fmt::format("channel, argv: \"{}\" is no path, expected the program's path; it is not "
                                             "looked for in PATH",
                                             base::printable(program, kShown)));
    } else if (!program.starts_with('/')) {
      program = (std::filesystem::path(folder_) / program).lexically_normal().string();
    }
  }

  MapReader reader_;
  const std::string& folder_;
  Problems& problems_;
  Channel channel_;
};

}  // namespace

std::string_view to_string(ChannelKind kind) {
  switch (kind) {
    case ChannelKind::webhook:
      return "webhook";
    case ChannelKind::alertmanager:
      return "alertmanager";
    case ChannelKind::smtp:
      return "smtp";
    case ChannelKind::command:
      return "command";
  }
  return "webhook";
}

std::vector<Channel> read_channels(const Node& list, const std::string& folder, Problems& problems) {
  std::vector<Channel> channels;
  if (!list.is_list()) {
    problems.add(list.place, "channels: is no list, expected a list, which may be empty");
    return channels;
  }
  std::map<std::string, settings::Place> seen;
  for (const auto& item : list.items) {
    auto channel = ChannelReader(item, folder, problems).read();
    if (channel.id.empty()) continue;
    const auto [first, fresh] = seen.emplace(channel.id, channel.place);
    if (!fresh) {
      problems.add(channel.place, fmt::format("channel id \"{}\" is taken at {}, expected each id once",
                                              base::printable(channel.id, kShown), first->second.str()));
      continue;
    }
    channels.push_back(std::move(channel));
  }
  return channels;
}

std::vector<OpenChannel> open_channels(const std::vector<Channel>& channels, const base::SecretFolder* secrets,
                                       Problems& problems) {
  const auto read = [&](const settings::SecretName& name) -> base::Secret {
    if (secrets == nullptr) {
      problems.add(name.place,
                   fmt::format("secret \"{}\": there is no secrets folder, expected secrets_dir in ntmd.yaml "
                               "or systemd credentials",
                               base::printable(name.name, kShown)));
      return {};
    }
    auto secret = secrets->read(name.name);
    if (!secret) {
      problems.add(name.place, secret.error().what);
      return {};
    }
    if (secret->empty())
      problems.add(name.place,
                   fmt::format("secret \"{}\": is empty, expected a value", base::printable(name.name, kShown)));
    return std::move(*secret);
  };
  std::vector<OpenChannel> open;
  for (const auto& channel : channels) {
    const auto before = problems.size();
    OpenChannel ready{channel, {}, {}, {}};
    ready.url = channel.url_secret ? read(*channel.url_secret) : base::Secret(channel.url);
    if (channel.url_secret && !ready.url.empty()) {
      if (const auto fault = fault_of_url(channel.kind, ready.url.reveal(), true); !fault.empty())
        problems.add(channel.url_secret->place, fmt::format("secret \"{}\": {}", channel.url_secret->name, fault));
    }
    if (channel.sign) ready.sign = read(*channel.sign);
    if (channel.password) ready.password = read(*channel.password);
    if (problems.size() == before) open.push_back(std::move(ready));
  }
  return open;
}

}  // namespace ntmd::notify
