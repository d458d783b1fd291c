#include "daemon/serve/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

namespace ntmd::serve {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kDiscardMax = 64 * 1024;
constexpr auto kLinger = std::chrono::seconds(1);
constexpr std::size_t kBufferSlack = 1024;  // the parser must see a byte too many to refuse it

}  // namespace

Connection::Connection(boost::asio::ip::tcp::socket socket, const ServerSettings& settings, Decide decide,
                       std::function<void(Connection*)> gone)
    : socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      settings_(settings),
      decide_(std::move(decide)),
      gone_(std::move(gone)),
      buffer_(settings.header_bytes + kBufferSlack) {
  parser_.header_limit(static_cast<std::uint32_t>(settings.header_bytes));
  parser_.body_limit(boost::none);  // no body is ever read
}

Connection::~Connection() { close(); }

void Connection::start() {
  deadline_.expires_after(settings_.deadline);
  deadline_.async_wait([self = shared_from_this()](error_code failed) {
    if (!failed) self->close();
  });
  http::async_read_header(socket_, buffer_, parser_,
                          [self = shared_from_this()](error_code failed, std::size_t) { self->on_header(failed); });
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  waits_ = false;
  deadline_.cancel();
  error_code ignored;  // a connection that is gone already is what is wanted
  socket_.close(ignored);
  gone_(this);
}

void Connection::on_header(error_code failed) {
  if (closed_) return;
  waits_ = false;
  if (!failed) return send(decide_(parser_.get()));
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    return send(plain_answer(http::status::request_header_fields_too_large, "the request's header is too large\n"));
  }
  const bool spoke = failed.category() == http::make_error_code(http::error::bad_version).category() &&
                     failed != http::error::end_of_stream && failed != http::error::partial_message;
  if (!spoke) return close();
  send(plain_answer(http::status::bad_request, "no HTTP request\n"));
}

void Connection::send(Answer answer) {
  const bool body = !answer.head_only;
  if (answer.file && body) {
    http::response<http::file_body> message;
    message.result(answer.status);
    put_common_fields(message, answer);
    boost::beast::file file;
    file.native_handle(answer.file->descriptor.release());
    error_code failed;
    http::file_body::value_type content;
    content.reset(std::move(file), failed);
    if (failed) return send(plain_answer(http::status::internal_server_error, "the file cannot be read\n"));
    message.body() = std::move(content);
    message.keep_alive(false);
    message.prepare_payload();
    return write(std::move(message));
  }
  const std::uint64_t length = answer.file ? answer.file->size : answer.text.size();
  if (!body) {
    http::response<http::empty_body> message;
    message.result(answer.status);
    put_common_fields(message, answer);
    message.keep_alive(false);
    if (answer.status != http::status::not_modified) message.content_length(length);
    return write(std::move(message));
  }
  http::response<http::string_body> message;
  message.result(answer.status);
  put_common_fields(message, answer);
  message.body() = std::move(answer.text);
  message.keep_alive(false);
  message.prepare_payload();
  write(std::move(message));
}

template <class Message>
void Connection::write(Message message) {
  const auto kept = std::make_shared<Message>(std::move(message));
  http::async_write(socket_, *kept,
                    [self = shared_from_this(), kept](error_code failed, std::size_t) { self->on_written(failed); });
}

// Closing with bytes unread resets the connection, which may take the answer from the client: end our side, read on for
// a moment.
void Connection::on_written(error_code failed) {
  if (closed_) return;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, failed);
  if (failed) return close();
  deadline_.expires_after(kLinger);
  deadline_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled) self->close();
  });
  discard();
}

void Connection::discard() {
  socket_.async_read_some(boost::asio::buffer(discarded_),
                          [self = shared_from_this()](error_code failed, std::size_t got) {
                            if (self->closed_) return;
                            self->discarded_bytes_ += got;
                            if (failed || self->discarded_bytes_ > kDiscardMax) return self->close();
                            self->discard();
                          });
}

}  // namespace ntmd::serve
