#pragma once
// The names of everything that is published, relative to publish_dir: nothing else there is ours.

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/model/unit_code.h"

namespace ntmd::publish {

/// Beside units/; chain.json is the engine's.
inline constexpr std::array<std::string_view, 8> kTopFiles = {
    "page.css", "page.js", "sources.json", "alerts.json", "metrics.prom", "status.json", "index.html", "chain.json"};

/// The code in "08515.json" or "08515.html", names of files in units/.
std::optional<model::UnitCode> code_of_file(std::string_view name);

/// Whether the path of these parts ("units", "08515.html") names what may be published.
bool is_published(std::span<const std::string> parts);

}  // namespace ntmd::publish
