#pragma once
// The program's version, as it is published and printed.

#include <string_view>

namespace ntmd::engine {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace ntmd::engine
