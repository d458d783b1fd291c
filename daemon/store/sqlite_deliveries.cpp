// Deliveries as listed, their standing, what they refused, and the ledger of files.

#include <fmt/format.h>

#include "daemon/store/sqlite_impl.h"
#include "daemon/store/sqlite_listings.h"

namespace ntmd::store {
namespace {

constexpr std::size_t kShortestStart = 8;

const std::string kHeadById = kHeads + " WHERE delivery.id = ?";
const std::string kHeadsHeld = kHeads + " WHERE standing = ? ORDER BY revision";

DeliveryHead head_of(const Query& query) {
  DeliveryHead head;
  head.id = query.text(0);
  head.revision = query.u64(1);
  head.source = query.text(2);
  head.connector = query.text(3);
  head.kind = query.as<LoadKind>(4);
  head.partition = query.text(5);
  head.part = query.text(6);
  head.dated = query.optional(7, [&](int column) { return query.day(column); });
  head.content_sha256 = query.text(8);
  head.received = query.instant(9);
  head.recorded = query.instant(10);
  head.standing = query.as<Standing>(11);
  head.outcome = query.as<Outcome>(12);
  head.reason = query.text(13);
  head.counts = {query.u64(14), query.u64(15), query.u64(16), query.u64(17)};
  head.quarantine_left_out = query.u64(18);
  head.run = query.text(19);
  head.turn = query.u64(20);
  head.whole = query.i64(21) != 0;
  return head;
}

std::unexpected<base::Error> no_such_delivery(std::string_view id) {
  return base::fail(
      base::Fault::gone,
      fmt::format("delivery {}: not in the store, expected an id or its first {} characters or more; see ntmd runs "
                  "--deliveries",
                  id, kShortestStart));
}

}  // namespace

base::Result<std::optional<std::string>> SqliteStore::full_id(std::string_view start) {
  std::optional<std::string> whole;
  if (start.size() < kShortestStart) {
    Query exact(*db_, "SELECT id FROM delivery WHERE id = ?", start);
    if (exact.next()) whole = exact.text(0);
    if (auto done = exact.status(); !done) return std::unexpected(done.error());
    return whole;
  }
  Query query(*db_, "SELECT id FROM delivery WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 2",
              start);
  if (query.next()) whole = query.text(0);
  if (whole && *whole != start && query.next()) {
    return base::fail(base::Fault::bad_data,
                      fmt::format("delivery {}: several begin so, expected one; give more characters", start));
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return whole;
}

base::Result<std::optional<DeliveryHead>> SqliteStore::find_delivery(std::string_view id) {
  const auto whole = full_id(id);
  if (!whole) return std::unexpected(whole.error());
  if (!*whole) return std::nullopt;
  Query query(*db_, kHeadById, **whole);
  std::optional<DeliveryHead> head;
  while (query.next()) head = head_of(query);
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return head;
}

base::Result<std::vector<DeliveryHead>> SqliteStore::deliveries(std::string_view source) {
  auto query = source.empty() ? Query(*db_, kAllHeads) : Query(*db_, kHeadsOfSource, source);
  std::vector<DeliveryHead> heads;
  while (query.next()) heads.push_back(head_of(query));
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return heads;
}

base::Result<Store::Newest> SqliteStore::newest_in_force(std::string_view source, model::Day day) {
  Newest newest;
  Query dated(*db_, kNewestDay, known_by(std::nullopt), source, day);
  while (dated.next()) newest.dated = dated.optional(0, [&](int column) { return dated.day(column); });
  if (auto done = dated.status(); !done) return std::unexpected(done.error());
  Query received(*db_, kNewestRegister, source);
  while (received.next()) newest.received = received.optional(0, [&](int column) { return received.instant(column); });
  if (auto done = received.status(); !done) return std::unexpected(done.error());
  return newest;
}

base::Result<std::vector<DeliveryHead>> SqliteStore::held_deliveries() {
  Query query(*db_, kHeadsHeld, static_cast<std::int64_t>(Standing::held));
  std::vector<DeliveryHead> heads;
  while (query.next()) heads.push_back(head_of(query));
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return heads;
}

base::Status SqliteStore::set_standing(std::string_view id, Standing standing, std::string_view reason) {
  return write([&] { return change_standing(id, standing, reason); });
}

base::Status SqliteStore::hold(std::span<const std::string> ids, std::string_view reason) {
  return write([&]() -> base::Status {
    for (const auto& id : ids) {
      if (auto held = change_standing(id, Standing::held, reason); !held) return held;
    }
    return {};
  });
}

base::Status SqliteStore::change_standing(std::string_view id, Standing standing, std::string_view reason) {
  const auto found = find_delivery(id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return no_such_delivery(id);
  const DeliveryHead& head = **found;
  if (head.standing == standing) return {};
  const auto source = sources_.to_file(head.source);
  if (!source) return std::unexpected(source.error());
  const bool counts_change = head.standing == Standing::in_force || standing == Standing::in_force;
  const Toucher cause{head.id, standing == Standing::in_force ? Touch::accepted : Touch::retracted};
  const auto mark_evidence = [&]() -> base::Status {
    if (!counts_change || head.kind != LoadKind::evidence) return {};
    return mark_evidence_dirty(*source, head.revision, cause);
  };
  if (auto marked = mark_evidence(); !marked) return marked;
  const auto before = figures_in_force(*source, head.part);
  if (!before) return std::unexpected(before.error());
  const auto outcome = standing == Standing::held ? Outcome::held : head.outcome;
  auto done = db_->run("UPDATE delivery SET standing = ?, outcome = ?, reason = ? WHERE revision = ?", standing,
                       outcome, reason, head.revision);
  if (done) done = record_standing(head.revision, standing, reason);
  if (!done || !counts_change) return done;
  if (auto marked = mark_evidence(); !marked) return marked;
  if (head.kind == LoadKind::records) return move_records(head, *source, cause);
  return mark_figures_moved(*source, head.part, *before, cause);
}

base::Status SqliteStore::move_records(const DeliveryHead& head, std::int64_t source, const Toucher& cause) {
  const bool enters = cause.touch != Touch::retracted;
  const auto revision = next_revision();
  if (!revision) return std::unexpected(revision.error());
  const RecordBook::Stamp stamp{*revision, head.received, clock_.now(), cause};
  auto moved = enters ? records_.enter(head.revision, stamp) : records_.leave(head.revision, stamp);
  if (!moved) return moved;
  // What the changed counts are shown with.
  auto behind =
      enters ? base::Result<std::optional<model::Revision>>(head.revision) : records_.told_last(source, head.revision);
  if (!behind) return std::unexpected(behind.error());
  if (!*behind) return {};
  return db_->run("INSERT INTO counted_from (revision, delivery) VALUES (?, ?)", *revision, **behind);
}

base::Result<std::vector<QuarantineRow>> SqliteStore::quarantine(std::string_view delivery, std::uint64_t limit) {
  const auto whole = full_id(delivery);
  if (!whole) return std::unexpected(whole.error());
  if (!*whole) return no_such_delivery(delivery);
  Query query(*db_,
              "SELECT line, byte, column_name, rule, message, value FROM quarantine"
              " WHERE delivery = (SELECT revision FROM delivery WHERE id = ?1)"
              " ORDER BY line, byte, place LIMIT iif(?2 = 0, -1, ?2)",
              **whole, limit);
  std::vector<QuarantineRow> rows;
  while (query.next()) {
    rows.push_back({query.u64(0), query.u64(1), query.text(2), query.text(3), query.text(4),
                    query.optional(5, [&](int column) { return query.text(column); })});
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return rows;
}

base::Status SqliteStore::write_ledger(const LedgerEntry& entry) {
  const auto source = sources_.to_file(entry.source);
  if (!source) return std::unexpected(source.error());
  // Replaced, not updated: a file that is as it was before is again the last of its name.
  return db_->run(
      "INSERT OR REPLACE INTO ledger (source, name, size, modified_ns, changed_ns, device, inode, sha256, delivery)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      *source, entry.name, entry.size, entry.modified_ns, entry.changed_ns, entry.device, entry.inode, entry.sha256,
      entry.delivery);
}

base::Status SqliteStore::remember(const LedgerEntry& entry) {
  return write([&] { return write_ledger(entry); });
}

base::Result<std::vector<LedgerEntry>> SqliteStore::ledger(std::string_view source) {
  Query query(*db_,
              "SELECT source.name, ledger.name, size, modified_ns, changed_ns, device, inode, sha256, delivery"
              " FROM ledger JOIN source ON source.id = ledger.source WHERE source.name = ? ORDER BY seq",
              source);
  std::vector<LedgerEntry> entries;
  while (query.next()) {
    LedgerEntry& entry = entries.emplace_back();
    entry.source = query.text(0);
    entry.name = query.text(1);
    entry.size = query.u64(2);
    entry.modified_ns = query.i64(3);
    entry.changed_ns = query.i64(4);
    entry.device = query.u64(5);
    entry.inode = query.u64(6);
    entry.sha256 = query.text(7);
    entry.delivery = query.text(8);
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return entries;
}

}  // namespace ntmd::store
