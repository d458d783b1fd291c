// The store's small facts: meta, cursors, polls; and what all its parts share.

#include <fmt/format.h>

#include <stdexcept>

#include "daemon/store/sqlite_impl.h"
#include "daemon/store/sqlite_listings.h"

namespace ntmd::store {
namespace {

constexpr int kKeptPolls = 10'000;

}  // namespace

SqliteStore::SqliteStore(std::shared_ptr<OwnerLock> lock, std::unique_ptr<Connection> db, const base::Clock& clock,
                         model::NameTable& elements, model::NameTable& sources)
    : lock_(std::move(lock)),
      db_(std::move(db)),
      clock_(clock),
      elements_(*db_, StoredNames::Table::element, elements),
      sources_(*db_, StoredNames::Table::source, sources),
      records_(*db_, elements_, sources_) {
  db_->on_undone([this] {
    elements_.forget();
    sources_.forget();
  });
}

base::Status SqliteStore::load_names() {
  if (auto done = elements_.load(); !done) return done;
  return sources_.load();
}

base::Status SqliteStore::write(const std::function<base::Status()>& body) {
  if (lock_ == nullptr) {
    return base::fail(
        base::Fault::bug,
        fmt::format("{}: opened beside its owner, expected no write but requests; report it", db_->file().string()));
  }
  return db_->write(body);
}

base::Result<std::optional<std::string>> SqliteStore::get_meta(std::string_view name) {
  Query query(*db_, "SELECT value FROM meta WHERE name = ?", name);
  std::optional<std::string> value;
  while (query.next()) value = query.text(0);
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return value;
}

base::Status SqliteStore::write_meta(std::string_view name, std::string_view value) {
  return db_->run("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", name,
                  value);
}

base::Status SqliteStore::put_meta(std::string_view name, std::string_view value) {
  return write([&] { return write_meta(name, value); });
}

base::Result<std::optional<std::string>> SqliteStore::cursor(std::string_view source) {
  Query query(*db_, "SELECT value FROM cursor JOIN source ON source.id = cursor.source WHERE source.name = ?", source);
  std::optional<std::string> value;
  while (query.next()) value = query.text(0);
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return value;
}

base::Status SqliteStore::write_cursor(std::string_view source, std::string_view value) {
  const auto id = sources_.to_file(source);
  if (!id) return std::unexpected(id.error());
  return db_->run("INSERT INTO cursor (source, value) VALUES (?1, ?2) ON CONFLICT (source) DO UPDATE SET value = ?2",
                  *id, value);
}

base::Result<model::Revision> SqliteStore::next_revision() {
  const auto next = db_->number("UPDATE counter SET value = value + 1 WHERE name = 'revision' RETURNING value");
  if (!next) return std::unexpected(next.error());
  if (!*next) {
    return base::fail(base::Fault::bad_data,
                      fmt::format("{}: damaged (no revision counter), expected a whole database; "
                                  "restore a backup",
                                  db_->file().string()));
  }
  return static_cast<model::Revision>(**next);
}

base::Status SqliteStore::record_run(const RunRow& run) {
  return write([&]() -> base::Status {
    const auto source = sources_.to_file(run.source);
    if (!source) return std::unexpected(source.error());
    auto done = db_->run(
        "INSERT INTO poll (id, source, started, ended, outcome, fetched, loaded, filtered, quarantined, deliveries, "
        "message)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET source = excluded.source,"
        " started = excluded.started, ended = excluded.ended, outcome = excluded.outcome, fetched = excluded.fetched,"
        " loaded = excluded.loaded, filtered = excluded.filtered, quarantined = excluded.quarantined,"
        " deliveries = excluded.deliveries, message = excluded.message",
        run.id, *source, run.started, run.ended, run.outcome, run.counts.fetched, run.counts.loaded,
        run.counts.filtered, run.counts.quarantined, run.deliveries, run.message);
    if (done) done = tally("polls", run.source, to_string(run.outcome));
    if (done) done = tally("rows", run.source, "loaded", run.counts.loaded);
    if (done) done = tally("rows", run.source, "filtered", run.counts.filtered);
    if (done) done = tally("rows", run.source, "quarantined", run.counts.quarantined);
    if (!done) return done;
    return db_->run(
        "DELETE FROM poll WHERE source = ?1 AND seq <= (SELECT seq FROM poll WHERE source = ?1"
        " ORDER BY seq DESC LIMIT 1 OFFSET ?2) AND seq <> (SELECT coalesce(max(seq), 0) FROM poll"
        " WHERE source = ?1 AND outcome IN (1, 2, 3))",
        *source, kKeptPolls);
  });
}

base::Status SqliteStore::write_open_run(const StagedDelivery& staged, std::int64_t source) {
  const auto& counts = staged.head.counts;
  return db_->run(
      "INSERT INTO poll (id, source, started, ended, outcome, fetched, loaded, filtered, quarantined, deliveries,"
      " message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10) ON CONFLICT (id) DO UPDATE SET ended = ?4,"
      " fetched = fetched + ?6, loaded = loaded + ?7, filtered = filtered + ?8, quarantined = quarantined + ?9,"
      " deliveries = deliveries + 1",
      staged.head.run, source, *staged.run_began, clock_.now(), Outcome::interrupted, counts.fetched, counts.loaded,
      counts.filtered, counts.quarantined, "has not ended: it is under way, or its process was ended");
}

base::Status SqliteStore::tally(std::string_view what, std::string_view subject, std::string_view outcome,
                                std::uint64_t more) {
  return db_->run(
      "INSERT INTO tally (what, subject, outcome, value) VALUES (?1, ?2, ?3, ?4)"
      " ON CONFLICT (what, subject, outcome) DO UPDATE SET value = value + ?4",
      what, subject, outcome, more);
}

base::Result<std::vector<Tally>> SqliteStore::tallies() {
  Query query(*db_, "SELECT what, subject, outcome, value FROM tally ORDER BY what, subject, outcome");
  std::vector<Tally> all;
  while (query.next()) all.push_back({query.text(0), query.text(1), query.text(2), query.u64(3)});
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return all;
}

base::Result<std::vector<RunRow>> SqliteStore::run_rows(std::string_view source, std::uint64_t limit) {
  auto query = source.empty() ? Query(*db_, kAllPolls, limit) : Query(*db_, kPollsOfSource, source, limit);
  std::vector<RunRow> rows;
  while (query.next()) {
    RunRow& row = rows.emplace_back();
    row.id = query.text(0);
    row.source = query.text(1);
    row.started = query.instant(2);
    row.ended = query.instant(3);
    row.outcome = query.as<Outcome>(4);
    row.counts = {query.u64(5), query.u64(6), query.u64(7), query.u64(8)};
    row.deliveries = query.u32(9);
    row.message = query.text(10);
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return rows;
}

base::Result<std::optional<base::Instant>> SqliteStore::last_success(std::string_view source) {
  Query query(*db_, kLastSuccess, source);
  std::optional<base::Instant> ended;
  while (query.next()) ended = query.instant(0);
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return ended;
}

}  // namespace ntmd::store
