#include "daemon/settings/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/base/utf8.h"

namespace ntmd::settings {
namespace {

constexpr std::size_t kShown = 60;

std::string_view name_of(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "nothing";
}

/// "alerts, channels": how faults name a key.
std::string below(const std::string& subject, std::string_view key) {
  return subject.empty() ? std::string(key) : fmt::format("{}, {}", subject, key);
}

}  // namespace

MapReader::MapReader(const Node& node, std::string_view subject, Problems& problems)
    : node_(node), subject_(subject), problems_(problems) {
  if (node.is_map() || node.left_out) return;
  const std::string prefix = subject_.empty() ? std::string() : subject_ + ": ";
  problems_.add(node.place, fmt::format("{}found {}, expected a map", prefix, name_of(node.kind)));
}

MapReader::~MapReader() { finish(); }

void MapReader::finish() {
  if (finished_) return;
  finished_ = true;
  for (const auto& entry : node_.entries) {
    if (std::ranges::find(asked_, entry.key) != asked_.end()) continue;
    problems_.add(entry.key_place, fmt::format("unknown key \"{}\"{}", base::printable(entry.key, kShown),
                                               suggestion(entry.key, asked_)));
  }
}

const Node* MapReader::optional(std::string_view key) {
  if (std::ranges::find(asked_, key) == asked_.end()) asked_.emplace_back(key);
  const Node* value = node_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const Node* MapReader::required(std::string_view key) {
  const Node* value = optional(key);
  const Node* written = node_.find(key);
  const bool left_out = written != nullptr ? written->left_out : node_.left_out;
  if (value == nullptr && node_.is_map() && !left_out) {
    const bool there = written != nullptr;
    const std::string prefix = subject_.empty() ? std::string() : subject_ + ": ";
    problems_.add(place_of(key),
                  fmt::format("{}key \"{}\" is {}, expected a value", prefix, key, there ? "empty" : "missing"));
  }
  return value;
}

Place MapReader::place_of(std::string_view key) const {
  for (const auto& entry : node_.entries) {
    if (entry.key == key) return entry.key_place;
  }
  return node_.place;
}

std::string MapReader::text(std::string_view key, std::string_view fallback) {
  const Node* value = optional(key);
  if (value == nullptr) return std::string(fallback);
  return as_text(*value, below(subject_, key), problems_).value_or(std::string(fallback));
}

std::string MapReader::required_text(std::string_view key) {
  const Node* value = required(key);
  if (value == nullptr) return {};
  auto text = as_text(*value, below(subject_, key), problems_);
  if (!text) return {};
  if (text->empty()) problems_.add(value->place, fmt::format("{}: is empty, expected a text", below(subject_, key)));
  return *std::move(text);
}

std::string MapReader::choice(std::string_view key, std::initializer_list<std::string_view> allowed,
                              std::string_view fallback) {
  const Node* value = optional(key);
  if (value == nullptr) return std::string(fallback);
  auto text = as_text(*value, below(subject_, key), problems_);
  if (!text) return std::string(fallback);
  if (std::ranges::find(allowed, *text) != allowed.end()) return *std::move(text);
  const std::vector<std::string> known(allowed.begin(), allowed.end());
  problems_.add(value->place,
                fmt::format("{}: found \"{}\", expected {}{}", below(subject_, key), base::printable(*text, kShown),
                            fmt::join(allowed, " | "), suggestion(*text, known)));
  return std::string(fallback);
}

std::int64_t MapReader::integer(std::string_view key, std::int64_t min, std::int64_t max, std::int64_t fallback) {
  const Node* value = optional(key);
  if (value == nullptr) return fallback;
  return as_integer(*value, below(subject_, key), min, max, problems_).value_or(fallback);
}

bool MapReader::boolean(std::string_view key, bool fallback) {
  const Node* value = optional(key);
  return value == nullptr ? fallback : as_bool(*value, below(subject_, key), problems_).value_or(fallback);
}

std::chrono::milliseconds MapReader::duration(std::string_view key, std::chrono::milliseconds fallback) {
  const Node* value = optional(key);
  return value == nullptr ? fallback : as_duration(*value, below(subject_, key), problems_).value_or(fallback);
}

std::uint64_t MapReader::size(std::string_view key, std::uint64_t fallback) {
  const Node* value = optional(key);
  return value == nullptr ? fallback : as_size(*value, below(subject_, key), problems_).value_or(fallback);
}

std::optional<model::Day> MapReader::day(std::string_view key) {
  const Node* value = optional(key);
  return value == nullptr ? std::nullopt : as_day(*value, below(subject_, key), problems_);
}

std::vector<std::string> MapReader::text_list(std::string_view key) {
  const Node* value = optional(key);
  if (value == nullptr) return {};
  return as_text_list(*value, below(subject_, key), problems_).value_or(std::vector<std::string>{});
}

std::optional<SecretName> MapReader::secret(std::string_view key) {
  const Node* value = optional(key);
  return value == nullptr ? std::nullopt : as_secret(*value, below(subject_, key), problems_);
}

}  // namespace ntmd::settings
