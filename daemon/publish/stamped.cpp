#include "daemon/publish/stamped.h"

namespace ntmd::publish {
namespace {

/// Runs of digits as one '#'.
std::string shape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) {
      out += c;
    } else if (out.empty() || out.back() != '#') {
      out += '#';
    }
  }
  return out;
}

}  // namespace

bool Stamped::same_as(std::string_view file) const {
  if (file.size() < head.size() + tail.size() || !file.starts_with(head) || !file.ends_with(tail)) return false;
  return shape(file.substr(head.size(), file.size() - head.size() - tail.size())) == shape(stamp);
}

}  // namespace ntmd::publish
