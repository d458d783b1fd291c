#pragma once
// Typed, strict reading of one map: every key is asked for or is an error with a suggestion.

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/day.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::settings {

/// "{secret: name}": resolved later, never printed.
struct SecretName {
  std::string name;
  Place place;
};

// Conversions of one node. On a wrong type they add a fault that says what was found and what is expected, and give
// nullopt.
std::optional<std::string> as_text(const Node& node, std::string_view subject, Problems& problems);
std::optional<std::int64_t> as_integer(const Node& node, std::string_view subject, std::int64_t min, std::int64_t max,
                                       Problems& problems);
std::optional<bool> as_bool(const Node& node, std::string_view subject, Problems& problems);
/// An integer with ms, s, m, h or d.
std::optional<std::chrono::milliseconds> as_duration(const Node& node, std::string_view subject, Problems& problems);
/// An integer with B, KiB, MiB or GiB.
std::optional<std::uint64_t> as_size(const Node& node, std::string_view subject, Problems& problems);
std::optional<model::Day> as_day(const Node& node, std::string_view subject, Problems& problems);
/// A scalar counts as a list of one.
std::optional<std::vector<std::string>> as_text_list(const Node& node, std::string_view subject, Problems& problems);
std::optional<SecretName> as_secret(const Node& node, std::string_view subject, Problems& problems);

/// Reads the map `node`. `finish` (or the destructor) reports each key that nobody asked for, with the nearest known
/// one. A node that is no map is one fault, and every key is then absent.
class MapReader {
 public:
  MapReader(const Node& node, std::string_view subject, Problems& problems);
  ~MapReader();
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  /// The value, or nullptr; an explicit null counts as absent. `required` adds a fault when absent.
  const Node* optional(std::string_view key);
  const Node* required(std::string_view key);

  std::string text(std::string_view key, std::string_view fallback);
  std::string required_text(std::string_view key);
  /// One of `allowed`, else a fault that lists them and suggests the nearest.
  std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed, std::string_view fallback);
  std::int64_t integer(std::string_view key, std::int64_t min, std::int64_t max, std::int64_t fallback);
  bool boolean(std::string_view key, bool fallback);
  std::chrono::milliseconds duration(std::string_view key, std::chrono::milliseconds fallback);
  std::uint64_t size(std::string_view key, std::uint64_t fallback);
  std::optional<model::Day> day(std::string_view key);
  std::vector<std::string> text_list(std::string_view key);
  std::optional<SecretName> secret(std::string_view key);

  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] Problems& problems() { return problems_; }
  [[nodiscard]] const std::string& subject() const { return subject_; }
  /// Where `key` stands, or the map's own place.
  [[nodiscard]] Place place_of(std::string_view key) const;
  void finish();

 private:
  const Node& node_;
  std::string subject_;
  Problems& problems_;
  std::vector<std::string> asked_;
  bool finished_ = false;
};

/// ", did you mean \"schedule\"?" or empty when nothing is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace ntmd::settings
