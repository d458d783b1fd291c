#pragma once
// One connection of the status server: a request's header, its answer, the end.

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/file_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "daemon/serve/answer.h"

namespace ntmd::serve {

/// Lives as long as an operation of it is under way. One thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Decide = std::function<Answer(const Request&)>;
  /// `gone` is called once, when the connection no longer counts.
  Connection(boost::asio::ip::tcp::socket socket, const ServerSettings& settings, Decide decide,
             std::function<void(Connection*)> gone);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Drops it, whatever is under way.
  void close();
  /// Whether the request's header is still awaited.
  [[nodiscard]] bool waits_for_request() const { return waits_; }

 private:
  void on_header(boost::system::error_code failed);
  void send(Answer answer);
  template <class Message>
  void write(Message message);
  void on_written(boost::system::error_code failed);
  void discard();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  const ServerSettings& settings_;
  Decide decide_;
  std::function<void(Connection*)> gone_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::request_parser<boost::beast::http::empty_body> parser_;
  std::array<char, 4096> discarded_{};
  std::size_t discarded_bytes_ = 0;
  bool waits_ = true;
  bool closed_ = false;
};

}  // namespace ntmd::serve
