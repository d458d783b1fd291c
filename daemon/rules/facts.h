#pragma once
// What is known, arranged for the evaluator: versions of cells by (unit code, element) and evidence by (unit code,
// indicator).

#include <chrono>
#include <cstdint>
#include <memory>
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
#include "daemon/rules/name.h"

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
  void add(const model::Figure& figure) { add({&figure, 1}); }
  /// Likewise of figures of one unit and element: cheaper than one by one.
  void add(std::span<const model::Figure> of_one_cell);
  /// Replaces all versions of one cell row (unit × element), over all sources.
  void replace(const model::UnitCode& unit, model::ElementId element, std::vector<model::Figure> versions);
  void add(model::Evidence record);
  /// Replaces all evidence of one unit and indicator.
  void replace(const model::UnitCode& unit, std::string_view indicator, std::vector<model::Evidence> records);

  // To look at what would be, and back: what is given takes the place of what is there, and the other way round.
  void exchange(const model::UnitCode& unit, model::ElementId element, std::vector<model::Figure>& versions);
  using Records = std::vector<std::shared_ptr<const model::Evidence>>;
  using EvidenceByPlace = std::unordered_map<model::UnitCode, Records>;  ///< each unit's by indicator
  static EvidenceByPlace arrange(std::vector<model::Evidence> records);
  void exchange(EvidenceByPlace& all_evidence) { evidence_.swap(all_evidence); }

  void set_source(model::SourceId source, SourceRule rule);

  /// Over all sources and dates, in no promised order. Copied out of what is held: for a look, not for judging.
  [[nodiscard]] std::vector<model::Figure> versions(const model::UnitCode& unit, model::ElementId element) const;
  /// Units that have a version of `element`, in no promised order. Cost: all units.
  [[nodiscard]] std::vector<model::UnitCode> units_of(model::ElementId element) const;
  [[nodiscard]] std::span<const std::shared_ptr<const model::Evidence>> evidence(const model::UnitCode& unit,
                                                                                 std::string_view indicator) const;
  [[nodiscard]] const SourceRule* source(model::SourceId source) const {
    return source < rules_.size() && rules_[source] ? &*rules_[source] : nullptr;
  }
  [[nodiscard]] Name source_name(model::SourceId source) const;
  [[nodiscard]] const model::ElementTable& elements() const { return elements_; }
  [[nodiscard]] const model::NameTable& sources() const { return sources_; }

  // What judging walks. Pointers and spans hold until the next change.
  /// A figure without what all figures of its delivery have in common.
  struct Version {
    model::Period period;
    std::int64_t value = 0;
    std::uint32_t telling = 0;
    std::uint32_t row = 0;
  };
  struct Telling {
    model::SourceId source = 0;
    model::Missing missing = model::Missing::none;
    bool derived = false;
    base::Instant received{};
    model::Revision revision = 0;
    base::Instant recorded{};
    bool operator==(const Telling&) const = default;
  };
  struct Cell {
    std::vector<Version> versions;
    /// All are one source's, none is computed, and both first and last days ascend: the last in time is in force.
    bool plain = true;
  };
  /// All that is known of one unit.
  struct Place {
    std::vector<Cell> cells;  ///< by element id
  };
  [[nodiscard]] const Place* place(const model::UnitCode& unit) const;
  [[nodiscard]] const Telling& telling(const Version& version) const { return tellings_[version.telling].telling; }
  /// By indicator; nullptr: none.
  [[nodiscard]] const Records* records(const model::UnitCode& unit) const;
  static std::span<const std::shared_ptr<const model::Evidence>> of_indicator(const Records& records,
                                                                              std::string_view indicator);

 private:
  /// How many versions are told so.
  struct Used {
    Telling telling;
    std::uint32_t versions = 0;
  };
  struct TellingHash {
    std::size_t operator()(const Telling& telling) const noexcept;
  };

  Cell& cell(const model::UnitCode& unit, model::ElementId element);
  [[nodiscard]] model::Figure figure_of(const model::UnitCode& unit, model::ElementId element,
                                        const Version& version) const;
  std::uint32_t tell(const Telling& telling);
  void set(Cell& cell, std::span<const model::Figure> figures);

  const model::ElementTable& elements_;
  const model::NameTable& sources_;
  std::unordered_map<model::UnitCode, Place> places_;
  std::vector<Used> tellings_;
  std::vector<std::uint32_t> free_;  // places in tellings_
  std::unordered_map<Telling, std::uint32_t, TellingHash> telling_of_;
  EvidenceByPlace evidence_;
  std::vector<std::optional<SourceRule>> rules_;
  std::vector<Name> names_;  // of sources that have a rule, by id
};

}  // namespace ntmd::rules
