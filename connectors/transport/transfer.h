#pragma once
// One request or one mail as one libcurl transfer: options, caps, and its end in our words. Driver's thread only.

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/transport/http_driver.h"
#include "connectors/wire/url.h"

namespace ntmd::connectors {

/// `again`: a failure that may pass by itself.
struct TransferEnd {
  base::Result<Response> outcome;
  bool again = false;
};

/// `request`, `mail`, `settings` and `stopping` must outlive the transfer.
class Transfer {
 public:
  Transfer(const Request& request, const Url& url, const TransportSettings& settings,
           std::chrono::milliseconds time_left);
  /// Mail is not wholly asynchronous in curl: some answers it waits for. Once `stopping` is set it waits no more than a
  /// second for any.
  Transfer(const Mail& mail, const Url& url, const TransportSettings& settings, std::chrono::milliseconds time_left,
           const std::atomic<bool>& stopping);
  ~Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] CURL* handle() const { return easy_.get(); }
  /// Makes a mail fail at curl's next step.
  void give_up() { given_up_ = true; }
  /// Once, after curl is done with it.
  TransferEnd finish(CURLcode code);
  /// Indices into `mail.to` that the server refused.
  [[nodiscard]] const std::vector<std::size_t>& refused() const { return refused_; }

 private:
  void set_common(std::chrono::milliseconds time_left);
  void set_request();
  void set_mail();
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  /// Wiped first: one of the headers is the login.
  struct FreeList {
    void operator()(curl_slist* list) const;
  };
  using List = std::unique_ptr<curl_slist, FreeList>;

  void append_header(List& list, const std::string& line);
  base::Error describe(CURLcode code, bool& again) const;

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* self);
  static int on_debug(CURL* easy, curl_infotype kind, char* data, std::size_t size, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

  const Request* request_ = nullptr;
  const Mail* mail_ = nullptr;
  Url url_;
  std::string subject_;
  const TransportSettings& settings_;
  List headers_;  // the lists outlive the handle
  List recipients_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  Response response_;
  std::uint64_t header_bytes_ = 0;
  bool head_whole_ = false;
  std::string cap_;              // the cap that was hit
  std::string refused_address_;  // why the address was refused
  std::size_t sent_ = 0;         // bytes of the mail read by curl
  std::size_t asked_recipients_ = 0;
  bool awaiting_recipient_ = false;
  const std::atomic<bool>* stopping_ = nullptr;
  bool given_up_ = false;
  std::optional<std::chrono::steady_clock::time_point> quit_at_;
  std::vector<std::size_t> refused_;
};

/// "GET https://host/path": how messages name a request.
std::string subject_of(const Request& request, const Url& url);

}  // namespace ntmd::connectors
