#pragma once
// The SQLite store's class; its members stand in sqlite_*.cpp, one file per concept. Private to this room: others see
// store.h, whose promises hold here.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/sqlite_connection.h"
#include "daemon/store/sqlite_names.h"
#include "daemon/store/sqlite_records.h"
#include "daemon/store/sqlite_store.h"

namespace ntmd::store {

/// One thread at a time; the clock and the name tables must outlive it. Reads see what was last committed, within a
/// write transaction what it wrote so far. Every write goes through `write`: whole or not at all, refused as a bug
/// without the lock, and undone in memory too (names) when it fails. The members that say so below must be called
/// inside of one; none of them begins one.
class SqliteStore final : public Store {
 public:
  /// `lock` is null for shared access. Call `load_names` before use.
  SqliteStore(std::shared_ptr<OwnerLock> lock, std::unique_ptr<Connection> db, const base::Clock& clock,
              model::NameTable& elements, model::NameTable& sources);
  base::Status load_names();

  [[nodiscard]] bool dead() const override { return db_->dead(); }
  base::Status in_place() override { return db_->in_place(); }
  model::NameTable& elements() override { return elements_.names(); }
  model::NameTable& sources() override { return sources_.names(); }

  base::Result<std::optional<std::string>> get_meta(std::string_view name) override;
  base::Status put_meta(std::string_view name, std::string_view value) override;
  base::Result<std::optional<std::string>> cursor(std::string_view source) override;

  base::Result<Committed> commit(const StagedDelivery& staged, const Review& review) override;
  base::Status remember(const LedgerEntry& entry) override;
  base::Result<std::vector<LedgerEntry>> ledger(std::string_view source) override;
  base::Result<std::optional<DeliveryHead>> find_delivery(std::string_view id) override;
  base::Result<std::vector<DeliveryHead>> deliveries(std::string_view source) override;
  base::Result<Newest> newest_in_force(std::string_view source, model::Day day) override;
  base::Result<std::vector<DeliveryHead>> held_deliveries() override;
  base::Status set_standing(std::string_view id, Standing standing, std::string_view reason) override;
  base::Status hold(std::span<const std::string> ids, std::string_view reason) override;
  base::Result<std::vector<QuarantineRow>> quarantine(std::string_view delivery, std::uint64_t limit) override;
  base::Status record_run(const RunRow& run) override;
  base::Result<std::vector<RunRow>> run_rows(std::string_view source, std::uint64_t limit) override;
  base::Result<std::optional<base::Instant>> last_success(std::string_view source) override;

  base::Status read_figures(const FigureSink& sink, std::optional<base::Instant> known_at) override;
  base::Result<std::vector<model::Figure>> read_cell(const model::UnitCode& unit, model::ElementId element) override;
  base::Result<std::vector<model::Evidence>> read_evidence(std::optional<base::Instant> known_at) override;

  base::Result<std::vector<Basis>> bases() override;
  base::Result<std::vector<RunInfo>> runs_of(model::Revision delivery, model::ElementId element) override;
  base::Result<std::vector<std::uint64_t>> run_keys(model::Revision delivery, model::ElementId element,
                                                    const model::UnitCode& unit, std::uint32_t key_id) override;
  base::Result<std::vector<PersonKeyRow>> person_keys() override;
  base::Status add_person_key(const PersonKeyRow& key) override;
  base::Result<std::vector<model::Revision>> without_incoming_key() override;
  base::Status switch_person_key() override;
  base::Status cancel_person_key(std::string_view reason) override;
  base::Result<std::vector<CountedFrom>> counted_from() override;
  base::Status append_derived(const Basis& basis, std::span<const DerivedFigure> figures) override;

  base::Result<Dirty> dirty(std::uint64_t after) override;
  base::Result<std::vector<StatusRow>> statuses() override;
  base::Result<std::vector<VerdictRow>> verdicts() override;
  base::Result<std::optional<VerdictRow>> verdict(std::string_view subject, std::string_view criteria) override;
  base::Result<ChainHead> chain_head() override;
  base::Status commit_assessment(const AssessmentCommit& commit) override;
  base::Status read_decisions(std::uint64_t from_seq, const DecisionSink& sink) override;
  base::Result<std::optional<DecisionRow>> decision(std::uint64_t seq) override;
  base::Result<std::optional<std::string>> criteria_text(std::string_view sha256) override;

  base::Result<std::vector<AlertRow>> alerts() override;
  base::Result<std::vector<AlertRow>> active_alerts() override;
  base::Result<std::vector<OutboxRow>> outbox() override;
  base::Status outbox_delivered(std::uint64_t seq) override;
  base::Status outbox_dropped(std::uint64_t seq) override;
  base::Result<std::vector<Tally>> tallies() override;
  base::Status outbox_failed(std::uint64_t seq, std::uint32_t attempts, base::Instant next_try,
                             std::string_view error) override;

  base::Result<std::uint64_t> post_request(std::string_view kind, std::string_view argument) override;
  base::Result<std::vector<Request>> waiting_requests() override;
  base::Status answer_request(std::uint64_t seq, std::string_view answer) override;
  base::Result<std::optional<Request>> request(std::uint64_t seq) override;

  base::Result<std::vector<std::string>> integrity() override;
  base::Result<std::uint64_t> unwitnessed() override;
  base::Result<std::string> canonical_dump() override;

 private:
  /// A write transaction of the owner.
  base::Status write(const std::function<base::Status()>& body);

  // Inside a write transaction.
  base::Status tally(std::string_view what, std::string_view subject, std::string_view outcome, std::uint64_t more = 1);
  base::Status take_out(std::uint64_t seq, std::string_view outcome);
  base::Status write_meta(std::string_view name, std::string_view value);
  base::Result<model::Revision> next_revision();
  base::Result<model::Revision> write_fresh(const StagedDelivery& staged, std::int64_t source);
  base::Result<std::optional<std::string>> review_fresh(const StagedDelivery& staged, model::Revision revision,
                                                        const Review& review);
  base::Status move_records(const DeliveryHead& head, std::int64_t source, const Toucher& cause);
  base::Status change_standing(std::string_view id, Standing standing, std::string_view reason);
  base::Status write_head(const DeliveryHead& head, model::Revision revision, std::int64_t source,
                          base::Instant recorded);
  base::Status write_figures(const StagedDelivery& staged, model::Revision revision, std::int64_t source,
                             base::Instant recorded);
  base::Status write_evidence(const StagedDelivery& staged, model::Revision revision);
  base::Status write_records(const StagedDelivery& staged, model::Revision revision, std::int64_t source,
                             base::Instant recorded);
  base::Status write_quarantine(const StagedDelivery& staged, model::Revision revision);
  base::Status write_runs(const StagedDelivery& staged, model::Revision revision);
  base::Status write_run(const Run& run, model::Revision revision);
  base::Result<std::int64_t> write_blob(const Run& run);
  base::Status restore_dropped_runs(const StagedDelivery& staged, model::Revision revision);
  base::Status complete_runs(const StagedDelivery& staged, model::Revision revision, Committed& committed);
  base::Result<bool> is_kept(const Run& run, model::Revision revision);
  base::Status drop_unused_blobs();
  base::Result<std::optional<std::uint32_t>> incoming_key();
  base::Result<bool> drop_superseded_runs(std::int64_t source);
  base::Status write_open_run(const StagedDelivery& staged, std::int64_t source);
  base::Status write_ledger(const LedgerEntry& entry);
  base::Status write_cursor(std::string_view source, std::string_view value);
  /// Ascending, of one part of a source.
  base::Result<std::vector<model::Revision>> figures_in_force(std::int64_t source, std::string_view part);
  /// Marks what has come into force or gone out of it since `before`.
  base::Status mark_figures_moved(std::int64_t source, std::string_view part,
                                  const std::vector<model::Revision>& before, const Toucher& cause);
  base::Status mark_figures_dirty(model::Revision revision, const Toucher& cause);
  base::Status mark_evidence_dirty(std::int64_t source, model::Revision revision, const Toucher& cause);
  base::Status witness_delivery(model::Revision revision, bool ledgered);
  base::Status witness_computed(model::Revision revision);
  base::Status record_standing(model::Revision revision, Standing standing, std::string_view reason);
  base::Status write_subject(const SubjectRecord& record, ChainHead& head);
  base::Status write_subjects(const AssessmentCommit& commit);
  base::Status write_alerts(const AssessmentCommit& commit);
  static base::Result<std::vector<AlertRow>> alert_rows(Query& query);

  /// The whole id of a delivery told by a start of it; nullopt when there is none.
  base::Result<std::optional<std::string>> full_id(std::string_view start);
  base::Status read_versions(Query& query, const FigureSink& sink);
  base::Status check_blobs(std::vector<std::string>& faults);
  base::Status check_witnesses(std::vector<std::string>& faults);
  base::Status check_chain(std::vector<std::string>& faults);

  std::shared_ptr<OwnerLock> lock_;  // outlives the connection
  std::unique_ptr<Connection> db_;
  const base::Clock& clock_;
  StoredNames elements_;
  StoredNames sources_;
  RecordBook records_;
};

/// Of one run's stored bytes; finds damage, proves nothing.
std::uint64_t run_checksum(std::string_view bytes);

}  // namespace ntmd::store
