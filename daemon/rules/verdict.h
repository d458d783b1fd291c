#pragma once
// What an assessment says of each unit: plain, immutable once made, shared with publishers.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/model/day.h"
#include "daemon/model/evidence.h"
#include "daemon/model/figure.h"
#include "daemon/model/truth.h"
#include "daemon/rules/name.h"
#include "daemon/units/register.h"

namespace ntmd::rules {

/// Domain §5. Values are frozen: they are stored.
enum class State : std::uint8_t {
  met = 1,
  not_met = 2,
  error = 3,
  no_data = 4,
  stale = 5,
  unconfirmed = 6,
  exempt = 7
};
std::string_view to_string(State state);
std::optional<State> parse_state(std::string_view text);

/// Why, as codes: `window_gap`. Values are frozen: they are stored.
enum class Reason : std::uint8_t {
  no_figure = 1,       ///< an operand has no figure at all
  window_gap = 2,      ///< a hole between the periods of a flow
  window_overlap = 3,  ///< periods of a flow overlap: adding them would count twice
  boundary = 4,        ///< told for other boundaries than those assessed
  key_mixed = 5,       ///< counted with different keys
  not_covered = 6,     ///< in decisions of old only: a unit that is counted no more is one that never was
  zero_denominator = 7,
  above_denominator = 8,  ///< numerator > denominator
  jump = 9,               ///< past the element's guard
  stale_figure = 10,      ///< an operand older than its source's error_after
  no_evidence = 11,
  evidence_rejected = 12,
  evidence_withdrawn = 13,
  evidence_expired = 14,
  reconfirm = 15,  ///< a confirmation is bound to other inputs
  below_threshold = 16,
  exempted = 17,
  sum_too_large = 18,  ///< the sum of a flow is beyond 2^63 - 1
};
std::string_view to_string(Reason reason);
std::optional<Reason> parse_reason(std::string_view text);

/// Shown beside a verdict, never deciding.
enum class Flag : std::uint8_t { out_of_force = 1, previous_window = 2, disputed = 3, alternate_differs = 4 };
std::string_view to_string(Flag flag);

/// One element as the evaluator saw it for one unit on one day.
struct Operand {
  model::ElementId element = 0;
  Name element_name;
  std::optional<std::int64_t> value;  ///< nullopt: missing, see `missing`
  std::optional<Reason> missing;
  Name source;                          ///< empty when there is no figure
  std::optional<model::Period> period;  ///< first to last day that the value speaks of; a stock: one day
  bool flow = false;
  std::optional<std::int32_t> age_days;
  std::int64_t error_after_ms = 0;  ///< of its source; 0: never stale
  bool stale = false;
  bool disputed = false;
  bool jumped = false;
  bool previous_window = false;
  std::vector<model::Revision> deliveries;  ///< that brought it, ascending
  std::vector<model::UnitCode> added_from;  ///< units merged into this one whose figures it is the sum of, ascending
  bool operator==(const Operand&) const = default;
};

/// A record on file, shared with the facts; or none.
class Record {
 public:
  Record() = default;
  Record(std::nullopt_t) {}
  Record(model::Evidence record) : record_(std::make_shared<const model::Evidence>(std::move(record))) {}
  Record(std::shared_ptr<const model::Evidence> record) : record_(std::move(record)) {}

  explicit operator bool() const { return record_ != nullptr; }
  [[nodiscard]] bool has_value() const { return record_ != nullptr; }
  const model::Evidence& operator*() const { return *record_; }
  const model::Evidence* operator->() const { return record_.get(); }
  friend bool operator==(const Record& a, const Record& b) {
    return a.record_ == b.record_ || (a && b && *a.record_ == *b.record_);
  }

 private:
  std::shared_ptr<const model::Evidence> record_;
};

/// The newest record of one kind for one unit and indicator on one day.
struct EvidenceFinding {
  model::EvidenceKind kind = model::EvidenceKind::decision;
  Record record;  ///< nullopt: none on file
  bool operator==(const EvidenceFinding&) const = default;
};

/// What one group condition found. Members: their official truths; records: how many are accepted and valid.
struct GroupFinding {
  std::int64_t met = 0;
  std::int64_t open = 0;        ///< members: officially U; records: accepted, but expired
  std::int64_t of = 0;          ///< members: all but N; records: not used
  State word = State::no_data;  ///< members: the first word among the open ones
  bool operator==(const GroupFinding&) const = default;
};

struct IndicatorVerdict {
  std::uint32_t rule = 0;  ///< into Criteria::indicators
  State state = State::no_data;
  model::Truth measured = model::Truth::u;
  model::Truth official = model::Truth::u;
  std::optional<std::int64_t> numerator;
  std::optional<std::int64_t> denominator;
  std::optional<std::string> percent;    ///< two decimals, truncated
  std::optional<std::string> threshold;  ///< null without a figure condition
  std::optional<std::int64_t> gap;
  std::optional<std::int64_t> slack;
  std::optional<model::Truth> last_truth;  ///< only when stale
  std::vector<Reason> reasons;             ///< ascending, without repeats
  std::vector<Flag> flags;
  std::vector<Operand> operands;          ///< deciding first, then supporting
  std::vector<EvidenceFinding> evidence;  ///< in the rule's order
  Record exemption;                       ///< the one that covers the day
  std::vector<GroupFinding> group;        ///< per group condition of the rule
  model::Revision decision = 0;           ///< the last decision record about it
  bool operator==(const IndicatorVerdict&) const = default;
};

/// Counts indicators: `met` T, `possible` T + U, `of` all but N.
struct Tally {
  std::uint32_t met = 0;
  std::uint32_t possible = 0;
  std::uint32_t of = 0;
  bool operator==(const Tally&) const = default;
};

struct PillarVerdict {
  std::uint32_t rule = 0;  ///< into Criteria::pillars
  State state = State::no_data;
  model::Truth measured = model::Truth::u;
  model::Truth official = model::Truth::u;
  Tally tally;
  std::vector<std::uint32_t> deciding;  ///< into Criteria::indicators
  bool operator==(const PillarVerdict&) const = default;
};

struct UnitVerdict {
  units::UnitRow unit = 0;
  std::uint32_t criteria = 0;  ///< into Verdicts::criteria
  State state = State::no_data;
  model::Truth measured = model::Truth::u;
  model::Truth official = model::Truth::u;
  Tally tally;
  std::vector<std::uint32_t> deciding;
  std::vector<PillarVerdict> pillars;
  std::vector<IndicatorVerdict> indicators;  ///< by id
  bool operator==(const UnitVerdict&) const = default;
};

/// A group (district) under one criteria set: its indicators only.
struct GroupVerdict {
  std::string group;
  std::uint32_t criteria = 0;
  std::vector<IndicatorVerdict> indicators;
};

/// Verdicts in a row, each shared with the passes before and after that say the same of its unit.
class UnitVerdicts {
 public:
  using value_type = UnitVerdict;
  class const_iterator {
   public:
    using iterator_concept = std::random_access_iterator_tag;
    using iterator_category = std::random_access_iterator_tag;
    using value_type = UnitVerdict;
    using difference_type = std::ptrdiff_t;
    using pointer = const UnitVerdict*;
    using reference = const UnitVerdict&;
    const_iterator() = default;
    explicit const_iterator(const std::shared_ptr<UnitVerdict>* at) : at_(at) {}
    reference operator*() const { return **at_; }
    pointer operator->() const { return at_->get(); }
    reference operator[](difference_type n) const { return *at_[n]; }
    const_iterator& operator++() { return *this += 1; }
    const_iterator operator++(int) { return const_iterator(at_++); }
    const_iterator& operator--() { return *this -= 1; }
    const_iterator operator--(int) { return const_iterator(at_--); }
    const_iterator& operator+=(difference_type n) { return at_ += n, *this; }
    const_iterator& operator-=(difference_type n) { return at_ -= n, *this; }
    friend const_iterator operator+(const_iterator it, difference_type n) { return it += n; }
    friend const_iterator operator+(difference_type n, const_iterator it) { return it += n; }
    friend const_iterator operator-(const_iterator it, difference_type n) { return it -= n; }
    friend difference_type operator-(const const_iterator& a, const const_iterator& b) { return a.at_ - b.at_; }
    friend auto operator<=>(const const_iterator&, const const_iterator&) = default;

   private:
    const std::shared_ptr<UnitVerdict>* at_ = nullptr;
  };
  using iterator = const_iterator;

  UnitVerdicts() = default;
  explicit UnitVerdicts(std::vector<UnitVerdict> verdicts);

  [[nodiscard]] const_iterator begin() const { return const_iterator(units_.data()); }
  [[nodiscard]] const_iterator end() const { return const_iterator(units_.data() + units_.size()); }
  [[nodiscard]] std::size_t size() const { return units_.size(); }
  [[nodiscard]] bool empty() const { return units_.empty(); }
  [[nodiscard]] const UnitVerdict& operator[](std::size_t place) const { return *units_[place]; }
  [[nodiscard]] const UnitVerdict& front() const { return *units_.front(); }

  void reserve(std::size_t size) { units_.reserve(size); }
  void push_back(UnitVerdict verdict) { units_.push_back(std::make_shared<UnitVerdict>(std::move(verdict))); }
  /// The very verdict that `other` holds at `place`.
  void share(const UnitVerdicts& other, std::size_t place) { units_.push_back(other.units_[place]); }
  /// Whether both hold the very same verdict: one that was not judged again, or again to the same end.
  [[nodiscard]] bool shares(std::size_t place, const UnitVerdicts& other, std::size_t other_place) const {
    return units_[place] == other.units_[other_place];
  }
  /// To write to: its own copy where it is shared, so that nobody else sees the change.
  UnitVerdict& change(std::size_t place);

 private:
  std::vector<std::shared_ptr<UnitVerdict>> units_;
};

struct Criteria;

struct Verdicts {
  model::Day as_of;
  model::Day boundaries;
  std::uint64_t generation = 0;
  std::vector<std::shared_ptr<const Criteria>> criteria;
  std::shared_ptr<const units::UnitRegister> units;
  UnitVerdicts by_unit;                ///< by unit code, then criteria
  std::vector<GroupVerdict> by_group;  ///< by group code, then criteria
};

}  // namespace ntmd::rules
