#pragma once
// What lists deliveries and polls, in SQL. Parameter 1 is a source's name: each finds that source's rows by an index.

#include <string>

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

}  // namespace ntmd::store
