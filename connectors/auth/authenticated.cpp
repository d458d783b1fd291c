#include "connectors/auth/authenticated.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "connectors/auth/base64.h"
#include "connectors/codec/json_value.h"
#include "connectors/wire/url.h"

namespace ntmd::connectors {
namespace {

constexpr std::uint64_t kMaxTokenAnswer = 256ULL << 10U;

base::Secret basic(std::string_view user, std::string_view password) {
  return base::Secret("Basic " + base64(std::string(user) + ":" + std::string(password)));
}

/// The `error` word of RFC 6749; empty when the answer has none that may be shown.
std::string error_word(const Response& response) {
  const auto answer = parse_json(response.body);
  const JsonValue* word = answer ? answer->find("error") : nullptr;
  if (word == nullptr || !word->is(JsonValue::Kind::string) || word->text.size() > 40) return {};
  const bool plain = word->text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
  return plain ? word->text : std::string();
}

class Authenticated final : public Exchange {
 public:
  Authenticated(std::unique_ptr<Exchange> inner, ResolvedAuth auth, std::string origin)
      : inner_(std::move(inner)), auth_(std::move(auth)), origin_(std::move(origin)) {
    if (auth_.kind == AuthKind::oauth2_client_credentials && !auth_.cache)
      throw std::logic_error("auth: no token cache");
    if (auth_.kind == AuthKind::basic) authorization_ = basic(auth_.user, auth_.secret.reveal());
    if (auth_.kind == AuthKind::bearer) authorization_ = base::Secret("Bearer " + std::string(auth_.secret.reveal()));
  }

  Step begin() override { return pass(inner_->begin()); }
  Step resume() override { return pass(inner_->resume()); }

  Step on(const Response& response) override {
    if (awaiting_token_) {
      awaiting_token_ = false;
      auto token = take_token(response);
      if (!token) return std::move(token.error());
      return authorised(*token);
    }
    if (response.status == 401 && auth_.kind == AuthKind::oauth2_client_credentials && with_token_ && !refreshed_) {
      refreshed_ = true;
      auth_.cache->forget();
      return ask_token();
    }
    refreshed_ = false;
    return pass(inner_->on(response));
  }

 private:
  Step pass(Step step) {
    auto* request = std::get_if<Request>(&step);
    if (request == nullptr) return step;
    const auto url = parse_url(request->url);
    with_token_ = url && url->origin() == origin_ && auth_.kind != AuthKind::none;
    if (!with_token_) return step;
    pending_ = std::move(*request);
    if (auth_.kind != AuthKind::oauth2_client_credentials) return authorised(authorization_);
    const auto token = auth_.cache->get();
    return token ? authorised(*token) : ask_token();
  }

  /// The request stays pending: a 401 may ask for it again.
  Step authorised(const base::Secret& authorization) const {
    Request request = *pending_;
    request.authorization = authorization;
    return request;
  }

  Step ask_token() {
    Request request;
    request.method = "POST";
    request.url = auth_.token_url;
    request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "grant_type=client_credentials";
    if (!auth_.scope.empty()) request.body += "&scope=" + percent_encode(auth_.scope);
    // RFC 6749 §2.3.1: both are form-encoded before they are joined.
    request.authorization = basic(percent_encode(auth_.client_id), percent_encode(auth_.secret.reveal()));
    request.max_body = kMaxTokenAnswer;
    if (pending_) request.timeout = pending_->timeout;
    awaiting_token_ = true;
    return request;
  }

  /// The header's value; also cached, but used here even when it is too short-lived for that.
  base::Result<base::Secret> take_token(const Response& response) {
    const auto fail = [this](base::Fault fault, std::string_view fact) {
      const auto url = parse_url(auth_.token_url);
      return base::fail(fault, fmt::format("token from {}: {}", url ? url->shown() : "its url", fact));
    };
    if (response.status >= 400 && response.status < 500) {
      const std::string word = error_word(response);
      return fail(base::Fault::denied, fmt::format("HTTP {}{}{}, expected a token; check client_id and its secret",
                                                   response.status, word.empty() ? "" : ", ", word));
    }
    if (response.status != 200 && response.status != 201) {
      return fail(base::Fault::retry_later, fmt::format("HTTP {}, expected 200", response.status));
    }
    const auto answer = parse_json(response.body);
    if (!answer) return fail(base::Fault::retry_later, "the answer is no JSON, expected an object with access_token");
    const JsonValue* value = answer->find("access_token");
    const auto unfit = [](char c) { return c < 0x21 || c > 0x7e; };
    if (value == nullptr || !value->is(JsonValue::Kind::string) || value->text.empty() ||
        std::ranges::any_of(value->text, unfit)) {
      return fail(base::Fault::bad_data, "access_token is missing or no text, expected a token");
    }
    std::optional<std::chrono::seconds> lifetime;
    if (const JsonValue* seconds = answer->find("expires_in");
        seconds != nullptr && !seconds->is(JsonValue::Kind::null)) {
      std::int64_t number = -1;
      std::from_chars(seconds->text.data(), seconds->text.data() + seconds->text.size(), number);
      if (number < 0) return fail(base::Fault::bad_data, "expires_in is no number, expected seconds");
      lifetime = std::chrono::seconds(std::min<std::int64_t>(number, 365LL * 24 * 3600));
    }
    base::Secret authorization("Bearer " + value->text);
    auth_.cache->put(authorization, lifetime);
    return authorization;
  }

  std::unique_ptr<Exchange> inner_;
  ResolvedAuth auth_;
  std::string origin_;
  base::Secret authorization_;
  std::optional<Request> pending_;
  bool awaiting_token_ = false;
  bool with_token_ = false;
  bool refreshed_ = false;
};

}  // namespace

std::unique_ptr<Exchange> make_authenticated(std::unique_ptr<Exchange> inner, ResolvedAuth auth, std::string origin) {
  return std::make_unique<Authenticated>(std::move(inner), std::move(auth), std::move(origin));
}

}  // namespace ntmd::connectors
