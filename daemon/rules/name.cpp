#include "daemon/rules/name.h"

#include <cstddef>
#include <functional>
#include <mutex>
#include <unordered_set>

namespace ntmd::rules {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace

constinit const std::string Name::kNone;

const std::string& Name::held(std::string_view text) {
  if (text.empty()) return kNone;
  static std::mutex mutex;
  static std::unordered_set<std::string, TextHash, std::equal_to<>> all;
  const std::lock_guard lock(mutex);
  const auto known = all.find(text);
  return known != all.end() ? *known : *all.emplace(text).first;
}

}  // namespace ntmd::rules
