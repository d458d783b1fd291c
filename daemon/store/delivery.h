#pragma once
// A delivery: one file, or one polled window of one source, as it is staged, committed and listed.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/model/day.h"
#include "daemon/model/evidence.h"
#include "daemon/model/figure.h"
#include "daemon/model/unit_code.h"
#include "daemon/store/records.h"

namespace ntmd::store {

/// How a run of a source ended. Values are frozen: they are stored.
enum class Outcome : std::uint8_t {
  ok = 1,
  unchanged,
  partial,
  empty_suspect,
  held,
  refused,
  failed,
  interrupted,
  skipped
};
std::string_view to_string(Outcome outcome);
/// Whether someone should look: what the exit code 3 says.
constexpr bool needs_attention(Outcome outcome) {
  return outcome == Outcome::failed || outcome == Outcome::held || outcome == Outcome::refused ||
         outcome == Outcome::interrupted;
}

/// Whether a committed delivery counts. Values are frozen: they are stored.
enum class Standing : std::uint8_t {
  in_force = 1,
  held = 2,  ///< waits for `accept` or `retract`
  retracted = 3,
  recorded = 4,  ///< kept for the record only: it changes nothing (an empty snapshot)
};
std::string_view to_string(Standing standing);

/// What a delivery's rows are. Values are frozen: they are stored.
enum class LoadKind : std::uint8_t { figures = 1, evidence = 2, snapshot = 3, records = 4 };

/// fetched = loaded + filtered + quarantined.
struct Counts {
  std::uint64_t fetched = 0;
  std::uint64_t loaded = 0;
  std::uint64_t filtered = 0;
  std::uint64_t quarantined = 0;
  bool operator==(const Counts&) const = default;
};

/// A row that was refused. `value` only where the field is not personal.
struct QuarantineRow {
  std::uint64_t line = 0;  ///< 1-based, in the decoded text; 0: not a line format
  std::uint64_t byte = 0;  ///< offset of the row
  std::string column;      ///< name; empty: the whole row
  std::string rule;        ///< "citizen_number", "unit", "date" …
  std::string message;     ///< "column \"so_cccd\" has 11 digits, expected 12; …"
  std::optional<std::string> value;
  bool operator==(const QuarantineRow&) const = default;
};

/// The people (or things) of one unit that count for one element, in one snapshot delivery: ascending, distinct keyed
/// hashes. Empty when the unit has valid rows and none counts.
struct Run {
  model::ElementId element = 0;
  model::UnitCode unit;
  std::uint32_t key_id = 0;  ///< of the key that made the hashes; 0: not keyed
  std::vector<std::uint64_t> keys;
  bool operator==(const Run&) const = default;
};

/// The runs of one delivery, one at a time: what it counted may be more than memory should hold.
struct RunReader {
  virtual ~RunReader() = default;
  /// The next run, until the next call; nullptr after the last. Forward only: what was given is not given again.
  virtual base::Result<const Run*> next() = 0;
};

/// All that `reader` still gives; where there is none, none. For few.
base::Result<std::vector<Run>> read_runs(RunReader* reader);

/// What the source folder showed when the file was read; the fast path compares it without opening the file.
struct LedgerEntry {
  std::string source;
  std::string name;  ///< file name in the folder
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::string sha256;
  std::string delivery;  ///< id; empty when the file was refused whole
};

struct DeliveryHead {
  std::string id;                ///< hash of source, partition and content: the same bytes are the same delivery
  model::Revision revision = 0;  ///< given at commit
  std::string source;
  std::string connector;
  LoadKind kind = LoadKind::figures;
  std::string partition;  ///< what a snapshot is the whole truth of, e.g. "vcb/2024-12-18"; a window "2026-08"
  std::string part;       ///< file name; a newer delivery of the same partition and part supersedes it
  std::optional<model::Day> dated;  ///< of a snapshot
  std::string content_sha256;
  base::Instant received{};
  base::Instant recorded{};  ///< given at commit
  Standing standing = Standing::in_force;
  /// Of figures: it tells all that its part has to say, so that what an older delivery of the part said is withdrawn.
  bool whole = false;
  /// Its place among the deliveries of its part: its own revision unless it takes another one's place. 0: its own.
  model::Revision turn = 0;
  Outcome outcome = Outcome::ok;
  std::string reason;  ///< of held, recorded, accepted, retracted: in words
  Counts counts;
  std::uint64_t quarantine_left_out = 0;  ///< refused rows beyond the cap on kept ones
  std::string run;                        ///< id of the run that brought it
};

/// Which of two committed deliveries of one part came last. Not by time of receipt: a file put back keeps its old one.
constexpr bool later_of_part(const DeliveryHead& a, const DeliveryHead& b) {
  return a.turn != b.turn ? a.turn > b.turn : a.revision > b.revision;
}

/// Everything one delivery commits, whole or not at all.
struct StagedDelivery {
  DeliveryHead head;
  std::vector<model::Figure> figures;
  std::vector<model::Evidence> evidence;
  std::unique_ptr<RunReader> runs;  ///< of a snapshot; read once, by the commit
  std::optional<StagedRecords> records;
  std::vector<QuarantineRow> quarantine;
  std::optional<LedgerEntry> ledger;
  /// Moves the source's cursor to this, e.g. "2026-08"; nullopt leaves it.
  std::optional<std::string> cursor;
  /// When the run `head.run` began: its row is there with its first delivery, `interrupted` until it is recorded.
  std::optional<base::Instant> run_began;
};

/// One poll of one source.
struct RunRow {
  std::string id;
  std::string source;
  base::Instant started{};
  base::Instant ended{};
  Outcome outcome = Outcome::ok;
  Counts counts;
  std::uint32_t deliveries = 0;
  std::string message;  ///< why it failed, was held or refused
};

}  // namespace ntmd::store
