#include "tests/unit/transport/fault_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace ntmd::test {
namespace {

/// Up to the end of the body that Content-Length promises; empty when the other side closed before.
std::string read_request(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    if (const auto end = text.find("\r\n\r\n"); end != std::string::npos) {
      const auto at = text.find("Content-Length: ");
      const std::size_t body = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
      if (text.size() >= end + 4 + body) return text;
    }
    const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

bool Peer::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Peer::reset() const {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Peer::wait_closed() const {
  std::array<char, 64> buffer{};
  while (::recv(fd_, buffer.data(), buffer.size(), 0) > 0) {
  }
}

FaultServer::FaultServer(Handler handler) : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, raw, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, raw, &size) != 0) {
    throw std::runtime_error("the test's server has no port");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FaultServer::~FaultServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

std::string FaultServer::url(std::string_view path) const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }

int FaultServer::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

bool FaultServer::wait_asked(int count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return asked_ >= count; });
}

void FaultServer::accept_all() {
  while (true) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    if (stopping_) ::shutdown(fd, SHUT_RDWR);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void FaultServer::serve(int fd) {
  if (const Peer peer(fd, read_request(fd)); !peer.request.empty()) {
    {
      const std::lock_guard lock(mutex_);
      ++asked_;
      changed_.notify_all();
    }
    handler_(peer);
  }
  const std::lock_guard lock(mutex_);
  open_.remove(fd);
  ::close(fd);
}

std::string http_answer(int status, std::string_view body, std::string_view headers) {
  return fmt::format(
      "HTTP/1.1 {} Some Reason\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: "
      "close\r\n{}\r\n{}",
      status, body.size(), headers, body);
}

std::string gzip_of_zeros(std::uint64_t bytes) {
  // One deflate block with the fixed code: a literal zero, then copies of 258 from one byte back.
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  std::uint32_t held = 0;
  unsigned count = 0;
  const auto put_bit = [&](unsigned bit) {
    held |= bit << count;
    if (++count < 8) return;
    out += static_cast<char>(held);
    held = count = 0;
  };
  const auto put_code = [&](unsigned code, unsigned length) {  // Huffman codes go in with their first bit first
    while (length-- > 0) put_bit(code >> length & 1U);
  };
  put_bit(1);
  put_bit(1);
  put_bit(0);
  put_code(0x30, 8);
  for (std::uint64_t done = 1; done < bytes; done += 258) {
    put_code(0xc5, 8);
    put_code(0, 5);
  }
  put_code(0, 7);
  while (count > 0) put_bit(0);
  return out;  // without its checksum: nobody is to read so far
}

}  // namespace ntmd::test
