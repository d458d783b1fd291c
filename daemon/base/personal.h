#pragma once
// Texts that may hold the number of a person: what is kept, shown or logged of them.

#include <string>
#include <string_view>

namespace ntmd::base {

/// With every digit as '#' when there are nine or more of them, as many as the shortest identity card has, however
/// they are spaced; else as it is.
std::string mask_numbers(std::string text);
/// Whether 12 digits, no more, stand in it together, as in a citizen number.
bool holds_citizen_number(std::string_view text);

}  // namespace ntmd::base
