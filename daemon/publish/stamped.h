#pragma once
// A file whose only volatile part is one stamp: the generation and the time it was made.

#include <string>
#include <string_view>

namespace ntmd::publish {

/// head + stamp + tail is the file. Two files are the same when head and tail are.
struct Stamped {
  std::string head;
  std::string stamp;
  std::string tail;

  [[nodiscard]] std::string text() const { return head + stamp + tail; }
  /// Whether `file` is this one but for the digits of its stamp.
  [[nodiscard]] bool same_as(std::string_view file) const;
};

}  // namespace ntmd::publish
