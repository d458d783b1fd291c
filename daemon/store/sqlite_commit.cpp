// The commit of one delivery, whole or not at all.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "daemon/store/sqlite_impl.h"
#include "daemon/store/sqlite_in_force.h"

namespace ntmd::store {
namespace {

base::Status check_promises(const StagedDelivery& staged) {
  const auto& head = staged.head;
  const auto bug = [&head](std::string_view fact) {
    return base::fail(base::Fault::bug, fmt::format("delivery {}: {}; report it", head.id, fact));
  };
  if (head.id.empty() || head.source.empty()) return bug("no id or no source, expected both");
  const auto& counts = head.counts;
  if (counts.fetched != counts.loaded + counts.filtered + counts.quarantined) {
    return bug(fmt::format("{} rows fetched, expected {} loaded + {} filtered + {} quarantined", counts.fetched,
                           counts.loaded, counts.filtered, counts.quarantined));
  }
  return {};
}

}  // namespace

base::Result<Store::Committed> SqliteStore::commit(const StagedDelivery& staged, const Review& review) {
  if (auto kept = check_promises(staged); !kept) return std::unexpected(kept.error());
  Committed committed;
  bool dropped = false;
  auto done = write([&]() -> base::Status {
    const auto& head = staged.head;
    const auto source = sources_.to_file(head.source);
    if (!source) return std::unexpected(source.error());
    if (staged.ledger) {
      if (auto written = write_ledger(*staged.ledger); !written) return written;
    }
    const auto known = find_delivery(head.id);
    if (!known) return std::unexpected(known.error());
    committed.fresh = !*known;
    bool waits = false;  // for someone's word
    if (*known) {
      committed.revision = (*known)->revision;
      waits = (*known)->standing == Standing::held;
      if (auto restored = restore_dropped_runs(staged, committed.revision); !restored) return restored;
      if (auto completed = complete_runs(staged, committed.revision, committed); !completed) return completed;
    } else {
      const auto revision = write_fresh(staged, *source);
      if (!revision) return std::unexpected(revision.error());
      committed.revision = *revision;
      auto held = review_fresh(staged, *revision, review);
      if (!held) return std::unexpected(held.error());
      committed.held = std::move(*held);
      waits = committed.held.has_value();
    }
    if (committed.fresh && staged.run_began) {
      if (auto written = write_open_run(staged, *source); !written) return written;
    }
    if (staged.cursor && !waits) {
      if (auto written = write_cursor(head.source, *staged.cursor); !written) return written;
    }
    if (head.kind != LoadKind::snapshot) return {};
    const auto any = drop_superseded_runs(*source);
    if (!any) return std::unexpected(any.error());
    dropped = *any;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (dropped) db_->empty_log();  // people who no longer count leave the log too
  return committed;
}

base::Result<model::Revision> SqliteStore::write_fresh(const StagedDelivery& staged, std::int64_t source) {
  const auto& head = staged.head;
  const auto revision = next_revision();
  if (!revision) return std::unexpected(revision.error());
  const auto recorded = clock_.now();
  const bool register_moves = head.kind == LoadKind::evidence && head.standing == Standing::in_force;
  if (register_moves) {
    if (auto marked = mark_evidence_dirty(source, *revision, {head.id, Touch::loaded}); !marked)
      return std::unexpected(marked.error());
  }
  const auto before = figures_in_force(source, head.part);
  if (!before) return std::unexpected(before.error());
  if (auto written = write_head(head, *revision, source, recorded); !written) return std::unexpected(written.error());
  if (auto written = write_figures(staged, *revision, source, recorded); !written)
    return std::unexpected(written.error());
  if (auto written = write_evidence(staged, *revision); !written) return std::unexpected(written.error());
  if (auto written = write_runs(staged, *revision); !written) return std::unexpected(written.error());
  if (auto written = write_quarantine(staged, *revision); !written) return std::unexpected(written.error());
  if (auto written = witness_delivery(*revision, staged.ledger.has_value()); !written)
    return std::unexpected(written.error());
  if (auto written = record_standing(*revision, head.standing, head.reason); !written)
    return std::unexpected(written.error());
  if (auto marked = mark_figures_moved(source, head.part, *before, {head.id, Touch::loaded}); !marked)
    return std::unexpected(marked.error());
  if (register_moves) {
    if (auto marked = mark_evidence_dirty(source, *revision, {head.id, Touch::loaded}); !marked)
      return std::unexpected(marked.error());
  }
  // Last: what follows it goes back with the counts when a review holds the delivery.
  if (auto written = write_records(staged, *revision, source, recorded); !written)
    return std::unexpected(written.error());
  return revision;
}

base::Status SqliteStore::write_records(const StagedDelivery& staged, model::Revision revision, std::int64_t source,
                                        base::Instant recorded) {
  if (!staged.records) return {};
  if (auto written = records_.write(staged, revision, source); !written) return written;
  if (staged.head.standing != Standing::in_force) return {};
  // A review may hold the delivery: its rows stay then, what they did to the counts does not.
  if (auto marked = db_->script("SAVEPOINT uncounted"); !marked) return marked;
  return records_.enter(revision, {revision, staged.head.received, recorded, {staged.head.id, Touch::loaded}});
}

base::Result<std::optional<std::string>> SqliteStore::review_fresh(const StagedDelivery& staged,
                                                                   model::Revision revision, const Review& review) {
  if (!review || staged.head.standing != Standing::in_force) return std::nullopt;
  auto reason = review();
  if (!reason || !*reason) return reason;
  if (staged.records) {
    if (auto undone = db_->script("ROLLBACK TO uncounted"); !undone) return std::unexpected(undone.error());
  }
  auto done = db_->run("UPDATE delivery SET standing = ?, outcome = ?, reason = ? WHERE revision = ?", Standing::held,
                       Outcome::held, **reason, revision);
  if (done) done = record_standing(revision, Standing::held, **reason);
  if (done) done = db_->run("DELETE FROM dirty WHERE delivery = ?", staged.head.id);
  if (!done) return std::unexpected(done.error());
  return reason;
}

base::Status SqliteStore::write_head(const DeliveryHead& head, model::Revision revision, std::int64_t source,
                                     base::Instant recorded) {
  return db_->run(
      "INSERT INTO delivery (revision, id, source, connector, kind, partition_name, part, dated, content_sha256, "
      "received,"
      " recorded, standing, turn, whole, outcome, reason, fetched, loaded, filtered, quarantined, quarantine_left_out,"
      " run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      revision, head.id, source, head.connector, head.kind, head.partition, head.part, head.dated, head.content_sha256,
      head.received, recorded, head.standing, head.turn == 0 ? revision : head.turn, head.whole, head.outcome,
      head.reason, head.counts.fetched, head.counts.loaded, head.counts.filtered, head.counts.quarantined,
      head.quarantine_left_out, head.run);
}

base::Status SqliteStore::write_figures(const StagedDelivery& staged, model::Revision revision, std::int64_t source,
                                        base::Instant recorded) {
  for (const auto& figure : staged.figures) {
    const auto element = elements_.to_file(figure.element);
    if (!element) return std::unexpected(element.error());
    auto done = db_->run(
        "INSERT INTO figure (element, unit, revision, row_number, first_day, last_day, value, missing, delivery, "
        "source, received,"
        " recorded) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?3, ?9, ?10, ?11)",
        *element, figure.unit, revision, figure.row, figure.period.first, figure.period.last, figure.value,
        figure.missing, source, staged.head.received, recorded);
    if (!done) return done;
  }
  return {};
}

base::Status SqliteStore::write_evidence(const StagedDelivery& staged, model::Revision revision) {
  std::int64_t place = 0;
  for (const auto& entry : staged.evidence) {
    auto done = db_->run(
        "INSERT INTO evidence (delivery, place, unit, indicator, kind, number, issued_on, issuer, valid_to, state,"
        " confirmed_value, sha256, row_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        revision, place++, entry.unit, entry.indicator, entry.kind, entry.number, entry.issued_on, entry.issuer,
        entry.valid_to, entry.state, entry.confirmed_value, entry.sha256, entry.row);
    if (!done) return done;
  }
  return {};
}

base::Status SqliteStore::write_quarantine(const StagedDelivery& staged, model::Revision revision) {
  std::int64_t place = 0;
  for (const auto& row : staged.quarantine) {
    auto done = db_->run(
        "INSERT INTO quarantine (delivery, place, line, byte, column_name, rule, message, value)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        revision, place++, row.line, row.byte, row.column, row.rule, row.message, row.value);
    if (!done) return done;
  }
  return {};
}

base::Result<std::vector<model::Revision>> SqliteStore::figures_in_force(std::int64_t source, std::string_view part) {
  static const std::string kOfPart =
      kFiguresInForce + " AND told.source = ?2 AND told.part = ?3 ORDER BY told.revision";
  Query query(*db_, kOfPart, known_by(std::nullopt), source, part);
  std::vector<model::Revision> revisions;
  while (query.next()) revisions.push_back(query.u64(0));
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return revisions;
}

base::Status SqliteStore::mark_figures_moved(std::int64_t source, std::string_view part,
                                             const std::vector<model::Revision>& before, const Toucher& cause) {
  const auto now = figures_in_force(source, part);
  if (!now) return std::unexpected(now.error());
  std::vector<model::Revision> moved;
  std::ranges::set_symmetric_difference(before, *now, std::back_inserter(moved));
  for (const auto revision : moved) {
    if (auto marked = mark_figures_dirty(revision, cause); !marked) return marked;
  }
  return {};
}

base::Status SqliteStore::mark_figures_dirty(model::Revision revision, const Toucher& cause) {
  return db_->run(
      "INSERT INTO dirty (unit, element, delivery, touch) SELECT DISTINCT unit, element, ?2, ?3 FROM figure"
      " WHERE delivery = ?1 ORDER BY element, unit",
      revision, cause.delivery, cause.touch);
}

// A register is a snapshot of its source: what the newest one no longer names changes too. Called before and after a
// change, it marks the units of both.
base::Status SqliteStore::mark_evidence_dirty(std::int64_t source, model::Revision revision, const Toucher& cause) {
  static const std::string kMark =
      "INSERT INTO dirty (unit, element, delivery, touch) SELECT DISTINCT unit, NULL, ?4, ?5 FROM evidence"
      " WHERE delivery = ?3 OR delivery = (SELECT newest.revision FROM (" +
      kNewestEvidence + ") AS newest WHERE newest.source = ?2) ORDER BY unit";
  return db_->run(kMark, known_by(std::nullopt), source, revision, cause.delivery, cause.touch);
}

}  // namespace ntmd::store
