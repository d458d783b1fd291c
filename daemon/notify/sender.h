#pragma once
// Brings one message over one channel, once.

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/transport/http_driver.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/notify/channels.h"

namespace ntmd::notify {

/// Thread-safe: channels are independent of each other. It has an HTTP driver of its own, so that `stop` ends what is
/// under way without touching anyone else's, and one for each channel of mail, which may hold up its driver.
class Sender {
 public:
  /// `clock` must outlive it.
  Sender(std::vector<OpenChannel> channels, const base::Clock& clock);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// Acknowledged, or an error that shows neither a secret nor an address that is one. `body` is a message of the
  /// outbox. Blocks at most twice the channel's timeout; `gone` for a channel that is not configured.
  base::Status send(std::string_view channel, const std::string& body);
  /// Ends what is under way with retry_later, and whatever is sent later; within about a second. Thread-safe,
  /// idempotent.
  void stop();

  [[nodiscard]] std::vector<std::string> channels() const;

 private:
  base::Status post(const OpenChannel& channel, connectors::Request request);
  base::Status send_webhook(const OpenChannel& channel, const std::string& body);
  base::Status send_to_alertmanager(const OpenChannel& channel, const std::string& body);
  base::Status send_mail(const OpenChannel& channel, const std::string& body);

  std::vector<OpenChannel> channels_;
  const base::Clock& clock_;
  std::unique_ptr<connectors::HttpDriver> driver_;                       // nullptr when no channel needs one
  std::map<std::string, std::unique_ptr<connectors::HttpDriver>> mail_;  // by channel
  std::stop_source stop_;
};

/// "sha256=" and the hex HMAC-SHA256 of `body` under `key`.
std::string signature(const base::Secret& key, std::string_view body);

}  // namespace ntmd::notify
