#include "daemon/serve/status_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <list>
#include <string_view>
#include <thread>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/serve/answer.h"
#include "daemon/serve/connection.h"
#include "daemon/serve/listen_address.h"

namespace ntmd::serve {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr auto kPause = std::chrono::milliseconds(100);  // after a failed accept, e.g. with no descriptor left
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";

base::Fault fault_of(const error_code& failed) {
  if (failed == boost::asio::error::access_denied) return base::Fault::denied;
  if (failed == boost::asio::error::address_in_use) return base::Fault::retry_later;
  return base::Fault::bad_config;
}

}  // namespace

struct StatusServer::Impl {
  Impl(ServerSettings chosen, ServerHooks given, ListenAddress where)
      : settings(std::move(chosen)), hooks(std::move(given)), own(std::move(where)), acceptor(io), pause(io) {}

  base::Status listen() {
    const tcp::endpoint endpoint(boost::asio::ip::make_address(own.address), own.port);
    error_code failed;
    const auto step = [&](auto&& call) {
      if (!failed) call();
    };
    step([&] { acceptor.open(endpoint.protocol(), failed); });
    step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), failed); });
    step([&] { acceptor.bind(endpoint, failed); });
    step([&] { acceptor.listen(tcp::acceptor::max_listen_connections, failed); });
    if (failed) {
      return base::fail(fault_of(failed),
                        fmt::format("http.listen: cannot listen on {}: {}; choose another port or address",
                                    settings.listen, failed.message()));
    }
    port = acceptor.local_endpoint().port();
    return {};
  }

  void accept() {
    acceptor.async_accept([this](error_code failed, tcp::socket socket) {
      if (failed == boost::asio::error::operation_aborted) return;
      if (failed) {
        if (!refused) base::log::warn("serve.accept_failed", {{"error", failed.message()}});
        refused = true;
        pause.expires_after(kPause);
        pause.async_wait([this](error_code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      refused = false;
      admit(std::move(socket));
      accept();
    });
  }

  void admit(tcp::socket socket) {
    if (connections.size() >= settings.connections) {
      const auto silent = std::ranges::find_if(connections, &Connection::waits_for_request);
      if (silent == connections.end()) return refuse(socket);
      (*silent)->close();
    }
    const auto connection = std::make_shared<Connection>(
        std::move(socket), settings, [this](const Request& request) { return decide(request); },
        [this](Connection* gone) { connections.remove(gone); });
    connections.push_back(connection.get());
    connection->start();
  }

  static void refuse(tcp::socket& socket) {
    error_code ignored;  // a courtesy: the connection is dropped anyway
    socket.non_blocking(true, ignored);
    socket.write_some(boost::asio::buffer(kBusy.data(), kBusy.size()), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  Answer decide(const Request& request) {
    try {
      return answer_to(request, settings, hooks, own);
    } catch (const std::exception& bug) {
      base::log::error("serve.failed", {{"error", bug.what()}});
      return plain_answer(boost::beast::http::status::internal_server_error, "internal failure\n");
    }
  }

  void run() {
    thread = std::thread([this] {
      while (true) {
        try {
          io.run();
          return;
        } catch (const std::exception& bug) {  // of one connection: the others go on
          base::log::error("serve.failed", {{"error", bug.what()}});
        }
      }
    });
  }

  ServerSettings settings;
  ServerHooks hooks;
  ListenAddress own;
  std::uint16_t port = 0;
  bool refused = false;                // the last accept failed: said once, tried again and again
  std::list<Connection*> connections;  // in the order of arrival; outlives `io`, whose handlers own the connections
  boost::asio::io_context io{1};
  tcp::acceptor acceptor;
  boost::asio::steady_timer pause;
  std::thread thread;
};

StatusServer::StatusServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StatusServer::~StatusServer() { stop(); }

base::Result<std::unique_ptr<StatusServer>> StatusServer::start(ServerSettings settings, ServerHooks hooks) {
  auto address = may_listen(settings.listen, settings.allow_remote);
  if (!address) return std::unexpected(address.error());
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(hooks), std::move(*address));
  if (auto listening = impl->listen(); !listening) return std::unexpected(listening.error());
  impl->accept();
  impl->run();
  std::unique_ptr<StatusServer> server(new StatusServer(std::move(impl)));
  base::log::info("serve.listening", {{"url", server->url()}});
  return server;
}

std::uint16_t StatusServer::port() const { return impl_->port; }

std::string StatusServer::url() const {
  const bool v6 = impl_->own.address.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", impl_->own.address, v6 ? "]" : "", impl_->port);
}

void StatusServer::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->io.stop();
  impl_->thread.join();
  error_code ignored;  // closing a listening socket: nothing can be done about a failure
  impl_->acceptor.close(ignored);
  while (!impl_->connections.empty()) impl_->connections.front()->close();
}

}  // namespace ntmd::serve
