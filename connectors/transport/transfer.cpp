#include "connectors/transport/transfer.h"

#include <fmt/format.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "connectors/transport/address.h"

namespace ntmd::connectors {
namespace {

/// The mail is delivered by then: nothing hangs on the answer.
constexpr std::chrono::seconds kQuitAnswer{2};

/// A wrong option is our own mistake: the options below are fixed and the library is known.
template <class T>
void set(CURL* easy, CURLoption option, T value) {
  if (const CURLcode code = curl_easy_setopt(easy, option, value); code != CURLE_OK) {
    throw std::runtime_error(fmt::format("curl option {}: {}", static_cast<int>(option), curl_easy_strerror(code)));
  }
}

CURL* make_easy() {
  CURL* easy = curl_easy_init();
  if (easy == nullptr) throw std::bad_alloc();
  return easy;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

std::string subject_of(const Request& request, const Url& url) {
  return fmt::format("{} {}", request.method, url.shown());
}

Transfer::Transfer(const Request& request, const Url& url, const TransportSettings& settings,
                   std::chrono::milliseconds time_left)
    : request_(&request), url_(url), subject_(subject_of(request, url)), settings_(settings), easy_(make_easy()) {
  set_common(time_left);
  set_request();
}

Transfer::Transfer(const Mail& mail, const Url& url, const TransportSettings& settings,
                   std::chrono::milliseconds time_left, const std::atomic<bool>& stopping)
    : mail_(&mail),
      url_(url),
      subject_("mail to " + url.origin()),
      settings_(settings),
      easy_(make_easy()),
      stopping_(&stopping) {
  set_common(time_left);
  set_mail();
}

void Transfer::FreeList::operator()(curl_slist* list) const {
  for (curl_slist* node = list; node != nullptr; node = node->next) explicit_bzero(node->data, std::strlen(node->data));
  curl_slist_free_all(list);
}

void Transfer::append_header(List& list, const std::string& line) {
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    throw std::runtime_error(subject_ + ": a header holds a line break");
  }
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());  // now a part of the longer one
  list.reset(longer);
}

void Transfer::set_common(std::chrono::milliseconds time_left) {
  set(handle(), CURLOPT_URL, url_.str().c_str());
  set(handle(), CURLOPT_PRIVATE, static_cast<void*>(this));
  set(handle(), CURLOPT_NOSIGNAL, 1L);
  set(handle(), CURLOPT_FOLLOWLOCATION, 0L);
  set(handle(), CURLOPT_SSL_VERIFYPEER, 1L);
  set(handle(), CURLOPT_SSL_VERIFYHOST, 2L);
  set(handle(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle(), CURLOPT_PROXY, "");  // a proxy of the environment would connect where nobody looked
  set(handle(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
  set(handle(), CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(time_left.count())));
  set(handle(), CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(settings_.low_speed_bytes));
  set(handle(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.low_speed_for.count()));
  set(handle(), CURLOPT_ERRORBUFFER, error_text_.data());
  set(handle(), CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
  set(handle(), CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

void Transfer::set_request() {
  response_.url = request_->url;
  set(handle(), CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle(), CURLOPT_USERAGENT, "ntmd");
  set(handle(), CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  set(handle(), CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(handle(), CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(handle(), CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(handle(), CURLOPT_WRITEDATA, static_cast<void*>(this));
  for (const auto& [name, value] : request_->headers) append_header(headers_, name + ": " + value);
  if (!request_->authorization.empty()) {
    append_header(headers_, "Authorization: " + std::string(request_->authorization.reveal()));
  }
  if (request_->method == "GET") {
    set(handle(), CURLOPT_HTTPGET, 1L);
  } else {
    append_header(headers_, "Expect:");
    set(handle(), CURLOPT_POST, 1L);
    set(handle(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_->body.size()));
    set(handle(), CURLOPT_POSTFIELDS, request_->body.data());
    if (request_->method != "POST") set(handle(), CURLOPT_CUSTOMREQUEST, request_->method.c_str());
  }
  set(handle(), CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set_mail() {
  const bool loopback = is_loopback_host(url_.host);
  set(handle(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(handle(), CURLOPT_MAIL_FROM, ("<" + mail_->from + ">").c_str());
  for (const std::string& to : mail_->to) append_header(recipients_, "<" + to + ">");
  set(handle(), CURLOPT_MAIL_RCPT, recipients_.get());
  set(handle(), CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  set(handle(), CURLOPT_UPLOAD, 1L);
  set(handle(), CURLOPT_READFUNCTION, &Transfer::on_read);
  set(handle(), CURLOPT_READDATA, static_cast<void*>(this));
  set(handle(), CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail_->message.size()));
  const auto tls = loopback ? CURLUSESSL_NONE : mail_->user.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL;
  set(handle(), CURLOPT_USE_SSL, static_cast<long>(tls));
  if (!mail_->user.empty()) {
    set(handle(), CURLOPT_USERNAME, mail_->user.c_str());
    set(handle(), CURLOPT_PASSWORD, std::string(mail_->password.reveal()).c_str());
  }
  // The dialogue is listened to for the answer to each recipient; nothing of it is kept.
  set(handle(), CURLOPT_DEBUGFUNCTION, &Transfer::on_debug);
  set(handle(), CURLOPT_DEBUGDATA, static_cast<void*>(this));
  set(handle(), CURLOPT_VERBOSE, 1L);
  set(handle(), CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
  set(handle(), CURLOPT_XFERINFODATA, static_cast<void*>(this));
  set(handle(), CURLOPT_NOPROGRESS, 0L);
  set(handle(), CURLOPT_FORBID_REUSE, 1L);  // a kept one would be closed later, when nothing can cut that short
}

int Transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& me = *static_cast<const Transfer*>(self);
  const bool quits_long = me.quit_at_ && std::chrono::steady_clock::now() - *me.quit_at_ > kQuitAnswer;
  return me.given_up_ || quits_long || *me.stopping_ ? 1 : 0;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& me = *static_cast<Transfer*>(self);
  const std::string_view line(data, size * count);
  me.header_bytes_ += line.size();
  if (me.header_bytes_ > me.settings_.max_header_bytes || me.response_.headers.size() >= 1000) {
    me.cap_ = fmt::format("its headers are over {} bytes or 1000 lines", me.settings_.max_header_bytes);
    return 0;
  }
  if (line.starts_with("HTTP/")) {  // an interim answer came before
    me.response_.headers.clear();
    me.head_whole_ = false;
    return line.size();
  }
  if (trim(line).empty()) me.head_whole_ = true;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !me.response_.body.empty()) return line.size();  // the empty line, or trailers
  std::string name(trim(line.substr(0, colon)));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  me.response_.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
  return line.size();
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& me = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  const std::uint64_t total = me.response_.body.size() + bytes;
  if (total > me.request_->max_body) {
    me.cap_ = fmt::format("its body is over {} bytes", me.request_->max_body);
    return 0;
  }
  curl_off_t received = 0;
  curl_easy_getinfo(me.handle(), CURLINFO_SIZE_DOWNLOAD_T, &received);
  // What curl holds in its read buffer is not counted in `received` yet.
  const std::uint64_t wire = static_cast<std::uint64_t>(std::max<curl_off_t>(received, 0)) + CURL_MAX_WRITE_SIZE;
  if (total > (1ULL << 20U) && total / me.settings_.max_inflate_ratio > wire) {
    me.cap_ = fmt::format("it inflates to more than {} times its size", me.settings_.max_inflate_ratio);
    return 0;
  }
  me.response_.body.append(data, bytes);
  return bytes;
}

std::size_t Transfer::on_read(char* into, std::size_t size, std::size_t count, void* self) {
  auto& me = *static_cast<Transfer*>(self);
  const std::size_t bytes = std::min(size * count, me.mail_->message.size() - me.sent_);
  std::memcpy(into, me.mail_->message.data() + me.sent_, bytes);
  me.sent_ += bytes;
  return bytes;
}

int Transfer::on_debug(CURL* /*easy*/, curl_infotype kind, char* data, std::size_t size, void* self) {
  auto& me = *static_cast<Transfer*>(self);
  const std::string_view line(data, size);
  if (kind == CURLINFO_HEADER_OUT) {
    me.awaiting_recipient_ = line.starts_with("RCPT TO:");
    if (me.awaiting_recipient_) ++me.asked_recipients_;
    if (line.starts_with("QUIT")) me.quit_at_ = std::chrono::steady_clock::now();
  } else if (kind == CURLINFO_HEADER_IN && me.awaiting_recipient_ && line.size() > 3 && line[3] != '-') {
    me.awaiting_recipient_ = false;
    if (line[0] != '2') me.refused_.push_back(me.asked_recipients_ - 1);
  }
  return 0;
}

curl_socket_t Transfer::open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& me = *static_cast<Transfer*>(self);
  if (std::string why = refuse_address(me.url_.host, address->addr, address->addrlen); !why.empty()) {
    me.refused_address_ = std::move(why);
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

TransferEnd Transfer::finish(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  // curl takes a head that breaks off for a whole one without a body.
  if (code == CURLE_OK && request_ != nullptr && !head_whole_) code = CURLE_PARTIAL_FILE;
  if (code == CURLE_OK) return {std::move(response_), false};
  bool again = false;
  base::Error error = describe(code, again);
  return {std::unexpected(std::move(error)), again};
}

base::Error Transfer::describe(CURLcode code, bool& again) const {
  using base::Fault;
  const auto error = [this](Fault fault, std::string_view fact) {
    return base::Error{fault, fmt::format("{}: {}", subject_, fact)};
  };
  std::string detail(error_text_.data());
  if (detail.empty()) detail = curl_easy_strerror(code);
  const auto unprintable = [](char c) { return c < 0x20 || c > 0x7e; };
  std::ranges::replace_if(detail, unprintable, '?');
  detail.resize(std::min<std::size_t>(detail.size(), 200));
  switch (code) {
    case CURLE_WRITE_ERROR:
      return error(Fault::bad_data,
                   (cap_.empty() ? detail : cap_) + ", expected less; raise the limit if this is right");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return error(Fault::denied, detail + ", expected a certificate that proves the host");
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_URL_MALFORMAT:
      return error(Fault::bad_config, detail);
    case CURLE_LOGIN_DENIED:
      return error(Fault::denied, "the login is refused, expected the right user and password");
    case CURLE_USE_SSL_FAILED:
      return error(Fault::denied, "the server offers no TLS, expected TLS for a login");
    case CURLE_SEND_ERROR:
      if (mail_ != nullptr && response_.status >= 500) {
        return error(Fault::denied, fmt::format("the server refuses with {}, expected 250", response_.status));
      }
      break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      again = true;
      return error(Fault::retry_later, "what answers does not speak HTTP, expected an HTTP answer");
    case CURLE_ABORTED_BY_CALLBACK:
      return error(Fault::retry_later, "given up, the daemon is stopping");
    case CURLE_PARTIAL_FILE:
      again = true;
      return error(Fault::retry_later, "the answer is cut short, expected all of it");
    default:
      break;
  }
  if (!refused_address_.empty()) {
    return error(Fault::denied,
                 fmt::format("the host's name leads to {}, expected a public or site address", refused_address_));
  }
  again = true;
  return error(Fault::retry_later, detail + ", expected an answer");
}

}  // namespace ntmd::connectors
