#pragma once
// What is known, arranged for the evaluator: versions of cells by (unit code, element) and evidence by (unit code,
// indicator).

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/model/element.h"
#include "daemon/model/evidence.h"
#include "daemon/model/figure.h"
#include "daemon/model/unit_code.h"

namespace ntmd::rules {

/// How fresh a source's figures must be. Zero: never stale.
struct SourceRule {
  std::string id;
  std::chrono::milliseconds warn_after{0};
  std::chrono::milliseconds error_after{0};
};

/// The figures and evidence in memory: only what is in force (no held, retracted or superseded-snapshot rows).
/// One owner writes; readers on other threads need the owner's leave.
class Facts {
 public:
  Facts(const model::ElementTable& elements, const model::NameTable& sources)
      : elements_(elements), sources_(sources) {}

  /// What can never be in force again because its own teller told the same period anew is not kept.
  void add(const model::Figure& figure);
  /// Replaces all versions of one cell row (unit × element), over all sources.
  void replace(const model::UnitCode& unit, model::ElementId element, std::vector<model::Figure> versions);
  void add(model::Evidence record);
  /// Replaces all evidence of one unit and indicator.
  void replace(const model::UnitCode& unit, std::string_view indicator, std::vector<model::Evidence> records);

  // To look at what would be, and back: what is given takes the place of what is there, and the other way round.
  void exchange(const model::UnitCode& unit, model::ElementId element, std::vector<model::Figure>& versions);
  using EvidenceByPlace = std::unordered_map<std::string, std::vector<model::Evidence>>;
  static EvidenceByPlace arrange(std::vector<model::Evidence> records);
  void exchange(EvidenceByPlace& all_evidence) { evidence_.swap(all_evidence); }

  void set_source(model::SourceId source, SourceRule rule);

  /// Over all sources and dates, in no promised order.
  [[nodiscard]] std::span<const model::Figure> versions(const model::UnitCode& unit, model::ElementId element) const;
  /// Units that have a version of `element`, in no promised order. Cost: all units.
  [[nodiscard]] std::vector<model::UnitCode> units_of(model::ElementId element) const;
  [[nodiscard]] std::span<const model::Evidence> evidence(const model::UnitCode& unit,
                                                          std::string_view indicator) const;
  [[nodiscard]] const SourceRule* source(model::SourceId source) const;
  [[nodiscard]] const model::ElementTable& elements() const { return elements_; }
  [[nodiscard]] const model::NameTable& sources() const { return sources_; }

 private:
  const model::ElementTable& elements_;
  const model::NameTable& sources_;
  std::unordered_map<model::UnitCode, std::vector<std::vector<model::Figure>>> cells_;  // by element id
  EvidenceByPlace evidence_;                                                            // unit + '\n' + indicator
  std::vector<std::optional<SourceRule>> rules_;
};

}  // namespace ntmd::rules
