#include "tests/unit/transport/mail_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>

namespace ntmd::test {
namespace {

constexpr std::chrono::seconds kPatience{20};

}  // namespace

MailServer::MailServer(std::string silent_at)
    : silent_at_(std::move(silent_at)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, raw, size) != 0 || ::listen(listener_, 4) != 0 ||
      ::getsockname(listener_, raw, &size) != 0) {
    throw std::runtime_error("the test's mail server has no port");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

MailServer::~MailServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (open_ >= 0) ::shutdown(open_, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::string MailServer::url() const { return fmt::format("smtp://127.0.0.1:{}", port_); }

bool MailServer::wait_silent() const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return silent_; });
}

bool MailServer::wait_left() const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return left_; });
}

std::string MailServer::body() const {
  const std::lock_guard lock(mutex_);
  return body_;
}

void MailServer::serve() {
  const int fd = ::accept(listener_, nullptr, nullptr);
  if (fd < 0) return;
  {
    const std::lock_guard lock(mutex_);
    open_ = fd;
    if (stopping_) ::shutdown(fd, SHUT_RDWR);
  }
  talk(fd);
  const std::lock_guard lock(mutex_);
  open_ = -1;
  left_ = true;
  changed_.notify_all();
  ::close(fd);
}

void MailServer::say(int fd, std::string_view step, std::string_view reply) {
  {
    const std::lock_guard lock(mutex_);
    silent_ = silent_ || step == silent_at_;
    changed_.notify_all();
    if (silent_) return;
  }
  (void)::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
}

void MailServer::talk(int fd) {
  say(fd, "greeting", "220 here\r\n");
  std::string text;
  std::array<char, 4096> buffer{};
  bool in_body = false;
  while (true) {
    const std::string_view end = in_body ? "\r\n.\r\n" : "\r\n";
    const auto at = text.find(end);
    if (at == std::string::npos) {
      const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      text.append(buffer.data(), static_cast<std::size_t>(got));
      continue;
    }
    const auto part = text.substr(0, at);
    text.erase(0, at + end.size());
    if (in_body) {
      {
        const std::lock_guard lock(mutex_);
        body_ = part;
      }
      in_body = false;
      say(fd, "body", "250 taken\r\n");
    } else if (part == "DATA") {
      say(fd, "DATA", "354 go on\r\n");
      in_body = true;
    } else {
      say(fd, part.substr(0, 4), part == "QUIT" ? "221 bye\r\n" : "250 fine\r\n");
    }
  }
}

}  // namespace ntmd::test
