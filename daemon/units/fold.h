#pragma once
// Vietnamese names made comparable: case, accents, tone position, titles.

#include <string>
#include <string_view>

namespace ntmd::units {

/// Lower case, NFC whatever the input, one space between words, tone mark on one agreed vowel ("Hoà" = "Hòa"), without
/// "UBND" (or "Ủy ban nhân dân") in front and without a trailing " - Tỉnh …". Accents stay. Folding twice changes
/// nothing.
std::string fold_keeping_accents(std::string_view name);
/// The same without any accent, đ as d.
std::string fold(std::string_view name);

}  // namespace ntmd::units
