#pragma once
// A protocol as a state machine without I/O; one driver does the I/O.

#include <variant>

#include "connectors/wire/message.h"
#include "daemon/base/result.h"

namespace ntmd::connectors {

/// The exchange is complete: everything that belongs to the delivery was given.
struct Finished {};

/// Ask this · here is a document, call `resume` for more · failed · complete.
using Step = std::variant<Request, Document, base::Error, Finished>;

/// Paging, fan-out and authentication of one delivery. After an Error or Finished it is not called again. One thread at
/// a time.
struct Exchange {
  virtual ~Exchange() = default;
  virtual Step begin() = 0;
  /// Called for statuses the driver does not handle itself (it retries 429, 5xx and network failures within the
  /// limits).
  virtual Step on(const Response& response) = 0;
  virtual Step resume() = 0;
};

}  // namespace ntmd::connectors
