#pragma once
// A server on a free loopback port that answers in whatever broken way a test asks for.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace ntmd::test {

/// One connection, after its request was read whole.
class Peer {
 public:
  Peer(int fd, std::string the_request) : request(std::move(the_request)), fd_(fd) {}

  /// False when the other side is gone.
  bool send(std::string_view bytes) const;
  /// Ends the connection with RST.
  void reset() const;
  /// Until the other side closes, or the server stops.
  void wait_closed() const;

  const std::string request;  ///< head and body, as they came

 private:
  int fd_;
};

/// Each connection has a thread of its own and is closed when `handler` returns. Stops with its destructor.
class FaultServer {
 public:
  using Handler = std::function<void(const Peer& peer)>;
  explicit FaultServer(Handler handler);
  ~FaultServer();
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  /// Requests so far.
  [[nodiscard]] int asked() const;
  /// False when so many requests did not come within ten seconds.
  [[nodiscard]] bool wait_asked(int count) const;

 private:
  void accept_all();
  void serve(int fd);

  Handler handler_;
  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  int asked_ = 0;
  bool stopping_ = false;
  std::list<int> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

/// A whole answer with its length.
std::string http_answer(int status, std::string_view body, std::string_view headers = "");
/// A gzip body of so many zero bytes, about 1:150.
std::string gzip_of_zeros(std::uint64_t bytes);

}  // namespace ntmd::test
