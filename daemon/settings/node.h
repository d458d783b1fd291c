#pragma once
// A YAML document as a plain tree that knows where each part stands in its file.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ntmd::settings {

/// 1-based; 0 when unknown.
struct Place {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
  /// "config/ntmd.yaml:14:9"
  [[nodiscard]] std::string str() const;
};

/// Immutable after parsing. Anchors, aliases, merge keys and tags do not occur: the parser leaves them out, and its
/// faults say so.
struct Node {
  enum class Kind : unsigned char { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  bool quoted = false;      ///< a quoted scalar is text, never a number, bool or null
  bool left_out = false;    ///< something stood here (a map: in here too) that was refused: what lacks is no new fault
  std::string text;         ///< of a scalar
  std::vector<Node> items;  ///< of a list
  std::vector<Entry> entries;  ///< of a map, in file order, keys unique
  Place place;

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  /// The value of `key` in a map; nullptr when absent or when this is no map.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Node::Entry {
  std::string key;
  Place key_place;
  Node value;
};

}  // namespace ntmd::settings
