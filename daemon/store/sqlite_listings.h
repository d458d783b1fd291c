#pragma once
// What lists deliveries and polls, in SQL. A source's rows are found by an index.

#include <string>

#include "daemon/store/sqlite_in_force.h"

namespace ntmd::store {

inline const std::string kHeads =
    "SELECT delivery.id, revision, source.name, connector, kind, partition_name, part, dated, content_sha256, "
    "received, recorded,"
    " standing, outcome, reason, fetched, loaded, filtered, quarantined, quarantine_left_out, run, turn, whole"
    " FROM delivery JOIN source ON source.id = delivery.source";
inline const std::string kAllHeads = kHeads + " ORDER BY revision";
inline const std::string kHeadsOfSource =
    kHeads + " WHERE delivery.source = (SELECT id FROM source WHERE name = ?1) ORDER BY revision";

inline const std::string kPolls =
    "SELECT poll.id, source.name, started, ended, outcome, fetched, loaded, filtered, quarantined, deliveries, message"
    " FROM poll JOIN source ON source.id = poll.source";
/// Last added first; parameter 1 (of the second: 2) is how many, 0 all.
inline const std::string kAllPolls = kPolls + " ORDER BY seq DESC LIMIT iif(?1 = 0, -1, ?1)";
inline const std::string kPollsOfSource = kPolls +
                                          " WHERE poll.source = (SELECT id FROM source WHERE name = ?1)"
                                          " ORDER BY seq DESC LIMIT iif(?2 = 0, -1, ?2)";
/// When the last poll with outcome ok, unchanged or partial ended.
inline const std::string kLastSuccess =
    "SELECT ended FROM poll WHERE source = (SELECT id FROM source WHERE name = ?1) AND outcome IN (1, 2, 3)"
    " ORDER BY seq DESC LIMIT 1";

/// The newest day on or before parameter 3 that anything in force of source 2 speaks of: parameter 1 as in
/// sqlite_in_force.h.
inline const std::string kNewestDay =
    "SELECT max(day) FROM (SELECT max(dated) AS day FROM delivery"
    " WHERE source = (SELECT id FROM source WHERE name = ?2) AND kind = 3 AND standing = 1 AND dated <= ?3"
    " UNION ALL SELECT day FROM (SELECT last_day AS day FROM figure"
    "  WHERE source = (SELECT id FROM source WHERE name = ?2) AND delivery IS NOT NULL AND last_day <= ?3"
    "  AND EXISTS (" +
    kFiguresInForce + " AND told.revision = figure.delivery) ORDER BY last_day DESC LIMIT 1))";
inline const std::string kNewestRegister =
    "SELECT max(received) FROM delivery"
    " WHERE source = (SELECT id FROM source WHERE name = ?1) AND kind = 2 AND standing = 1";

}  // namespace ntmd::store
