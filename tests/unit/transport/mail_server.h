#pragma once
// A mail server on a free loopback port that falls silent where a test asks for it.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace ntmd::test {

/// Takes one mail on one connection; `silent_at` is the step that it does not answer any more: "greeting", "DATA",
/// "body", "QUIT", or "" for none.
class MailServer {
 public:
  explicit MailServer(std::string silent_at);
  ~MailServer();
  MailServer(const MailServer&) = delete;
  MailServer& operator=(const MailServer&) = delete;

  [[nodiscard]] std::string url() const;
  /// Until the step came that is not answered; false when it did not within 20 s.
  [[nodiscard]] bool wait_silent() const;
  /// Whether the other side has gone; looked for at most 20 s.
  [[nodiscard]] bool wait_left() const;
  /// What came between DATA and its end; empty before the end.
  [[nodiscard]] std::string body() const;

 private:
  void serve();
  void talk(int fd);
  void say(int fd, std::string_view step, std::string_view reply);

  std::string silent_at_;
  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::string body_;
  int open_ = -1;
  bool silent_ = false;
  bool left_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ntmd::test
