// The keys of the person hashes, and what becomes of runs when one takes another's place.

#include <fmt/format.h>

#include "daemon/store/sqlite_impl.h"

namespace ntmd::store {
namespace {

/// Of delivery.revision: it has people, but none under key ?1.
constexpr std::string_view kLacks =
    "EXISTS (SELECT 1 FROM run WHERE run.delivery = delivery.revision AND key_id NOT IN (0, ?1))"
    " AND NOT EXISTS (SELECT 1 FROM run WHERE run.delivery = delivery.revision AND key_id = ?1)";

std::unexpected<base::Error> none_comes() {
  return base::fail(base::Fault::bad_data, "person key: none is on its way, expected a rotation under way");
}

}  // namespace

base::Result<std::vector<PersonKeyRow>> SqliteStore::person_keys() {
  Query query(*db_, "SELECT id, secret, check_value, state, since, reason FROM person_key ORDER BY id");
  std::vector<PersonKeyRow> keys;
  while (query.next()) {
    keys.push_back(
        {query.u32(0), query.text(1), query.text(2), query.as<KeyState>(3), query.instant(4), query.text(5)});
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return keys;
}

base::Result<std::optional<std::uint32_t>> SqliteStore::incoming_key() {
  const auto id = db_->number("SELECT id FROM person_key WHERE state = ?", KeyState::incoming);
  if (!id) return std::unexpected(id.error());
  return *id ? std::optional(static_cast<std::uint32_t>(**id)) : std::nullopt;
}

base::Status SqliteStore::add_person_key(const PersonKeyRow& key) {
  return write([&]() -> base::Status {
    if (key.state == KeyState::in_force) {
      auto moved = db_->run("UPDATE person_key SET state = ?1, since = ?2 WHERE state = ?3", KeyState::set_aside,
                            clock_.now(), KeyState::in_force);
      if (!moved) return moved;
    }
    return db_->run("INSERT INTO person_key (id, secret, check_value, state, since, reason) VALUES (?, ?, ?, ?, ?, ?)",
                    key.id, key.secret, key.check_value, key.state, clock_.now(), key.reason);
  });
}

base::Result<std::vector<model::Revision>> SqliteStore::without_incoming_key() {
  std::vector<model::Revision> revisions;
  const auto incoming = incoming_key();
  if (!incoming) return std::unexpected(incoming.error());
  if (!*incoming) return revisions;
  static const std::string kAll =
      fmt::format("SELECT revision FROM delivery WHERE kind = 3 AND {} ORDER BY revision", kLacks);
  Query query(*db_, kAll, **incoming);
  while (query.next()) revisions.push_back(query.u64(0));
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return revisions;
}

base::Status SqliteStore::switch_person_key() {
  auto done = write([&]() -> base::Status {
    const auto incoming = incoming_key();
    if (!incoming) return std::unexpected(incoming.error());
    if (!*incoming) return none_comes();
    static const std::string kForget =
        fmt::format("UPDATE delivery SET runs_dropped = 1 WHERE kind = 3 AND {}", kLacks);
    // What was counted under several keys is united now: it is counted anew.
    auto step = db_->run(
        "DELETE FROM basis_delivery WHERE delivery IN (SELECT delivery FROM run WHERE key_id NOT IN (0, ?1) AND key_id "
        "<>"
        " (SELECT id FROM person_key WHERE state = ?2))",
        **incoming, KeyState::in_force);
    if (step) step = db_->run(kForget, **incoming);
    if (step)
      step = db_->run("DELETE FROM run WHERE delivery IN (SELECT revision FROM delivery WHERE runs_dropped = 1)");
    if (step) step = db_->run("DELETE FROM run WHERE key_id NOT IN (0, ?)", **incoming);
    if (step) step = drop_unused_blobs();
    const auto move = [&](KeyState from, KeyState to) {
      return db_->run("UPDATE person_key SET state = ?, since = ? WHERE state = ?", to, clock_.now(), from);
    };
    if (step) step = move(KeyState::set_aside, KeyState::retired);
    if (step) step = move(KeyState::in_force, KeyState::retired);
    if (step) step = move(KeyState::incoming, KeyState::in_force);
    return step;
  });
  if (done) db_->empty_log();  // the old hashes leave the log, too
  return done;
}

base::Status SqliteStore::cancel_person_key(std::string_view reason) {
  auto done = write([&]() -> base::Status {
    const auto incoming = incoming_key();
    if (!incoming) return std::unexpected(incoming.error());
    if (!*incoming) return none_comes();
    auto step = db_->run("DELETE FROM run WHERE key_id = ?", **incoming);
    if (step) step = drop_unused_blobs();
    if (!step) return step;
    return db_->run("UPDATE person_key SET state = ?, since = ?, reason = ?, check_value = '' WHERE id = ?",
                    KeyState::cancelled, clock_.now(), reason, **incoming);
  });
  if (done) db_->empty_log();
  return done;
}

base::Status SqliteStore::drop_unused_blobs() {
  return db_->run("DELETE FROM run_blob WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.blob = run_blob.id)");
}

/// Adds what `staged` has under the key that comes to the runs of a delivery that was there before. Where it has other
/// people under a key that the delivery has, nothing is added.
base::Status SqliteStore::complete_runs(const StagedDelivery& staged, model::Revision revision, Committed& committed) {
  const auto incoming = incoming_key();
  if (!incoming) return std::unexpected(incoming.error());
  if (!*incoming || !staged.runs) return {};
  static const std::string kIsLacking = fmt::format("SELECT 1 FROM delivery WHERE revision = ?2 AND {}", kLacks);
  const auto lacks = db_->number(kIsLacking, **incoming, revision);
  if (!lacks) return std::unexpected(lacks.error());
  if (!*lacks) return {};
  if (auto marked = db_->script("SAVEPOINT incomplete"); !marked) return marked;
  std::uint64_t known = 0;  // runs under a key that both have
  std::uint64_t same = 0;   // of these, as they are stored
  std::uint64_t added = 0;
  std::optional<std::uint32_t> common;
  while (true) {
    const auto next = staged.runs->next();
    if (!next) return base::fail_within(fmt::format("delivery {}", staged.head.id), next);
    if (*next == nullptr) break;
    const auto& run = **next;
    if (run.key_id == **incoming) {
      if (auto written = write_run(run, revision); !written) return written;
      ++added;
    } else if (run.key_id != 0) {
      const auto kept = is_kept(run, revision);
      if (!kept) return std::unexpected(kept.error());
      common = run.key_id;
      ++known;
      same += *kept ? 1 : 0;
    }
  }
  const auto there =
      db_->number("SELECT count(*) FROM run WHERE delivery = ? AND key_id = ?", revision, common.value_or(0));
  if (!there) return std::unexpected(there.error());
  const auto stored = static_cast<std::uint64_t>(there->value_or(0));
  // Under an older key there is nothing to compare.
  const bool differs = stored > 0 && (known != stored || same != stored);
  committed.rehashed = added > 0 && !differs;
  committed.reads_otherwise = added > 0 && differs;
  if (differs) {
    if (auto undone = db_->script("ROLLBACK TO incomplete"); !undone) return undone;
  }
  return db_->script("RELEASE incomplete");
}

}  // namespace ntmd::store
