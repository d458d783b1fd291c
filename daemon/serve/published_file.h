#pragma once
// Finds what a request's path names below a folder, and nothing else.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/files.h"
#include "daemon/serve/descriptor.h"

namespace ntmd::serve {

/// The parts of a request's target: "/units/08515.html?x" gives {"units", "08515.html"}, "/" gives {"index.html"}.
/// nullopt for what names no published file: other characters than [0-9A-Za-z._-] after percent-decoding, parts that
/// are empty or begin with a dot.
std::optional<std::vector<std::string>> path_of_target(std::string_view target);

/// An open regular file.
struct PublishedFile {
  Descriptor descriptor;
  std::uint64_t size = 0;
  std::string tag;  ///< ETag: changes whenever the file is replaced
};
/// nullopt when there is none below `folder` that everybody may read, or a symbolic link or something else stands on
/// the way.
std::optional<PublishedFile> open_published(const base::Path& folder, const std::vector<std::string>& parts);

/// By the name's ending.
std::string_view content_type(std::string_view name);

}  // namespace ntmd::serve
