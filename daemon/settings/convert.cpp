// The conversions of one node.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "daemon/base/utf8.h"
#include "daemon/settings/reader.h"

namespace ntmd::settings {
namespace {

constexpr std::size_t kShown = 40;

std::string found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  return fmt::format("{}\"{}\"", node.quoted ? "the text " : "", base::printable(node.text, kShown));
}

std::nullopt_t wrong(const Node& node, std::string_view subject, std::string_view expected, Problems& problems) {
  if (node.is_null() && node.left_out) return std::nullopt;
  problems.add(node.place, fmt::format("{}: found {}, expected {}", subject, found(node), expected));
  return std::nullopt;
}

/// Decimal digits with an optional minus, without leading zeros.
std::optional<std::int64_t> integer_of(std::string_view text) {
  const auto digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// An integer ≥ 0 and one of `units`, multiplied; nullopt when it is none or too large.
template <std::size_t N>
std::optional<std::int64_t> scaled(std::string_view text,
                                   const std::array<std::pair<std::string_view, std::int64_t>, N>& units) {
  const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
  const auto value = integer_of(digits);
  if (!value) return std::nullopt;
  for (const auto& [unit, factor] : units) {
    if (text.substr(digits.size()) != unit) continue;
    if (*value > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
    return *value * factor;
  }
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kDurations = {
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kSizes = {
    {{"B", 1}, {"KiB", 1LL << 10U}, {"MiB", 1LL << 20U}, {"GiB", 1LL << 30U}}};

}  // namespace

std::optional<std::string> as_text(const Node& node, std::string_view subject, Problems& problems) {
  if (!node.is_scalar()) return wrong(node, subject, "a text", problems);
  return node.text;
}

std::optional<std::int64_t> as_integer(const Node& node, std::string_view subject, std::int64_t min, std::int64_t max,
                                       Problems& problems) {
  const auto value = node.is_scalar() && !node.quoted ? integer_of(node.text) : std::nullopt;
  if (value && *value >= min && *value <= max) return value;
  std::string expected = "an integer";
  const bool lower = min != std::numeric_limits<std::int64_t>::min();
  const bool upper = max != std::numeric_limits<std::int64_t>::max();
  if (lower && upper) {
    expected = fmt::format("an integer from {} to {}", min, max);
  } else if (lower) {
    expected = fmt::format("an integer of at least {}", min);
  } else if (upper) {
    expected = fmt::format("an integer of at most {}", max);
  }
  if (node.quoted && integer_of(node.text)) expected += "; remove the quotes";
  return wrong(node, subject, expected, problems);
}

std::optional<bool> as_bool(const Node& node, std::string_view subject, Problems& problems) {
  if (node.is_scalar() && !node.quoted) {
    if (node.text == "true") return true;
    if (node.text == "false") return false;
  }
  return wrong(node, subject, "true or false", problems);
}

std::optional<std::chrono::milliseconds> as_duration(const Node& node, std::string_view subject, Problems& problems) {
  const auto value = node.is_scalar() ? scaled(node.text, kDurations) : std::nullopt;
  if (!value) return wrong(node, subject, "an integer with ms, s, m, h or d, like 15m", problems);
  return std::chrono::milliseconds(*value);
}

std::optional<std::uint64_t> as_size(const Node& node, std::string_view subject, Problems& problems) {
  const auto value = node.is_scalar() ? scaled(node.text, kSizes) : std::nullopt;
  if (!value) return wrong(node, subject, "an integer with B, KiB, MiB or GiB, like 50MiB", problems);
  return static_cast<std::uint64_t>(*value);
}

std::optional<model::Day> as_day(const Node& node, std::string_view subject, Problems& problems) {
  const auto value = node.is_scalar() ? model::Day::parse(node.text) : std::nullopt;
  if (!value) return wrong(node, subject, "a real date as yyyy-mm-dd", problems);
  return value;
}

std::optional<std::vector<std::string>> as_text_list(const Node& node, std::string_view subject, Problems& problems) {
  if (node.is_scalar()) return std::vector<std::string>{node.text};
  if (!node.is_list()) return wrong(node, subject, "a list of texts", problems);
  std::vector<std::string> texts;
  bool whole = true;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto text = as_text(node.items[i], fmt::format("{}[{}]", subject, i), problems);
    whole = whole && text.has_value();
    if (text) texts.push_back(std::move(*text));
  }
  if (!whole) return std::nullopt;
  return texts;
}

std::optional<SecretName> as_secret(const Node& node, std::string_view subject, Problems& problems) {
  if (node.is_scalar()) {  // it may be the secret itself: not shown
    problems.add(node.place, fmt::format("{}: found a text, expected {{secret: name}}; move the value to a file in "
                                         "the secrets folder",
                                         subject));
    return std::nullopt;
  }
  if (!node.is_map()) return wrong(node, subject, "{secret: name}", problems);
  MapReader reader(node, subject, problems);
  const auto before = problems.size();
  SecretName secret{reader.required_text("secret"), reader.place_of("secret")};
  reader.finish();
  if (problems.size() != before) return std::nullopt;
  return secret;
}

}  // namespace ntmd::settings
