// Whether what was committed is as it was: digests of deliveries and computed figures, standings, and what belongs
// together.

#include <fmt/format.h>

#include <array>

#include "daemon/base/digest.h"
#include "daemon/store/row_json.h"
#include "daemon/store/sqlite_impl.h"

namespace ntmd::store {
namespace {

/// All of a delivery that never changes: not its standing, the outcome and reason that go with it, nor whether its runs
/// are still kept (they have checksums).
constexpr std::array kOfDelivery = {
    std::string_view(
        "SELECT delivery.id, source.name, connector, kind, partition_name, part, dated, content_sha256, received,"
        " recorded, turn, whole, fetched, loaded, filtered, quarantined, quarantine_left_out, run"
        " FROM delivery JOIN source ON source.id = delivery.source WHERE revision = ?"),
    std::string_view(
        "SELECT element.name, unit, row_number, first_day, last_day, value, missing, source.name, received,"
        " recorded FROM figure JOIN element ON element.id = figure.element"
        " JOIN source ON source.id = figure.source WHERE delivery = ?"
        " ORDER BY figure.element, unit, row_number, first_day, last_day"),
    std::string_view("SELECT place, unit, indicator, kind, number, issued_on, issuer, valid_to, state, confirmed_value,"
                     " sha256, row_number FROM evidence WHERE delivery = ? ORDER BY place"),
    std::string_view("SELECT place, line, byte, column_name, rule, message, value FROM quarantine WHERE delivery = ?"
                     " ORDER BY place"),
};
constexpr std::array kOfComputed = {
    std::string_view(
        "SELECT element.name, unit, row_number, first_day, last_day, value, missing, source.name, received,"
        " recorded FROM figure JOIN element ON element.id = figure.element"
        " JOIN source ON source.id = figure.source WHERE revision = ? AND delivery IS NULL"
        " ORDER BY figure.element, unit, row_number, first_day, last_day"),
    std::string_view("SELECT delivery FROM counted_from WHERE revision = ? ORDER BY delivery"),
};

base::Result<std::string> digest_of(Connection& db, std::span<const std::string_view> queries,
                                    model::Revision revision) {
  base::Sha256Stream digest;
  for (const auto sql : queries) {
    Query query(db, sql, revision);
    while (query.next()) {
      digest.add(row_json(query));
      digest.add("\n");
    }
    if (auto done = query.status(); !done) return std::unexpected(done.error());
    digest.add("\n");
  }
  return base::to_hex(digest.finish());
}

/// What does not belong together: each row a fault, in words.
constexpr std::array kBroken = {
    std::string_view(
        "SELECT 'delivery ' || delivery.id || ': its standing is not the last one that was recorded for it'"
        " FROM delivery WHERE standing IS NOT (SELECT standing FROM standing_change"
        " WHERE standing_change.delivery = delivery.revision ORDER BY seq DESC LIMIT 1)"),
    std::string_view("SELECT 'delivery ' || delivery.id || ': ' || (SELECT count(*) FROM quarantine"
                     " WHERE quarantine.delivery = delivery.revision) || ' rows in quarantine, expected '"
                     " || (quarantined - quarantine_left_out) FROM delivery WHERE quarantined - quarantine_left_out <>"
                     " (SELECT count(*) FROM quarantine WHERE quarantine.delivery = delivery.revision)"),
    std::string_view(
        "SELECT 'ledger: ' || ledger.name || ' names delivery ' || ledger.delivery || ', which is not there'"
        " FROM ledger WHERE delivery <> '' AND NOT EXISTS"
        " (SELECT 1 FROM delivery WHERE delivery.id = ledger.delivery)"),
    std::string_view("SELECT 'delivery ' || delivery.id || ': ' || part || ' is not in the ledger' FROM delivery"
                     " JOIN witness USING (revision) WHERE ledgered = 1 AND NOT EXISTS (SELECT 1 FROM ledger"
                     " WHERE ledger.source = delivery.source AND ledger.name = delivery.part"
                     " AND ledger.sha256 = delivery.content_sha256)"),
    std::string_view("SELECT 'revision ' || revision || ': what was committed under it is not there' FROM witness"
                     " WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.revision = witness.revision)"
                     " AND NOT EXISTS (SELECT 1 FROM figure WHERE figure.revision = witness.revision"
                     " AND figure.delivery IS NULL)"),
};

}  // namespace

base::Status SqliteStore::witness_delivery(model::Revision revision, bool ledgered) {
  const auto digest = digest_of(*db_, kOfDelivery, revision);
  if (!digest) return std::unexpected(digest.error());
  return db_->run("INSERT INTO witness (revision, sha256, ledgered) VALUES (?, ?, ?)", revision, *digest, ledgered);
}

base::Status SqliteStore::witness_computed(model::Revision revision) {
  const auto digest = digest_of(*db_, kOfComputed, revision);
  if (!digest) return std::unexpected(digest.error());
  return db_->run("INSERT INTO witness (revision, sha256, ledgered) VALUES (?, ?, 0)", revision, *digest);
}

base::Status SqliteStore::record_standing(model::Revision revision, Standing standing, std::string_view reason) {
  return db_->run("INSERT INTO standing_change (delivery, standing, reason, at) VALUES (?, ?, ?, ?)", revision,
                  standing, reason, clock_.now());
}

base::Result<std::uint64_t> SqliteStore::unwitnessed() {
  const auto count = db_->number("SELECT count(*) FROM delivery WHERE revision NOT IN (SELECT revision FROM witness)");
  if (!count) return std::unexpected(count.error());
  return static_cast<std::uint64_t>(count->value_or(0));
}

base::Status SqliteStore::check_witnesses(std::vector<std::string>& faults) {
  for (const auto sql : kBroken) {
    Query query(*db_, sql);
    while (query.next()) faults.push_back(query.text(0) + "; restore a backup");
    if (auto done = query.status(); !done) return done;
  }
  struct Witnessed {
    model::Revision revision = 0;
    std::string name;
    bool delivered = false;
    std::string sha256;  // empty: not witnessed
  };
  std::vector<Witnessed> all;
  Query query(*db_,
              "SELECT revision, 'delivery ' || id, 1, coalesce(sha256, '') FROM delivery LEFT JOIN witness"
              " USING (revision) UNION ALL"
              " SELECT revision, 'computed figures of revision ' || revision, 0, coalesce(sha256, '')"
              " FROM (SELECT DISTINCT revision FROM figure WHERE delivery IS NULL) LEFT JOIN witness USING (revision)"
              " ORDER BY 1");
  while (query.next()) all.push_back({query.u64(0), query.text(1), query.i64(2) != 0, query.text(3)});
  if (auto done = query.status(); !done) return done;
  const auto before = db_->number("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'unwitnessed_up_to'");
  if (!before) return std::unexpected(before.error());
  for (const auto& each : all) {
    if (each.sha256.empty()) {
      if (each.revision > static_cast<model::Revision>(before->value_or(0)))
        faults.push_back(fmt::format("{}: was never committed by ntmd; restore a backup", each.name));
      continue;
    }
    const auto digest =
        digest_of(*db_, each.delivered ? std::span<const std::string_view>(kOfDelivery) : kOfComputed, each.revision);
    if (!digest) return std::unexpected(digest.error());
    if (*digest == each.sha256) continue;
    faults.push_back(
        fmt::format("{}: its rows are not as they were committed; they were edited; restore a backup", each.name));
  }
  return {};
}

}  // namespace ntmd::store
