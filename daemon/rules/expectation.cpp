#include "daemon/rules/expectation.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/settings/reader.h"

namespace ntmd::rules {
namespace {

using settings::Node;

std::string letter_text(model::Truth truth) { return std::string(1, model::letter(truth)); }

std::optional<std::string> number_text(const std::optional<std::int64_t>& number) {
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

template <class Code>
std::vector<std::string> code_texts(const std::vector<Code>& codes) {
  std::vector<std::string> texts;
  for (const auto code : codes) texts.emplace_back(to_string(code));
  return texts;
}

std::string quoted(const std::optional<std::string>& text) { return text ? fmt::format("\"{}\"", *text) : "null"; }

std::string quoted(const std::vector<std::string>& texts) { return fmt::format("[{}]", fmt::join(texts, ", ")); }

std::optional<std::string> difference(const Node& expected, const ShownField& actual) {
  if (actual.list) {
    std::vector<std::string> texts;
    for (const auto& item : expected.items) texts.push_back(item.text);
    if (expected.is_list() && texts == *actual.list) return std::nullopt;
    return fmt::format("{} is {}, expected {}", actual.name, quoted(*actual.list),
                       expected.is_list() ? quoted(texts) : "a list");
  }
  const auto text = expected.is_null() ? std::nullopt : std::optional(expected.text);
  const bool plain = expected.is_null() || expected.is_scalar();
  if (plain && text == actual.text) return std::nullopt;
  return fmt::format("{} is {}, expected {}", actual.name, quoted(actual.text),
                     plain ? quoted(text) : "a single value");
}

}  // namespace

std::vector<ShownField> shown_fields(const IndicatorVerdict& verdict) {
  std::optional<std::string> last_truth;
  if (verdict.last_truth) last_truth = letter_text(*verdict.last_truth);
  return {
      {"status", std::string(to_string(verdict.state)), {}},
      {"measured", letter_text(verdict.measured), {}},
      {"official", letter_text(verdict.official), {}},
      {"numerator", number_text(verdict.numerator), {}},
      {"denominator", number_text(verdict.denominator), {}},
      {"percent", verdict.percent, {}},
      {"threshold", verdict.threshold, {}},
      {"gap", number_text(verdict.gap), {}},
      {"slack", number_text(verdict.slack), {}},
      {"last_truth", last_truth, {}},
      {"reasons", {}, code_texts(verdict.reasons)},
      {"flags", {}, code_texts(verdict.flags)},
  };
}

template <class Parent>
std::vector<ShownField> shown_fields(const Criteria& criteria, const Parent& parent) {
  std::vector<std::string> deciding;
  for (const auto place : parent.deciding) deciding.push_back(criteria.indicators[place].id);
  return {
      {"status", std::string(to_string(parent.state)), {}},
      {"measured", letter_text(parent.measured), {}},
      {"official", letter_text(parent.official), {}},
      {"met", std::to_string(parent.tally.met), {}},
      {"possible", std::to_string(parent.tally.possible), {}},
      {"of", std::to_string(parent.tally.of), {}},
      {"deciding", {}, std::move(deciding)},
  };
}

template std::vector<ShownField> shown_fields(const Criteria&, const PillarVerdict&);
template std::vector<ShownField> shown_fields(const Criteria&, const UnitVerdict&);

std::vector<std::string> differences(std::string_view id, const Node& expected, const std::vector<ShownField>& actual,
                                     settings::Problems& problems) {
  std::vector<std::string> lines;
  if (!expected.is_map()) problems.add(expected.place, fmt::format("expect, {}: expected a map of fields", id));
  for (const auto& entry : expected.entries) {
    const auto field = std::ranges::find(actual, entry.key, &ShownField::name);
    if (field == actual.end()) {
      std::vector<std::string> known;
      for (const auto& one : actual) known.emplace_back(one.name);
      problems.add(entry.key_place, fmt::format("expect, {}: unknown field \"{}\"{}", id, entry.key,
                                                settings::suggestion(entry.key, known)));
      continue;
    }
    if (const auto line = difference(entry.value, *field)) lines.push_back(fmt::format("{}: {}", id, *line));
  }
  return lines;
}

}  // namespace ntmd::rules
