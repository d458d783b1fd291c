#pragma once
// What a call may report: a value or an Error whose kind says what to do next.

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace ntmd::base {

/// Decides the reaction, in one switch: when to try again, whom to tell. Values are frozen: they are stored.
enum class Fault : std::uint8_t {
  retry_later = 1,  ///< the other side or the disk failed for now; try again on schedule
  slow_down = 2,    ///< the other side asks for fewer requests
  bad_data = 3,     ///< what came is not what was agreed; asking again does not help
  bad_config = 4,   ///< an operator must change a file
  denied = 5,       ///< credentials or permission
  gone = 6,         ///< what was asked for does not exist
  bug = 7,          ///< our own code broke a promise
};

std::string_view to_string(Fault fault);

/// `what` reads "subject: fact, expected X; remedy" and never holds personal data or a secret.
struct Error {
  Fault fault = Fault::bug;
  std::string what;
  std::chrono::seconds wait{0};  ///< of slow_down: how long the other side asked to wait; 0: it did not say

  /// The same error with its subject in front: "source portal, page 3: …".
  [[nodiscard]] Error within(std::string_view subject) const;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(Fault fault, std::string what) {
  return std::unexpected<Error>(Error{fault, std::move(what)});
}

/// Passes an error on, with the caller's subject in front.
template <class T>
[[nodiscard]] std::unexpected<Error> fail_within(std::string_view subject, const Result<T>& failed) {
  return std::unexpected<Error>(failed.error().within(subject));
}

}  // namespace ntmd::base
