// What an assessment reads and writes: dirty cells, statuses, the chain of decisions.

#include <fmt/format.h>

#include "daemon/store/sqlite_impl.h"

namespace ntmd::store {
namespace {

const std::string kDecisions = "SELECT seq, day, subject, criteria, indicator, body, prev_hash, hash FROM decision";
const std::string kDecisionsFrom = kDecisions + " WHERE seq >= ? ORDER BY seq";
const std::string kDecisionBySeq = kDecisions + " WHERE seq = ?";

DecisionRow decision_of(const Query& query) {
  return {query.u64(0),  query.text(1), query.text(2), query.text(3),
          query.text(4), query.text(5), query.text(6), query.text(7)};
}

}  // namespace

base::Result<Dirty> SqliteStore::dirty(std::uint64_t after) {
  Query query(*db_, "SELECT seq, unit, element, delivery, touch FROM dirty WHERE seq > ? ORDER BY seq", after);
  Dirty all;
  all.up_to = after;
  while (query.next()) {
    DirtyCell& cell = all.cells.emplace_back();
    all.up_to = query.u64(0);
    cell.unit = query.unit(1);
    if (!query.is_null(2)) {
      const auto element = elements_.to_memory(query.i64(2));
      if (!element) return std::unexpected(element.error());
      cell.element = *element;
    }
    cell.delivery = query.text(3);
    cell.touch = query.as<Touch>(4);
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return all;
}

base::Result<std::vector<StatusRow>> SqliteStore::statuses() {
  Query query(*db_,
              "SELECT subject, criteria, indicator, state, measured, official, known, reasons, decision FROM status"
              " ORDER BY subject, criteria, indicator");
  std::vector<StatusRow> rows;
  while (query.next()) {
    rows.push_back({query.text(0), query.text(1), query.text(2), query.as<std::uint8_t>(3), query.as<std::uint8_t>(4),
                    query.as<std::uint8_t>(5), query.as<std::uint8_t>(6), query.text(7), query.u64(8)});
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return rows;
}

base::Result<std::vector<VerdictRow>> SqliteStore::verdicts() {
  Query query(*db_, "SELECT subject, criteria, body FROM verdict ORDER BY subject, criteria");
  std::vector<VerdictRow> rows;
  while (query.next()) rows.push_back({query.text(0), query.text(1), query.text(2)});
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return rows;
}

base::Result<std::optional<VerdictRow>> SqliteStore::verdict(std::string_view subject, std::string_view criteria) {
  Query query(*db_, "SELECT subject, criteria, body FROM verdict WHERE subject = ? AND criteria = ?", subject,
              criteria);
  std::optional<VerdictRow> row;
  while (query.next()) row = {query.text(0), query.text(1), query.text(2)};
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return row;
}

base::Result<ChainHead> SqliteStore::chain_head() {
  Query query(*db_, "SELECT seq, hash FROM chain_head");
  ChainHead head;
  bool found = false;
  while (query.next()) {
    head = {query.u64(0), query.text(1)};
    found = true;
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  if (found) return head;
  return base::fail(base::Fault::bad_data,
                    fmt::format("{}: damaged (no head of the decision chain), expected a whole database; "
                                "restore a backup",
                                db_->file().string()));
}

base::Status SqliteStore::write_subject(const SubjectRecord& record, ChainHead& head) {
  for (const auto& row : record.decisions) {
    if (row.seq != head.seq + 1 || row.prev_hash != head.hash) {
      return base::fail(base::Fault::bug,
                        fmt::format("decision {}: does not follow decision {}, expected the next number and its "
                                    "hash; report it",
                                    row.seq, head.seq));
    }
    auto done = db_->run(
        "INSERT INTO decision (seq, day, subject, criteria, indicator, body, prev_hash, hash) VALUES (?, ?, ?, ?, ?, "
        "?, ?, ?)",
        row.seq, row.day, row.subject, row.criteria, row.indicator, row.body, row.prev_hash, row.hash);
    if (!done) return done;
    head = {row.seq, row.hash};
  }
  for (const auto& row : record.statuses) {
    auto done = db_->run(
        "INSERT OR REPLACE INTO status (subject, criteria, indicator, state, measured, official, known, reasons, "
        "decision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.subject, row.criteria, row.indicator, row.state, row.measured, row.official, row.known, row.reasons,
        row.decision);
    if (!done) return done;
  }
  if (!record.verdict) return {};
  if (record.verdict->empty())
    return db_->run("DELETE FROM verdict WHERE subject = ? AND criteria = ?", record.subject, record.criteria);
  return db_->run("INSERT OR REPLACE INTO verdict (subject, criteria, body) VALUES (?, ?, ?)", record.subject,
                  record.criteria, *record.verdict);
}

base::Status SqliteStore::write_subjects(const AssessmentCommit& commit) {
  ChainHead head = commit.expected_head;
  while (commit.subjects != nullptr) {
    const auto record = commit.subjects->next();
    if (!record) return std::unexpected(record.error());
    if (*record == nullptr) break;
    if (auto done = write_subject(**record, head); !done) return done;
  }
  auto moved = db_->run("UPDATE chain_head SET seq = ?, hash = ? WHERE seq = ? AND hash = ?", head.seq, head.hash,
                        commit.expected_head.seq, commit.expected_head.hash);
  if (!moved) return moved;
  if (db_->changes() == 1) return {};
  return base::fail(
      base::Fault::retry_later,
      fmt::format("decision chain: its head has moved, expected it at {}; assess again", commit.expected_head.seq));
}

base::Status SqliteStore::commit_assessment(const AssessmentCommit& commit) {
  return write([&]() -> base::Status {
    if (auto done = write_subjects(commit); !done) return done;
    for (const auto& [sha256, text] : commit.criteria_texts) {
      auto done = db_->run("INSERT OR IGNORE INTO criteria_text (sha256, text) VALUES (?, ?)", sha256, text);
      if (!done) return done;
    }
    if (auto done = write_alerts(commit); !done) return done;
    if (auto done = db_->run("DELETE FROM dirty WHERE seq <= ?", commit.dirty_up_to); !done) return done;
    if (auto done = write_meta("last_assessed", commit.as_of); !done) return done;
    if (!commit.restart.empty()) {
      if (auto done = write_meta(fmt::format("restart.{}", commit.generation), commit.restart); !done) return done;
    }
    if (auto done = write_meta("last_frame", commit.frame); !done) return done;
    auto done = db_->run(
        "INSERT OR REPLACE INTO meta (name, value)"
        " SELECT 'assessed_revision', CAST(value AS TEXT) FROM counter WHERE name = 'revision'");
    if (!done) return done;
    return write_meta("generation", fmt::to_string(commit.generation));
  });
}

base::Status SqliteStore::read_decisions(std::uint64_t from_seq, const DecisionSink& sink) {
  Query query(*db_, kDecisionsFrom, from_seq);
  while (query.next()) {
    if (auto taken = sink(decision_of(query)); !taken) return taken;
  }
  return query.status();
}

base::Result<std::optional<DecisionRow>> SqliteStore::decision(std::uint64_t seq) {
  Query query(*db_, kDecisionBySeq, seq);
  std::optional<DecisionRow> row;
  while (query.next()) row = decision_of(query);
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return row;
}

base::Result<std::optional<std::string>> SqliteStore::criteria_text(std::string_view sha256) {
  Query query(*db_, "SELECT text FROM criteria_text WHERE sha256 = ?", sha256);
  std::optional<std::string> text;
  while (query.next()) text = query.text(0);
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return text;
}

}  // namespace ntmd::store
