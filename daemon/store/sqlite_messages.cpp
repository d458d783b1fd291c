// Alerts, the outbox, and requests from the command line.

#include <fmt/format.h>

#include "daemon/store/sqlite_impl.h"

namespace ntmd::store {
namespace {

constexpr int kKeptAnswers = 1000;
const std::string kAlerts =
    "SELECT key, name, state, unit, indicator, source, delivery, since, notified, observations, last_observation, body"
    " FROM alert";

base::Status must_have_changed(const Connection& db, std::string_view what, std::uint64_t seq) {
  if (db.changes() == 1) return {};
  return base::fail(base::Fault::gone,
                    fmt::format("{} {}: not waiting, expected it to; it was dealt with before", what, seq));
}

Store::Request request_of(const Query& query) { return {query.u64(0), query.text(1), query.text(2), query.text(3)}; }

}  // namespace

base::Status SqliteStore::write_alerts(const AssessmentCommit& commit) {
  for (const auto& row : commit.alerts) {
    auto done = db_->run(
        "INSERT OR REPLACE INTO alert (key, name, state, unit, indicator, source, delivery, since, notified, "
        "observations,"
        " last_observation, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.key, row.name, row.state, row.unit, row.indicator, row.source, row.delivery, row.since, row.notified,
        row.observations, row.last_observation, row.body);
    if (!done) return done;
  }
  for (const auto& key : commit.alerts_over) {
    if (auto done = db_->run("DELETE FROM alert WHERE key = ?", key); !done) return done;
  }
  for (const auto& row : commit.outbox) {
    auto done =
        db_->run("INSERT INTO outbox (id, channel, body, attempts, next_try, last_error) VALUES (?, ?, ?, ?, ?, ?)",
                 row.id, row.channel, row.body, row.attempts, row.next_try, row.last_error);
    if (!done) return done;
  }
  return {};
}

base::Result<std::vector<AlertRow>> SqliteStore::alerts() {
  Query query(*db_, kAlerts + " ORDER BY key");
  return alert_rows(query);
}

base::Result<std::vector<AlertRow>> SqliteStore::active_alerts() {
  Query query(*db_, kAlerts + " WHERE state <> 'resolved' ORDER BY key");
  return alert_rows(query);
}

base::Result<std::vector<AlertRow>> SqliteStore::alert_rows(Query& query) {
  std::vector<AlertRow> rows;
  while (query.next()) {
    AlertRow& row = rows.emplace_back();
    row.key = query.text(0);
    row.name = query.text(1);
    row.state = query.text(2);
    row.unit = query.text(3);
    row.indicator = query.text(4);
    row.source = query.text(5);
    row.delivery = query.text(6);
    row.since = query.instant(7);
    row.notified = query.optional(8, [&](int column) { return query.instant(column); });
    row.observations = query.u32(9);
    row.last_observation = query.text(10);
    row.body = query.text(11);
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return rows;
}

base::Result<std::vector<OutboxRow>> SqliteStore::outbox() {
  Query query(*db_, "SELECT seq, id, channel, body, attempts, next_try, last_error FROM outbox ORDER BY seq");
  std::vector<OutboxRow> rows;
  while (query.next()) {
    rows.push_back({query.u64(0), query.text(1), query.text(2), query.text(3), query.u32(4),
                    query.optional(5, [&](int column) { return query.instant(column); }), query.text(6)});
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return rows;
}

base::Status SqliteStore::take_out(std::uint64_t seq, std::string_view outcome) {
  return write([&]() -> base::Status {
    Query query(*db_, "DELETE FROM outbox WHERE seq = ? RETURNING channel", seq);
    std::optional<std::string> channel;
    while (query.next()) channel = query.text(0);
    if (auto done = query.status(); !done) return done;
    if (auto there = must_have_changed(*db_, "message", seq); !there) return there;
    return tally("messages", channel.value_or(""), outcome);
  });
}

base::Status SqliteStore::outbox_delivered(std::uint64_t seq) { return take_out(seq, "sent"); }

base::Status SqliteStore::outbox_dropped(std::uint64_t seq) { return take_out(seq, "dropped"); }

base::Status SqliteStore::outbox_failed(std::uint64_t seq, std::uint32_t attempts, base::Instant next_try,
                                        std::string_view error) {
  return write([&]() -> base::Status {
    Query query(*db_, "UPDATE outbox SET attempts = ?, next_try = ?, last_error = ? WHERE seq = ? RETURNING channel",
                attempts, next_try, error, seq);
    std::optional<std::string> channel;
    while (query.next()) channel = query.text(0);
    if (auto done = query.status(); !done) return done;
    if (auto there = must_have_changed(*db_, "message", seq); !there) return there;
    return tally("messages", channel.value_or(""), "failed");
  });
}

base::Result<std::uint64_t> SqliteStore::post_request(std::string_view kind, std::string_view argument) {
  std::uint64_t seq = 0;
  auto done = db_->write([&]() -> base::Status {
    auto posted = db_->run("INSERT INTO request (kind, argument) VALUES (?, ?)", kind, argument);
    if (posted) seq = static_cast<std::uint64_t>(db_->last_id());
    return posted;
  });
  if (!done) return std::unexpected(done.error());
  return seq;
}

base::Result<std::vector<Store::Request>> SqliteStore::waiting_requests() {
  Query query(*db_, "SELECT seq, kind, argument, answer FROM request WHERE answer = '' ORDER BY seq");
  std::vector<Request> requests;
  while (query.next()) requests.push_back(request_of(query));
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return requests;
}

base::Status SqliteStore::answer_request(std::uint64_t seq, std::string_view answer) {
  if (answer.empty()) {
    return base::fail(base::Fault::bug, fmt::format("request {}: an empty answer, expected a text; report it", seq));
  }
  return db_->write([&]() -> base::Status {
    if (auto done = db_->run("UPDATE request SET answer = ?2 WHERE seq = ?1 AND answer = ''", seq, answer); !done)
      return done;
    if (auto done = must_have_changed(*db_, "request", seq); !done) return done;
    return db_->run(
        "DELETE FROM request WHERE answer <> '' AND seq <= (SELECT seq FROM request WHERE answer <> ''"
        " ORDER BY seq DESC LIMIT 1 OFFSET ?)",
        kKeptAnswers);
  });
}

base::Result<std::optional<Store::Request>> SqliteStore::request(std::uint64_t seq) {
  Query query(*db_, "SELECT seq, kind, argument, answer FROM request WHERE seq = ?", seq);
  std::optional<Request> found;
  while (query.next()) found = request_of(query);
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return found;
}

}  // namespace ntmd::store
