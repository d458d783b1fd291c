#pragma once
// The dated register of administrative units: who exists on a day, under which name, code and alias, and what became of
// whom.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/model/day.h"
#include "daemon/model/unit_code.h"
#include "daemon/settings/problems.h"
#include "daemon/units/unit_kind.h"

namespace ntmd::units {

/// A row of the register: one unit with one extent, name and group, from one day to another.
struct Unit {
  model::UnitCode code;
  std::string name;  ///< "Xã Hy Cương", as written
  UnitKind kind = UnitKind::xa;
  std::string group;  ///< district code; empty: none
  model::Day valid_from;
  std::optional<model::Day> valid_to;  ///< the last day, included; a later row of the same code wins on a shared day
};

/// Its number is its place in `all()`.
using UnitRow = std::uint32_t;

/// What a name, code or alias means on a day.
struct Resolution {
  enum class Kind : std::uint8_t { found, unknown, not_valid_then, ambiguous };
  Kind kind = Kind::unknown;
  UnitRow row = 0;                  ///< when found
  std::vector<UnitRow> candidates;  ///< when ambiguous; when not valid then: the rows that hold on other days
  /// For quarantine and messages, e.g. `name "hung long" is ambiguous: 08029 Xã Hùng Long, 08314 Xã Hưng Long`.
  /// Of `asked`, digits that could be a person's number and control characters are masked.
  [[nodiscard]] std::string describe(const class UnitRegister& units, std::string_view asked) const;
};

struct LineageEdge {
  model::UnitCode from;  ///< may be a unit that the register does not hold: once of another province
  model::UnitCode to;
  model::Day on;                ///< the first day of `to`
  std::optional<double> share;  ///< above 0 to 1; 1: a whole unit; nullopt: a part that is not stated
};

/// Immutable once loaded; every look-up is thread-safe.
class UnitRegister {
 public:
  /// A CSV file's text and the name to show in faults. Formats: contract, "units", "lineage", "aliases".
  struct Csv {
    std::string file;
    std::string text;
  };
  /// Reads all files and reports every fault with file:line:column: missing or unknown column, bad kind, bad date,
  /// empty code, valid_to before valid_from, validity of one code or alias overlapping by more than a day, alias or
  /// lineage to an unknown unit, shares of one unit above 1. What had a fault is left out of the register. Caps:
  /// 200,000 rows and 64 MiB a file, 512 bytes a field.
  static UnitRegister load(std::span<const Csv> registers, std::span<const Csv> lineage, std::span<const Csv> aliases,
                           settings::Problems& problems);

  /// By code, then by first day.
  [[nodiscard]] std::span<const Unit> all() const { return rows_; }
  [[nodiscard]] const Unit& at(UnitRow row) const { return rows_[row]; }
  /// Of a unit, or of a group that `find_group` gave.
  [[nodiscard]] const model::UnitCode& code(UnitRow row) const {
    return row < rows_.size() ? rows_[row].code : groups_[row - rows_.size()];
  }
  /// A group (district) by its code, of any day, as a number behind those of `all()`: only `code` takes it.
  [[nodiscard]] std::optional<UnitRow> find_group(std::string_view code) const;
  /// Rows valid on `day`, by code.
  [[nodiscard]] std::vector<UnitRow> on(model::Day day) const;
  /// The row of `code` on `day`. Cheap, no allocation: called per figure.
  [[nodiscard]] std::optional<UnitRow> find(const model::UnitCode& code, model::Day day) const;
  /// By statistics code (scheme "" or "gso"; no allocation when found), by an alias scheme, or (scheme "name") by name:
  /// the exact name valid that day, else, for a name asked without any accent, the one whose accent-less form is equal.
  /// A title (Xã, Phường, Thị trấn, TT) is optional and binds when given.
  [[nodiscard]] Resolution resolve(std::string_view scheme, std::string_view text, model::Day day) const;
  /// All aliases of `scheme` on `day`, as (alias, row), by alias.
  [[nodiscard]] std::vector<std::pair<std::string, UnitRow>> aliases(std::string_view scheme, model::Day day) const;
  /// By (on, to, from).
  [[nodiscard]] std::span<const LineageEdge> lineage() const { return lineage_; }
  /// Edges into `code` on the day its row begins.
  [[nodiscard]] std::span<const LineageEdge> formed_from(UnitRow row) const;
  /// Edges out of `code` whose day before is a day of this row.
  [[nodiscard]] std::vector<LineageEdge> became(UnitRow row) const;
  /// Whether both rows are one and the same land, so that a figure of one holds for the other: the same row, or rows of
  /// one code joined without a gap, each passed on whole by an edge to itself that nothing else came with (a unit that
  /// only lost its district).
  [[nodiscard]] bool same_extent(UnitRow a, UnitRow b) const;
  /// The earliest row that is the same land as `row`.
  [[nodiscard]] UnitRow first_of_extent(UnitRow row) const;
  /// `codes` and all units that were formed from any of them, at once or later; ascending.
  [[nodiscard]] std::vector<model::UnitCode> with_successors(std::span<const model::UnitCode> codes) const;

 private:
  friend class RegisterLoader;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  template <class Value>
  using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;
  struct Alias {
    model::UnitCode code;
    std::optional<model::Day> valid_from;
    std::optional<model::Day> valid_to;
  };

  [[nodiscard]] bool valid(UnitRow row, model::Day day) const;
  [[nodiscard]] std::span<const UnitRow> rows_of(const model::UnitCode& code) const;
  static const Alias* alias_on(const std::vector<Alias>& dated, model::Day day);
  [[nodiscard]] Resolution by_code(std::string_view text, model::Day day) const;
  [[nodiscard]] Resolution by_alias(std::string_view scheme, std::string_view alias, model::Day day) const;
  [[nodiscard]] Resolution by_name(const FoldedName& asked, model::Day day) const;

  std::vector<Unit> rows_;
  std::vector<model::UnitCode> groups_;  // ascending
  std::vector<std::string> accented_;    // the folded name proper of each row
  std::vector<LineageEdge> lineage_;
  std::unordered_map<model::UnitCode, std::vector<model::UnitCode>> formed_of_;  // other units formed from a part
  std::unordered_map<model::UnitCode, std::vector<UnitRow>> by_code_;            // rows by valid_from
  ByText<std::vector<UnitRow>> by_name_;                                         // plain folded name proper
  ByText<ByText<std::vector<Alias>>> by_alias_;                                  // scheme, alias; by valid_from
};

}  // namespace ntmd::units
