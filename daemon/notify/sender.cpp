#include "daemon/notify/sender.h"

#include <algorithm>

#include <fmt/format.h>

#include "connectors/wire/url.h"
#include "daemon/base/digest.h"
#include "daemon/base/log.h"
#include "daemon/notify/alertmanager.h"
#include "daemon/notify/command.h"
#include "daemon/notify/mail.h"
#include "daemon/notify/message.h"

namespace ntmd::notify {
namespace {

constexpr std::uint64_t kMaxAnswer = 64ULL << 10U;

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  if (what.empty()) return;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

/// An address that is a secret stands in no message, nor does its host: both may be the key to a room.
std::string without_secret(std::string text, const OpenChannel& open) {
  if (!open.channel.url_secret) return text;
  const auto url = connectors::parse_url(open.url.reveal());
  if (!url) return "its address cannot be read";
  replace_all(text, open.url.reveal(), "its address");
  replace_all(text, url->shown(), "its address");
  replace_all(text, url->origin(), "its address");
  replace_all(text, url->host, "its host");
  return text;
}

base::Fault fault_of(int status) {
  if (status == 401 || status == 403) return base::Fault::denied;
  if (status == 429) return base::Fault::slow_down;
  return status >= 400 && status < 500 && status != 408 ? base::Fault::bad_data : base::Fault::retry_later;
}

}  // namespace

std::string signature(const base::Secret& key, std::string_view body) {
  return "sha256=" + base::to_hex(base::hmac_sha256(key.reveal(), body));
}

Sender::Sender(std::vector<OpenChannel> channels, const base::Clock& clock)
    : channels_(std::move(channels)), clock_(clock) {
  for (const auto& open : channels_) {
    if (open.channel.kind == ChannelKind::smtp) {
      mail_.emplace(open.channel.id, std::make_unique<connectors::HttpDriver>(clock_));
    } else if (open.channel.kind != ChannelKind::command && driver_ == nullptr) {
      driver_ = std::make_unique<connectors::HttpDriver>(clock_);
    }
  }
}

Sender::~Sender() { stop(); }

void Sender::stop() {
  stop_.request_stop();
  for (const auto& [channel, driver] : mail_) driver->request_stop();
  for (const auto& [channel, driver] : mail_) driver->stop();
  if (driver_) driver_->stop();
}

std::vector<std::string> Sender::channels() const {
  std::vector<std::string> ids;
  for (const auto& open : channels_) ids.push_back(open.channel.id);
  return ids;
}

base::Status Sender::send(std::string_view channel, const std::string& body) {
  const auto open =
      std::ranges::find(channels_, channel, [](const auto& each) { return std::string_view(each.channel.id); });
  if (open == channels_.end())
    return base::fail(base::Fault::gone, fmt::format("channel {}: is not configured", channel));
  const auto sent = [&]() -> base::Status {
    switch (open->channel.kind) {
      case ChannelKind::webhook:
        return send_webhook(*open, body);
      case ChannelKind::alertmanager:
        return send_to_alertmanager(*open, body);
      case ChannelKind::smtp:
        return send_mail(*open, body);
      case ChannelKind::command:
        return run_command(open->channel.argv, body, open->channel.timeout, stop_.get_token());
    }
    return {};
  }();
  if (sent) return sent;
  return base::fail(sent.error().fault,
                    fmt::format("channel {}: {}", open->channel.id, without_secret(sent.error().what, *open)));
}

base::Status Sender::post(const OpenChannel& open, connectors::Request request) {
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/json");
  request.max_body = kMaxAnswer;
  request.timeout = open.channel.timeout;
  const auto response = driver_->perform(std::move(request));
  if (!response) return std::unexpected(response.error());
  if (response->status >= 200 && response->status < 300) return {};
  return base::fail(fault_of(response->status),
                    fmt::format("HTTP {}, expected 2xx as an acknowledgement", response->status));
}

base::Status Sender::send_webhook(const OpenChannel& open, const std::string& body) {
  connectors::Request request;
  request.url = std::string(open.url.reveal());
  request.body = body;
  if (!open.sign.empty()) request.headers.emplace_back("X-Ntmd-Signature", signature(open.sign, body));
  return post(open, std::move(request));
}

base::Status Sender::send_to_alertmanager(const OpenChannel& open, const std::string& body) {
  const auto message = parse_message(body);
  if (!message) return std::unexpected(message.error());
  connectors::Request request;
  request.url = std::string(open.url.reveal());
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += "/api/v2/alerts";
  request.body = alertmanager_json(*message, clock_.now());
  return post(open, std::move(request));
}

base::Status Sender::send_mail(const OpenChannel& open, const std::string& body) {
  const auto message = parse_message(body);
  if (!message) return std::unexpected(message.error());
  const auto receipt = mail_.at(open.channel.id)->send_mail(compose_mail(open, *message));
  if (!receipt) return std::unexpected(receipt.error());
  const auto& to = open.channel.to;
  if (receipt->refused.size() >= to.size()) {
    return base::fail(base::Fault::denied, "the server refused every recipient, expected one that it takes");
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (std::ranges::find(receipt->refused, to[i]) == receipt->refused.end()) continue;
    // Addresses are people's: the log counts them.
    base::log::warn(
        "mail.recipient_refused",
        {{"channel", open.channel.id}, {"id", message->id}, {"recipient", static_cast<std::uint64_t>(i + 1)}},
        fmt::format("recipient {} of {} was refused, expected it taken; the others have the mail", i + 1, to.size()));
  }
  return {};
}

}  // namespace ntmd::notify
