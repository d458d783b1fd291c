#pragma once
// A client that says exactly what it is told to, byte by byte.

#include <sys/socket.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace ntmd::serve::test {

class Client {
 public:
  /// Connects to 127.0.0.1; `receive_buffer` 0: the system's.
  explicit Client(std::uint16_t port, int receive_buffer = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Client& operator=(Client&&) = delete;

  void say(std::string_view bytes);
  /// What the server sends until it ends; throws when it neither sends nor ends for 30 seconds. A reset is an end.
  std::string rest();
  /// At most `n` bytes, at least one unless the server ended.
  std::string some(std::size_t n);

 private:
  int fd_ = -1;
};

struct Reply {
  int status = 0;
  std::string head;
  std::string body;
  /// Of a header by its name as sent; empty when it is absent.
  [[nodiscard]] std::string header(std::string_view name) const;
};
Reply parse_reply(const std::string& bytes);
/// One request with Host: localhost.
Reply ask(std::uint16_t port, std::string_view method, std::string_view target, std::string_view more_headers = "");

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void write(const std::filesystem::path& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace ntmd::serve::test
