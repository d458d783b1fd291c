#pragma once
// The one interface to what is kept: deliveries, versions of cells, evidence, runs, decisions, alerts, outbox.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/files.h"
#include "daemon/base/result.h"
#include "daemon/model/name_table.h"
#include "daemon/store/delivery.h"
#include "daemon/store/person_keys.h"

namespace ntmd::store {

/// How a delivery changed a cell. Values are frozen: they are stored.
enum class Touch : std::uint8_t {
  loaded = 1,      ///< it came
  accepted = 2,    ///< someone put it in force
  retracted = 3,   ///< it was taken out of force
  configured = 4,  ///< its source was added to the configuration, or removed
};

struct Toucher {
  std::string delivery;
  Touch touch = Touch::loaded;
  bool operator==(const Toucher&) const = default;
};

/// A unit × element that changed since it was last assessed. An empty element: the unit's evidence changed.
struct DirtyCell {
  model::UnitCode unit;
  std::optional<model::ElementId> element;
  std::string delivery;  ///< what changed it
  Touch touch = Touch::loaded;
  bool operator==(const DirtyCell&) const = default;
};

/// A figure computed over several sources, and what made it be computed anew: at least one.
struct DerivedFigure {
  model::Figure figure;
  std::vector<Toucher> because;
};

/// Which snapshot deliveries a counted element was last computed from: ascending revisions.
struct Basis {
  model::ElementId element = 0;
  std::vector<model::Revision> deliveries;
  bool operator==(const Basis&) const = default;
};

/// The deliveries that the computed figures of one revision were counted from: ids, the oldest snapshot first.
struct CountedFrom {
  model::Revision revision = 0;
  std::vector<std::string> deliveries;
};

/// One run as listed: without its keys.
struct RunInfo {
  model::Revision delivery = 0;
  model::UnitCode unit;
  std::uint32_t key_id = 0;
  std::uint64_t size = 0;
};

/// The standing of one indicator of one subject ("u/08515" a unit, "g/227" a group), as last decided. Numbers are
/// rules' frozen values.
struct StatusRow {
  std::string subject;
  std::string criteria;
  std::string indicator;
  std::uint8_t state = 0;
  std::uint8_t measured = 0;
  std::uint8_t official = 0;
  std::uint8_t known = 2;      ///< last official truth that was T or F; 2: none yet
  std::string reasons;         ///< codes, comma-separated
  std::uint64_t decision = 0;  ///< seq
};

struct DecisionRow {
  std::uint64_t seq = 0;
  std::string day;  ///< ISO
  std::string subject;
  std::string criteria;
  std::string indicator;
  std::string body;       ///< canonical JSON
  std::string prev_hash;  ///< hex; 64 zeros before the first
  std::string hash;       ///< hex sha256 of prev_hash + body
};

struct ChainHead {
  std::uint64_t seq = 0;
  std::string hash = std::string(64, '0');
};

/// An alert's stored state. `key` is stable per alert, unit, indicator, source.
struct AlertRow {
  std::string key;
  std::string name;   ///< "IndicatorLost"
  std::string state;  ///< pending | firing | resolved
  std::string unit;
  std::string indicator;
  std::string source;
  std::string delivery;
  base::Instant since{};                  ///< of the state
  std::optional<base::Instant> notified;  ///< last message put in the outbox
  std::uint32_t observations = 0;         ///< distinct ones that agree
  std::string last_observation;           ///< delivery
  std::string body;                       ///< JSON: what is told
};

struct OutboxRow {
  std::uint64_t seq = 0;  ///< given at commit
  std::string id;         ///< the same on every retry; waits once per channel
  std::string channel;
  std::string body;  ///< JSON
  std::uint32_t attempts = 0;
  std::optional<base::Instant> next_try;
  std::string last_error;
};

/// What the last pass said of one subject under one criteria set: JSON of the engine's.
struct VerdictRow {
  std::string subject;
  std::string criteria;
  std::string body;
};

/// What one assessment writes of one subject under one criteria set.
struct SubjectRecord {
  std::string subject;
  std::string criteria;
  std::vector<DecisionRow> decisions;  ///< they follow each other, and those of the record before
  std::vector<StatusRow> statuses;     ///< changed ones only
  /// What is kept of it, as in VerdictRow; empty: it is judged no more; nullopt: what is kept stays.
  std::optional<std::string> verdict;
};

/// The subjects of one assessment, one at a time: together they may be more than memory should hold.
struct SubjectReader {
  virtual ~SubjectReader() = default;
  /// The next one, until the next call; nullptr after the last. Forward only.
  virtual base::Result<const SubjectRecord*> next() = 0;
};

/// What one assessment writes, in one transaction.
struct AssessmentCommit {
  ChainHead expected_head;  ///< else the commit fails (compare and swap)
  std::string as_of;        ///< ISO day
  std::uint64_t generation = 0;
  SubjectReader* subjects = nullptr;     ///< read once, by the commit; nullptr: none
  std::string frame;                     ///< meta "last_frame": what the pass judged under; JSON of the engine's
  std::vector<AlertRow> alerts;          ///< changed ones only
  std::vector<std::string> alerts_over;  ///< keys of those that are dropped
  std::vector<OutboxRow> outbox;
  std::vector<std::pair<std::string, std::string>> criteria_texts;  ///< sha256, text: kept for replay
  std::uint64_t dirty_up_to = 0;                                    ///< dirty rows read up to this number are deleted
  std::string
      restart;  ///< why judging goes on from a day before the last assessed one: kept as meta; empty: it does not
};

struct Dirty {
  std::vector<DirtyCell> cells;
  std::uint64_t up_to = 0;
};

/// How often something happened since the store counts it: never falls.
struct Tally {
  std::string what;     ///< "polls", "rows": of a source; "messages": of a channel
  std::string subject;  ///< its id
  std::string outcome;  ///< polls: an Outcome; rows: loaded, filtered, quarantined; messages: sent, failed, dropped
  std::uint64_t value = 0;
};

/// Not thread-safe; the writer thread owns it. Other threads and processes open their own (readers) or post requests.
/// Errors: disk full and locks are retry_later, damage is bad_data, a newer database bad_config. After a failed fsync
/// and when the file was removed or replaced (bad_data) every call fails.
struct Store {
  virtual ~Store() = default;

  /// True when every call fails from now on: open anew, best in a new process.
  [[nodiscard]] virtual bool dead() const = 0;
  /// Whether the store is still where it was opened. Cheap; to be asked now and then by who only reads.
  virtual base::Status in_place() = 0;

  // Names shared with the engine: ids of elements and sources in every row below.
  virtual model::NameTable& elements() = 0;
  virtual model::NameTable& sources() = 0;

  // --- small facts -------------------------------------------------------------------------------------------------
  /// E.g. "key_check", "last_assessed", "generation".
  virtual base::Result<std::optional<std::string>> get_meta(std::string_view name) = 0;
  virtual base::Status put_meta(std::string_view name, std::string_view value) = 0;
  virtual base::Result<std::optional<std::string>> cursor(std::string_view source) = 0;

  // --- deliveries --------------------------------------------------------------------------------------------------
  /// Commits in one transaction: head, rows, quarantine, ledger, cursor and, of a delivery in force, the dirty cells. A
  /// delivery whose id is already there writes only its ledger entry and, unless it is held, cursor (and its runs,
  /// where they had been dropped); `fresh` says which. Source, received, revision and recorded of the rows are the
  /// delivery's, whatever they say. Of a snapshot's source the runs are kept of the 3 newest dates in force on or
  /// before the last assessed day, and of later ones; older ones are dropped here. Rows of records are never dropped.
  struct Committed {
    model::Revision revision = 0;
    bool fresh = true;
    std::optional<std::string> held;  ///< the review's reason
    bool rehashed = false;            ///< it was there and has now runs under the key that comes, too
    bool reads_otherwise = false;     ///< it was there, and its file names other people now: nothing was added
  };
  /// Asked within the transaction when the rows of a fresh delivery that is to be in force are there and its cells are
  /// dirty: reads of the store see them, writes are a bug. With a reason the delivery is held for it: none of its cells
  /// is dirty, the cursor stays.
  using Review = std::function<base::Result<std::optional<std::string>>()>;
  virtual base::Result<Committed> commit(const StagedDelivery& staged, const Review& review = {}) = 0;
  /// Remembers a file that was refused whole, so that it is not read again until it changes.
  virtual base::Status remember(const LedgerEntry& entry) = 0;
  /// Every file ever seen, by name and content; the last of a name is what the folder last showed.
  virtual base::Result<std::vector<LedgerEntry>> ledger(std::string_view source) = 0;
  /// An id may be shortened, here and below, to an unambiguous start of at least 8 characters; bad_data when it is
  /// ambiguous.
  virtual base::Result<std::optional<DeliveryHead>> find_delivery(std::string_view id) = 0;
  /// All (of one source when named), by revision.
  virtual base::Result<std::vector<DeliveryHead>> deliveries(std::string_view source = {}) = 0;
  /// The newest that a source has in force on a day: `dated` by the last day that a figure speaks of or the date of a
  /// snapshot, none later than `day`; `received` when its newest register of evidence came.
  struct Newest {
    std::optional<model::Day> dated;
    std::optional<base::Instant> received;
  };
  virtual base::Result<Newest> newest_in_force(std::string_view source, model::Day day) = 0;
  /// Those that wait for someone's word, by revision.
  virtual base::Result<std::vector<DeliveryHead>> held_deliveries() = 0;
  /// Flips one row; the cells it touches become dirty in the same transaction (counted ones by `append_derived`).
  /// `gone` when there is no such delivery. The standing it already has: nothing is written. One that is held has the
  /// outcome `held`, and keeps it when it is accepted.
  virtual base::Status set_standing(std::string_view id, Standing standing, std::string_view reason) = 0;
  /// Holds several for one reason, all of them or none.
  virtual base::Status hold(std::span<const std::string> ids, std::string_view reason) = 0;
  /// Quarantined rows of one delivery, in order of their lines; `limit` 0 = all kept.
  virtual base::Result<std::vector<QuarantineRow>> quarantine(std::string_view delivery, std::uint64_t limit) = 0;
  /// The run has ended. Adds or replaces by id. The newest 10,000 of a source are kept, and the last that succeeded.
  virtual base::Status record_run(const RunRow& run) = 0;
  /// Last added first (of one source when named); `limit` 0 = all.
  virtual base::Result<std::vector<RunRow>> run_rows(std::string_view source, std::uint64_t limit) = 0;
  /// When the source's last poll ended that gave, or confirmed, what it has (ok, unchanged, partial); nullopt: none
  /// did.
  virtual base::Result<std::optional<base::Instant>> last_success(std::string_view source) = 0;

  // --- versions of cells, evidence ---------------------------------------------------------------------------------
  using FigureSink = std::function<void(const model::Figure&)>;
  /// Every version whose delivery is in force and not superseded by a later, whole one of its part, every derived one,
  /// and what the records in force count up to (see tell_figures); `known_at`: as it was known then, by today's
  /// standing of the deliveries (of records: by the standing they had).
  virtual base::Status read_figures(const FigureSink& sink, std::optional<base::Instant> known_at = std::nullopt) = 0;
  /// Those of one cell over all sources.
  virtual base::Result<std::vector<model::Figure>> read_cell(const model::UnitCode& unit, model::ElementId element) = 0;
  /// Evidence of deliveries in force, of the newest delivery of each source only (each file is a snapshot of its
  /// source): of each part the last one, of these the one with the greatest (received, part). `known_at` as above.
  virtual base::Result<std::vector<model::Evidence>> read_evidence(
      std::optional<base::Instant> known_at = std::nullopt) = 0;

  // --- counted elements --------------------------------------------------------------------------------------------
  virtual base::Result<std::vector<Basis>> bases() = 0;
  /// Runs of one delivery and element, by unit and key. `gone` when they were dropped (see `commit`): none is not the
  /// same as no longer known.
  virtual base::Result<std::vector<RunInfo>> runs_of(model::Revision delivery, model::ElementId element) = 0;
  /// The keys of one run; bad_data when its checksum does not hold; `gone` when there is none.
  virtual base::Result<std::vector<std::uint64_t>> run_keys(model::Revision delivery, model::ElementId element,
                                                            const model::UnitCode& unit, std::uint32_t key_id) = 0;
  /// By revision.
  virtual base::Result<std::vector<CountedFrom>> counted_from() = 0;
  /// Appends computed figures of `basis.element` and moves its basis, in one transaction; the cells become dirty,
  /// once for each of its reasons. Their revision is given here: greater than every one before it, of deliveries too.
  virtual base::Status append_derived(const Basis& basis, std::span<const DerivedFigure> figures) = 0;

  // --- keys of the person hashes -----------------------------------------------------------------------------------
  // The runs of a key that is retired or cancelled are not kept, those of one that is set aside are. A commit leaves
  // out those of all three, and where a delivery has people under no other key it is retry_later. While a key comes,
  // the commit of a delivery that is there already adds the runs under it that it lacks, unless the same bytes name
  // other people now than they did.
  /// By id.
  virtual base::Result<std::vector<PersonKeyRow>> person_keys() = 0;
  /// A new id, as `in_force` (the one before is set aside) or as `incoming`.
  virtual base::Status add_person_key(const PersonKeyRow& key) = 0;
  /// Snapshot deliveries with runs of people, but none under the incoming key; ascending. None while no key comes.
  virtual base::Result<std::vector<model::Revision>> without_incoming_key() = 0;
  /// The incoming key is in force and all before it are retired, in one transaction; all other runs of people are
  /// dropped, and a delivery that has none left is as one whose runs were dropped as superseded. What had been counted
  /// with runs of yet another key leaves its basis. bad_data when no key comes.
  virtual base::Status switch_person_key() = 0;
  /// The incoming key is cancelled and its runs dropped. bad_data when no key comes.
  virtual base::Status cancel_person_key(std::string_view reason) = 0;

  // --- assessment --------------------------------------------------------------------------------------------------
  /// In order of their changes; a cell that changed twice is there twice. `after`: an `up_to`; only what came later.
  virtual base::Result<Dirty> dirty(std::uint64_t after = 0) = 0;
  virtual base::Result<std::vector<StatusRow>> statuses() = 0;
  virtual base::Result<std::vector<VerdictRow>> verdicts() = 0;
  virtual base::Result<std::optional<VerdictRow>> verdict(std::string_view subject, std::string_view criteria) = 0;
  virtual base::Result<ChainHead> chain_head() = 0;
  /// Also puts meta "last_assessed", "generation", "last_frame", of a restart "restart.GENERATION", and
  /// "assessed_revision": the greatest revision there is. retry_later when the head has moved; a bug when the decisions
  /// do not continue it.
  virtual base::Status commit_assessment(const AssessmentCommit& commit) = 0;
  using DecisionSink = std::function<base::Status(const DecisionRow&)>;
  /// In order of seq; stops at the sink's first error.
  virtual base::Status read_decisions(std::uint64_t from_seq, const DecisionSink& sink) = 0;
  virtual base::Result<std::optional<DecisionRow>> decision(std::uint64_t seq) = 0;
  virtual base::Result<std::optional<std::string>> criteria_text(std::string_view sha256) = 0;

  // --- alerts ------------------------------------------------------------------------------------------------------
  virtual base::Result<std::vector<AlertRow>> alerts() = 0;
  /// Those that are pending or firing.
  virtual base::Result<std::vector<AlertRow>> active_alerts() = 0;
  /// Waiting messages in order of seq.
  virtual base::Result<std::vector<OutboxRow>> outbox() = 0;
  /// Takes it out. Here and below `gone` when it is not there.
  virtual base::Status outbox_delivered(std::uint64_t seq) = 0;
  /// The same for one that nobody got.
  virtual base::Status outbox_dropped(std::uint64_t seq) = 0;
  virtual base::Status outbox_failed(std::uint64_t seq, std::uint32_t attempts, base::Instant next_try,
                                     std::string_view error) = 0;

  // --- requests from the command line to a running daemon
  // --------------------------------------------------------------
  struct Request {
    std::uint64_t seq = 0;
    std::string kind;      ///< "sync", "assess", "accept", "retract"
    std::string argument;  ///< JSON
    std::string answer;    ///< empty while waiting
  };
  virtual base::Result<std::uint64_t> post_request(std::string_view kind, std::string_view argument) = 0;
  virtual base::Result<std::vector<Request>> waiting_requests() = 0;
  /// Once, with a text, also by who asked and gives up; `gone` when nobody waits for it. The newest 1,000 answered ones
  /// are kept.
  virtual base::Status answer_request(std::uint64_t seq, std::string_view answer) = 0;
  virtual base::Result<std::optional<Request>> request(std::uint64_t seq) = 0;

  /// By what, subject and outcome.
  virtual base::Result<std::vector<Tally>> tallies() = 0;

  // --- trust -------------------------------------------------------------------------------------------------------
  /// Structure, foreign keys, checksums of runs, links of the decision chain; deliveries, their rows and computed
  /// figures against the digests they were committed with, standings against their record, quarantine against what was
  /// counted, the ledger against the deliveries. Each fault a line. Empty: sound.
  virtual base::Result<std::vector<std::string>> integrity() = 0;
  /// How many deliveries were committed before digests were kept: an edit of their rows does not show.
  virtual base::Result<std::uint64_t> unwitnessed() = 0;
  /// A text dump without times, row ids and run ids: equal for equal content, whatever the way there. Of computed
  /// figures the last one.
  virtual base::Result<std::string> canonical_dump() = 0;
};

}  // namespace ntmd::store
