#pragma once
// The status server: the published folder, /healthz, /readyz and /metrics over plain HTTP, for loopback unless told
// otherwise.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/files.h"
#include "daemon/base/result.h"

namespace ntmd::serve {

struct ServerSettings {
  std::string listen = "127.0.0.1:8780";  ///< "host:port"; "localhost" or an address, IPv6 in brackets; port 0 = any
  bool allow_remote = false;              ///< other than loopback: the server asks nobody who they are
  base::Path folder;                      ///< what is published
  std::chrono::milliseconds deadline{30'000};  ///< for one request, from accept to the last byte of the answer
  std::size_t connections = 256;               ///< at once
  std::size_t header_bytes = 8192;             ///< of a request
};

/// What only the daemon knows. Called on the server's thread: they must be quick, and thread-safe. An error's text is
/// shown to whoever asks. An empty function: all is well.
struct ServerHooks {
  std::function<base::Status()> alive;  ///< of /healthz; an error is 503
  std::function<base::Status()> ready;  ///< of /readyz, likewise
};

/// Answers GET and HEAD, one request a connection: /healthz, /readyz, /metrics (metrics.prom), else a published file. A
/// connection beyond the cap takes the place of the one that has been silent about its request the longest; when all
/// are being answered it gets 503. Only what may be published by its name is served, from below the
/// folder: no other file, no "..", no hidden name, no symbolic link, no file that not everybody may read.
class StatusServer {
 public:
  /// Binds, logs the address, starts its thread. `bad_config` for an address that is none, or not loopback without
  /// `allow_remote`; `denied` or `retry_later` when the port cannot be had.
  static base::Result<std::unique_ptr<StatusServer>> start(ServerSettings settings, ServerHooks hooks);
  ~StatusServer();
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  /// The port really bound.
  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:8780"
  [[nodiscard]] std::string url() const;
  /// Drops all connections and joins the thread, at once. May be called again.
  void stop();

 private:
  struct Impl;
  explicit StatusServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ntmd::serve
