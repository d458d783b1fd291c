#pragma once
// Criteria and verdicts arranged for printing: ids in numeric order, pillars of indicators, delivery ids looked up
// once.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/publish/snapshot.h"
#include "daemon/rules/criteria.h"

namespace ntmd::publish {

/// "1.2.9" before "1.2.10": dotted parts, numbers by value, before texts.
bool id_before(std::string_view a, std::string_view b);

/// One criteria set by the order of its ids. Points into the criteria.
struct CriteriaLayout {
  const rules::Criteria* criteria = nullptr;
  std::vector<std::uint32_t> indicators;                ///< into Criteria::indicators
  std::vector<std::uint32_t> pillars;                   ///< into Criteria::pillars
  std::vector<std::uint32_t> rank;                      ///< of each indicator in `indicators`
  std::vector<std::optional<std::uint32_t>> pillar_of;  ///< of each indicator
};
CriteriaLayout lay_out(const rules::Criteria& criteria);

/// A snapshot being printed. Borrows it; one thread.
class Printing {
 public:
  explicit Printing(const Snapshot& snapshot);

  [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }
  [[nodiscard]] const rules::Verdicts& verdicts() const { return *snapshot_.verdicts; }
  [[nodiscard]] const CriteriaLayout& layout(std::uint32_t criteria) const { return layouts_.at(criteria); }
  [[nodiscard]] const units::Unit& unit(const rules::UnitVerdict& verdict) const {
    return verdicts().units->at(verdict.unit);
  }
  /// The id of a delivery; of a computed figure's revision, that of the oldest it was counted from; empty for 0.
  [[nodiscard]] const std::string& delivery(model::Revision revision) const;
  /// The ids of everything that an operand's number rests on.
  [[nodiscard]] std::vector<std::string> deliveries(const rules::Operand& operand) const;
  /// For people: "2024-12-20 10:04" in the snapshot's zone, "2024-12-20 03:04 UTC" without one.
  [[nodiscard]] std::string moment(base::Instant instant) const;
  /// What people call an element.
  [[nodiscard]] std::string_view element_vi(const rules::Operand& operand) const;
  [[nodiscard]] std::string_view element_en(const rules::Operand& operand) const;

  /// By id.
  [[nodiscard]] std::vector<const rules::IndicatorVerdict*> indicators(
      std::uint32_t criteria, const std::vector<rules::IndicatorVerdict>& of) const;
  [[nodiscard]] std::vector<const rules::PillarVerdict*> pillars(const rules::UnitVerdict& of) const;
  [[nodiscard]] std::vector<std::string_view> ids(std::uint32_t criteria, std::vector<std::uint32_t> indicators) const;

  /// The assessments of one unit, in the order of the criteria; empty when it is not assessed.
  [[nodiscard]] std::vector<const rules::UnitVerdict*> assessments(const model::UnitCode& code) const;
  /// Where they stand in Verdicts::by_unit: the first, and the one behind the last.
  [[nodiscard]] std::pair<std::size_t, std::size_t> places(const model::UnitCode& code) const;

 private:
  const Snapshot& snapshot_;
  std::vector<CriteriaLayout> layouts_;
  [[nodiscard]] const std::vector<std::string>& behind(model::Revision revision) const;
  mutable std::unordered_map<model::Revision, std::vector<std::string>> behind_;
};

/// "08557, 08092"
std::string codes_of(const std::vector<model::UnitCode>& units);
/// Whether the rule's own figure condition asks for this operand, rather than showing it beside.
bool decides(const rules::IndicatorRule& rule, const rules::Operand& operand);

}  // namespace ntmd::publish
