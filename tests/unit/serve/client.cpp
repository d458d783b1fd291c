#include "tests/unit/serve/client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace ntmd::serve::test {
namespace {

[[noreturn]] void give_up(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

}  // namespace

Client::Client(std::uint16_t port, int receive_buffer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) give_up("socket");
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const timeval patience{30, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int code = errno;
    ::close(fd_);
    errno = code;
    give_up("connect");
  }
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

void Client::say(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EPIPE || errno == ECONNRESET) return;  // it has answered and ended already
      give_up("send");
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Client::some(std::size_t n) {
  std::string bytes(n, '\0');
  const auto got = ::recv(fd_, bytes.data(), n, 0);
  if (got < 0 && errno != ECONNRESET) give_up("recv");
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

std::string Client::rest() {
  std::string all;
  while (true) {
    const auto more = some(65536);
    if (more.empty()) return all;
    all += more;
  }
}

std::string Reply::header(std::string_view name) const {
  const auto at = head.find(fmt::format("\r\n{}: ", name));
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

Reply parse_reply(const std::string& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || end == std::string::npos) throw std::runtime_error("no HTTP reply: " + bytes);
  return {std::stoi(bytes.substr(9, 3)), bytes.substr(0, end + 2), bytes.substr(end + 4)};
}

Reply ask(std::uint16_t port, std::string_view method, std::string_view target, std::string_view more_headers) {
  Client client(port);
  client.say(fmt::format("{} {} HTTP/1.1\r\nHost: localhost:{}\r\n{}\r\n", method, target, port, more_headers));
  return parse_reply(client.rest());
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "ntmd-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("mkdtemp");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Folder::write(const std::filesystem::path& name, std::string_view text) const {
  std::filesystem::create_directories((path_ / name).parent_path());
  std::ofstream file(path_ / name, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + name.string());
  std::filesystem::permissions(path_ / name, std::filesystem::perms(0644));
}

}  // namespace ntmd::serve::test
