#pragma once
// Every fault found in configuration, not the first only.

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/settings/node.h"

namespace ntmd::settings {

/// Collects faults while the readers go on. One line each: "file:line:column: subject: fact, expected X; remedy".
class Problems {
 public:
  void add(const Place& place, std::string_view what);
  /// For faults without a place in a file (a folder that is missing …).
  void add(std::string_view what);
  /// By file, line and column; those without a place come before the others of their file.
  void sort();
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] std::size_t size() const { return lines_.size(); }
  /// In the order found unless sorted, without repeats.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  /// All lines as one bad_config error.
  [[nodiscard]] base::Error error() const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace ntmd::settings
