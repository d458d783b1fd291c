#include "daemon/settings/problems.h"

#include <fmt/format.h>

#include <algorithm>

namespace ntmd::settings {

void Problems::add(const Place& place, std::string_view what) { add(fmt::format("{}: {}", place.str(), what)); }

void Problems::add(std::string_view what) {
  if (std::ranges::find(lines_, what) == lines_.end()) lines_.emplace_back(what);
}

base::Error Problems::error() const { return {base::Fault::bad_config, fmt::format("{}", fmt::join(lines_, "\n"))}; }

}  // namespace ntmd::settings
