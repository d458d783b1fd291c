#pragma once
// Which deliveries speak, in SQL. Parameter 1 is an instant: deliveries recorded after it are not known of.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "daemon/base/clock.h"

namespace ntmd::store {

/// Revisions of figure deliveries in force. One that tells the whole of its part withdraws what came before it under
/// that name; may be narrowed by `AND told.…`.
inline const std::string kFiguresInForce =
    "SELECT told.revision FROM delivery AS told WHERE told.kind = 1 AND told.standing = 1 AND told.recorded <= ?1"
    " AND NOT EXISTS (SELECT 1 FROM delivery AS later WHERE later.source = told.source AND later.kind = 1"
    " AND later.part = told.part AND later.standing = 1 AND later.whole = 1 AND later.recorded <= ?1"
    " AND later.turn >= told.turn AND (later.turn > told.turn OR later.revision > told.revision))";

/// Source and revision of the newest evidence delivery of each source. Each is a snapshot of its source: of a part what
/// came last counts, of the parts the one received last.
inline const std::string kNewestEvidence =
    "SELECT source, revision FROM"
    " (SELECT source, revision, row_number() OVER (PARTITION BY source ORDER BY received DESC, part DESC) AS place FROM"
    "  (SELECT source, revision, received, part,"
    "     row_number() OVER (PARTITION BY source, part ORDER BY turn DESC, revision DESC) AS age"
    "   FROM delivery WHERE kind = 2 AND standing = 1 AND recorded <= ?1)"
    "  WHERE age = 1)"
    " WHERE place = 1";

/// What parameter 1 is without a limit.
inline base::Instant known_by(std::optional<base::Instant> known_at) {
  return known_at.value_or(base::Instant(base::Instant::duration(std::numeric_limits<std::int64_t>::max())));
}

}  // namespace ntmd::store
