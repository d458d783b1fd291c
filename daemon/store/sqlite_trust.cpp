// Is what is kept sound, and is it equal to another store's?

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/store/row_json.h"
#include "daemon/store/sqlite_impl.h"

namespace ntmd::store {
namespace {

struct Section {
  std::string_view name;
  std::string_view sql;
};

/// Without times, row ids, revisions and run ids. The order of rows is made by sorting the lines.
constexpr std::array kSections = {
    Section{"cursor", "SELECT source.name, value FROM cursor JOIN source ON source.id = cursor.source"},
    Section{
        "delivery",
        "SELECT source.name, connector, kind, partition_name, part, dated, content_sha256, standing, outcome, reason, "
        "fetched,"
        " loaded, filtered, quarantined, quarantine_left_out FROM delivery JOIN source ON source.id = delivery.source"},
    Section{"quarantine",
            "SELECT source.name, partition_name, part, content_sha256, line, byte, column_name, rule, message, value "
            "FROM quarantine"
            " JOIN delivery ON revision = quarantine.delivery JOIN source ON source.id = delivery.source"},
    Section{
        "ledger",
        "SELECT source.name, ledger.name, size, sha256, delivery <> '' FROM ledger JOIN source ON source.id = source"},
    Section{"figure",
            "SELECT source.name, element.name, unit, first_day, last_day, value, missing, standing FROM figure"
            " JOIN delivery ON delivery.revision = figure.delivery JOIN element ON element.id = figure.element"
            " JOIN source ON source.id = figure.source"},
    Section{"counted",
            "SELECT element.name, unit, source.name, first_day, last_day, value, missing FROM figure"
            " JOIN element ON element.id = figure.element JOIN source ON source.id = figure.source"
            " WHERE delivery IS NULL AND revision = (SELECT max(later.revision) FROM figure AS later"
            " WHERE later.element = figure.element AND later.unit = figure.unit AND later.delivery IS NULL)"},
    Section{"evidence",
            "SELECT source.name, unit, indicator, evidence.kind, number, issued_on, issuer, valid_to, state, "
            "confirmed_value, sha256,"
            " row_number, content_sha256, standing FROM evidence JOIN delivery ON delivery.revision = evidence.delivery"
            " JOIN source ON source.id = delivery.source"},
    Section{
        "run",
        "SELECT source.name, partition_name, part, content_sha256, element.name, unit, key_id, size, checksum FROM run"
        " JOIN run_blob ON run_blob.id = run.blob JOIN delivery ON delivery.revision = run.delivery"
        " JOIN element ON element.id = run.element JOIN source ON source.id = delivery.source"},
    Section{"record",
            "SELECT source.name, part, content_sha256, bits, bucket, record_block.size, checksum FROM record_block"
            " JOIN record_delivery ON record_delivery.delivery = record_block.delivery"
            " JOIN delivery ON revision = record_block.delivery JOIN source ON source.id = delivery.source"},
    Section{"records",
            "SELECT source.name, unit, month, seen, hex(counts) FROM record_month"
            " JOIN source ON source.id = record_month.source"},
    Section{
        "basis",
        "SELECT element.name, source.name, partition_name, part, content_sha256 FROM basis"
        " JOIN element ON element.id = basis.element LEFT JOIN basis_delivery ON basis_delivery.element = basis.element"
        " LEFT JOIN delivery ON revision = basis_delivery.delivery LEFT JOIN source ON source.id = delivery.source"},
    Section{"status", "SELECT subject, criteria, indicator, state, measured, official, known, reasons FROM status"},
    Section{"decision", "SELECT subject, criteria, indicator, day FROM decision"},
};

base::Status dump_section(Connection& db, const Section& section, std::string& out) {
  std::vector<std::string> lines;
  Query query(db, section.sql);
  while (query.next()) {
    lines.push_back(fmt::format("{} {}\n", section.name, row_json(query)));
  }
  std::ranges::sort(lines);
  for (const auto& line : lines) out += line;
  return query.status();
}

base::Status collect(Connection& db, std::string_view sql, std::string_view subject, std::vector<std::string>& faults) {
  Query query(db, sql);
  while (query.next()) {
    if (query.view(0) != "ok")
      faults.push_back(fmt::format("{}: {}, expected none; restore a backup", subject, query.view(0)));
  }
  return query.status();
}

}  // namespace

base::Result<std::string> SqliteStore::canonical_dump() {
  std::string out;
  auto done = db_->read([&]() -> base::Status {
    for (const auto& section : kSections) {
      if (auto dumped = dump_section(*db_, section, out); !dumped) return dumped;
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

base::Result<std::vector<std::string>> SqliteStore::integrity() {
  std::vector<std::string> faults;
  auto done = db_->read([&]() -> base::Status {
    if (auto read = collect(*db_, "PRAGMA integrity_check(100)", "structure", faults); !read) return read;
    auto read = collect(*db_, "SELECT \"table\" || ' points into ' || parent FROM pragma_foreign_key_check LIMIT 100",
                        "dangling reference", faults);
    if (!read) return read;
    read = collect(
        *db_,
        "SELECT 'blob ' || id FROM run_blob WHERE NOT EXISTS (SELECT 1 FROM run WHERE blob = run_blob.id) LIMIT 100",
        "run that belongs to no delivery", faults);
    if (!read) return read;
    read = collect(*db_,
                   "SELECT DISTINCT 'delivery ' || delivery.id || ' has people under key ' || key_id FROM run"
                   " JOIN delivery ON delivery.revision = run.delivery JOIN person_key ON person_key.id = key_id"
                   " WHERE state IN (3, 4) LIMIT 100",  // of one that is set aside they stay
                   "run of a key that is used no more", faults);
    if (!read) return read;
    if (auto blobs = check_blobs(faults); !blobs) return blobs;
    if (auto witnessed = check_witnesses(faults); !witnessed) return witnessed;
    if (auto counts = records_.check(faults); !counts) return counts;
    return check_chain(faults);
  });
  if (done) return faults;
  // Damage that stops the reading is what was asked for, not a failure to answer.
  if (done.error().fault != base::Fault::bad_data) return std::unexpected(done.error());
  faults.push_back(done.error().what);
  return faults;
}

base::Status SqliteStore::check_blobs(std::vector<std::string>& faults) {
  Query query(*db_, "SELECT id, size, checksum, bytes FROM run_blob ORDER BY id");
  while (query.next()) {
    const auto bytes = query.bytes(3);
    if (bytes.size() == 8 * query.u64(1) && run_checksum(bytes) == query.u64(2)) continue;
    faults.push_back(fmt::format("run blob {}: its bytes are damaged, expected its checksum to hold; restore a backup",
                                 query.i64(0)));
  }
  return query.status();
}

base::Status SqliteStore::check_chain(std::vector<std::string>& faults) {
  ChainHead last;
  auto done = read_decisions(0, [&](const DecisionRow& row) -> base::Status {
    if (row.seq != last.seq + 1 || row.prev_hash != last.hash) {
      faults.push_back(fmt::format(
          "decision {}: does not follow decision {}, expected an unbroken chain; restore a backup", row.seq, last.seq));
    }
    last = {row.seq, row.hash};
    return {};
  });
  if (!done) return done;
  const auto head = chain_head();
  if (!head) return std::unexpected(head.error());
  if (head->seq != last.seq || head->hash != last.hash) {
    faults.push_back(fmt::format("decision chain: its head is at {}, expected the last decision, {}; restore a backup",
                                 head->seq, last.seq));
  }
  return {};
}

}  // namespace ntmd::store
