#include "daemon/settings/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <tuple>

namespace ntmd::settings {
namespace {

/// "file:line:column: …" taken apart.
std::tuple<std::string_view, int, int> key_of(std::string_view text) {
  const auto place = text.substr(0, text.find(": "));
  const auto number = [](std::string_view digits) {
    int value = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return fault == std::errc() && end == digits.data() + digits.size() ? value : -1;
  };
  const auto second = place.rfind(':');
  const auto first = second == std::string_view::npos || second == 0 ? second : place.rfind(':', second - 1);
  if (first == std::string_view::npos) return {place, 0, 0};
  const auto line = number(place.substr(first + 1, second - first - 1));
  const auto column = number(place.substr(second + 1));
  if (line < 0 || column < 0) return {place, 0, 0};
  return {place.substr(0, first), line, column};
}

}  // namespace

void Problems::add(const Place& place, std::string_view what) { add(fmt::format("{}: {}", place.str(), what)); }

void Problems::add(std::string_view what) {
  if (std::ranges::find(lines_, what) == lines_.end()) lines_.emplace_back(what);
}

void Problems::sort() {
  std::ranges::stable_sort(lines_, {}, [](const std::string& line) { return key_of(line); });
}

base::Error Problems::error() const { return {base::Fault::bad_config, fmt::format("{}", fmt::join(lines_, "\n"))}; }

}  // namespace ntmd::settings
