#pragma once
// The named quantities that figures are told for.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/figure.h"

namespace ntmd::model {

/// A stock holds from its date until the next one; a flow covers a period and is summed.
enum class ElementKind : std::uint8_t { stock = 1, flow = 2 };

struct Element {
  ElementId id = 0;
  std::string name;  ///< "adults_with_smartphone"
  ElementKind kind = ElementKind::stock;
  std::string label_vi;
  std::string label_en;
  std::vector<std::string> precedence;             ///< source ids, first wins; unnamed sources follow in id order
  std::optional<std::int64_t> tolerance_permille;  ///< two sources further apart than this are `disputed`
  std::optional<std::int64_t> jump_max_permille;   ///< guard against a jump from the figure before; off unless set
};

/// All known elements. Immutable once loaded.
class ElementTable {
 public:
  /// Adds or replaces by name; gives the id. Pointers handed out before are void.
  ElementId put(Element element);
  [[nodiscard]] const Element* find(std::string_view name) const;
  /// nullptr for an id that was only seen in a store.
  [[nodiscard]] const Element* get(ElementId id) const;
  [[nodiscard]] const std::vector<Element>& all() const { return elements_; }
  /// Element names as numbers, shared with the store.
  [[nodiscard]] NameTable& names() { return names_; }
  [[nodiscard]] const NameTable& names() const { return names_; }

 private:
  NameTable names_;
  std::vector<Element> elements_;
  std::vector<std::size_t> place_;  // by id: 1 + index into elements_; 0 or beyond its end = not known
};

}  // namespace ntmd::model
