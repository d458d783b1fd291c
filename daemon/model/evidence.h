#pragma once
// A record that a document exists and what became of it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/model/day.h"
#include "daemon/model/figure.h"
#include "daemon/model/unit_code.h"

namespace ntmd::model {

/// Kinds of evidence (domain §2). Values are frozen: they are stored.
enum class EvidenceKind : std::uint8_t {
  decision = 1,
  plan,
  activity,
  inspection,
  channel,
  radio,
  website,
  social,
  confirm_commune,
  confirm_area,
  exemption,
  recognition,
};
enum class EvidenceState : std::uint8_t { accepted = 1, rejected = 2, withdrawn = 3 };

std::string_view to_string(EvidenceKind kind);
std::string_view to_string(EvidenceState state);
std::optional<EvidenceKind> parse_evidence_kind(std::string_view text);
std::optional<EvidenceState> parse_evidence_state(std::string_view text);

struct Evidence {
  UnitCode unit;
  std::string indicator;  ///< may be one that no criteria names
  EvidenceKind kind = EvidenceKind::decision;
  std::string number;  ///< may be empty
  Day issued_on;
  std::string issuer;
  std::optional<Day> valid_to;  ///< the last day it holds
  EvidenceState state = EvidenceState::accepted;
  std::optional<std::int64_t> confirmed_value;
  std::string sha256;  ///< of the document; may be empty
  SourceId source = 0;
  Revision revision = 0;  ///< of the delivery: greater is recorded later
  std::uint32_t row = 0;
  base::Instant recorded{};
  bool operator==(const Evidence&) const = default;
};

/// The newest decides: by issue date, then recorded last, then the later row.
constexpr bool newer(const Evidence& a, const Evidence& b) {
  if (a.issued_on != b.issued_on) return a.issued_on > b.issued_on;
  if (a.revision != b.revision) return a.revision > b.revision;
  return a.row > b.row;
}

}  // namespace ntmd::model
