#pragma once
// UTF-8 checked at the speed of bulk data.

#include <string_view>

namespace ntmd::connectors {

/// Whether all of `text` is well-formed UTF-8 (no overlong form, no surrogate, nothing beyond U+10FFFF). Text that is
/// mostly ASCII goes eight bytes at a time.
bool is_utf8(std::string_view text);

}  // namespace ntmd::connectors
