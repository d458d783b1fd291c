// Sorted runs of counted people: kept once, checked when read, dropped when superseded.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "daemon/base/siphash.h"
#include "daemon/store/sqlite_impl.h"

namespace ntmd::store {
namespace {

/// Dates of a source whose runs stay for a retract to fall back on.
constexpr int kKeptDates = 3;

/// 8 bytes each, little-endian, on any machine.
std::uint64_t little_endian(std::uint64_t key) {
  if constexpr (std::endian::native == std::endian::big) key = std::byteswap(key);
  return key;
}

std::vector<std::uint64_t> keys_of(std::string_view bytes) {
  std::vector<std::uint64_t> keys(bytes.size() / sizeof(std::uint64_t));
  if (!keys.empty()) std::memcpy(keys.data(), bytes.data(), keys.size() * sizeof(std::uint64_t));
  for (auto& key : keys) key = little_endian(key);
  return keys;
}

/// As they are stored; `swapped` holds them where the machine has them otherwise.
std::string_view bytes_of(const std::vector<std::uint64_t>& keys, std::vector<std::uint64_t>& swapped) {
  const auto* all = &keys;
  if constexpr (std::endian::native == std::endian::big) {
    swapped = keys;
    for (auto& key : swapped) key = std::byteswap(key);
    all = &swapped;
  }
  return {reinterpret_cast<const char*>(all->data()), all->size() * sizeof(std::uint64_t)};
}

}  // namespace

std::uint64_t run_checksum(std::string_view bytes) {
  constexpr base::SipKey kFixed = {'n', 't', 'm', 'd', ' ', 'r', 'u', 'n', ' ', 'c', 'h', 'e', 'c', 'k', ' ', '1'};
  return base::siphash(kFixed, bytes);
}

base::Status SqliteStore::write_runs(const StagedDelivery& staged, model::Revision revision) {
  if (!staged.runs) return {};
  const auto keys = person_keys();
  if (!keys) return std::unexpected(keys.error());
  const auto is_used = [&](std::uint32_t id) {
    const auto key = std::ranges::find(*keys, id, &PersonKeyRow::id);
    return key == keys->end() || key->state == KeyState::in_force || key->state == KeyState::incoming;
  };
  const bool settled = std::ranges::any_of(*keys, [](const auto& key) { return key.state == KeyState::in_force; });
  bool people = false;
  bool usable = !settled;
  while (true) {
    const auto run = staged.runs->next();
    if (!run) return base::fail_within(fmt::format("delivery {}", staged.head.id), run);
    if (*run == nullptr) break;
    people = people || (*run)->key_id != 0;
    if (!is_used((*run)->key_id)) continue;
    usable = usable || (*run)->key_id != 0;
    if (auto written = write_run(**run, revision); !written) return written;
  }
  if (!people || usable) return {};
  return base::fail(
      base::Fault::retry_later,
      fmt::format("delivery {}: the person key was replaced while it was read, expected the one in force; it is read "
                  "again",
                  staged.head.id));
}

base::Result<bool> SqliteStore::is_kept(const Run& run, model::Revision revision) {
  std::vector<std::uint64_t> swapped;
  const auto element = elements_.to_file(run.element);
  if (!element) return std::unexpected(element.error());
  const auto found = db_->number(
      "SELECT 1 FROM run JOIN run_blob ON run_blob.id = run.blob WHERE delivery = ? AND element = ? AND unit = ?"
      " AND key_id = ? AND size = ? AND checksum = ?",
      revision, *element, run.unit, run.key_id, run.keys.size(), run_checksum(bytes_of(run.keys, swapped)));
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

base::Status SqliteStore::write_run(const Run& run, model::Revision revision) {
  if (std::ranges::adjacent_find(run.keys, std::ranges::greater_equal{}) != run.keys.end()) {
    return base::fail(base::Fault::bug,
                      fmt::format("the run of unit {} is not ascending, expected distinct ascending keys; report it",
                                  run.unit.view()));
  }
  const auto element = elements_.to_file(run.element);
  if (!element) return std::unexpected(element.error());
  const auto blob = write_blob(run);
  if (!blob) return std::unexpected(blob.error());
  return db_->run("INSERT INTO run (delivery, element, unit, key_id, blob) VALUES (?, ?, ?, ?, ?)", revision, *element,
                  run.unit, run.key_id, *blob);
}

base::Result<std::int64_t> SqliteStore::write_blob(const Run& run) {
  std::vector<std::uint64_t> swapped;
  const auto view = bytes_of(run.keys, swapped);
  const auto checksum = run_checksum(view);
  const auto same = db_->number("SELECT id FROM run_blob WHERE checksum = ?1 AND size = ?2 AND bytes = ?3", checksum,
                                run.keys.size(), Blob{view});
  if (!same) return std::unexpected(same.error());
  if (*same) return **same;
  auto done =
      db_->run("INSERT INTO run_blob (checksum, size, bytes) VALUES (?, ?, ?)", checksum, run.keys.size(), Blob{view});
  if (!done) return std::unexpected(done.error());
  return db_->last_id();
}

base::Status SqliteStore::restore_dropped_runs(const StagedDelivery& staged, model::Revision revision) {
  const auto dropped = db_->number("SELECT runs_dropped FROM delivery WHERE revision = ?", revision);
  if (!dropped) return std::unexpected(dropped.error());
  if (dropped->value_or(0) == 0) return {};
  if (auto left = db_->run("DELETE FROM run WHERE delivery = ?", revision); !left) return left;
  if (auto done = write_runs(staged, revision); !done) return done;
  return db_->run("UPDATE delivery SET runs_dropped = 0 WHERE revision = ?", revision);
}

/// True when any was dropped. Before the first assessment all stay: which dates have come by then is not known.
base::Result<bool> SqliteStore::drop_superseded_runs(std::int64_t source) {
  const auto last_assessed = get_meta("last_assessed");
  if (!last_assessed) return std::unexpected(last_assessed.error());
  const auto day = *last_assessed ? model::Day::parse(**last_assessed) : std::nullopt;
  if (!day) return false;
  const auto oldest_kept = db_->number(
      "SELECT DISTINCT dated FROM delivery WHERE source = ?1 AND kind = 3 AND standing = 1 AND dated <= ?2"
      " ORDER BY dated DESC LIMIT 1 OFFSET ?3 - 1",
      source, *day, kKeptDates);
  if (!oldest_kept) return std::unexpected(oldest_kept.error());
  if (!*oldest_kept) return false;
  auto done = db_->run(
      "UPDATE delivery SET runs_dropped = 1 WHERE source = ?1 AND kind = 3 AND dated < ?2 AND runs_dropped = 0", source,
      **oldest_kept);
  if (!done) return std::unexpected(done.error());
  done = db_->run(
      "DELETE FROM run WHERE delivery IN"
      " (SELECT revision FROM delivery WHERE source = ?1 AND kind = 3 AND dated < ?2)",
      source, **oldest_kept);
  if (!done) return std::unexpected(done.error());
  if (db_->changes() == 0) return false;
  done = drop_unused_blobs();
  if (!done) return std::unexpected(done.error());
  return true;
}

base::Result<std::vector<RunInfo>> SqliteStore::runs_of(model::Revision delivery, model::ElementId element) {
  const auto dropped = db_->number("SELECT runs_dropped FROM delivery WHERE revision = ?", delivery);
  if (!dropped) return std::unexpected(dropped.error());
  if (dropped->value_or(0) != 0) {
    return base::fail(
        base::Fault::gone,
        fmt::format("delivery {}: its runs were dropped as superseded, expected them kept; deliver the file again",
                    delivery));
  }
  std::vector<RunInfo> runs;
  const auto id = elements_.find(element);
  if (!id) return std::unexpected(id.error());
  if (!*id) return runs;
  Query query(*db_,
              "SELECT unit, key_id, size FROM run JOIN run_blob ON run_blob.id = run.blob"
              " WHERE delivery = ? AND element = ? ORDER BY unit, key_id",
              delivery, **id);
  while (query.next()) runs.push_back({delivery, query.unit(0), query.u32(1), query.u64(2)});
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return runs;
}

base::Result<std::vector<std::uint64_t>> SqliteStore::run_keys(model::Revision delivery, model::ElementId element,
                                                               const model::UnitCode& unit, std::uint32_t key_id) {
  const auto subject = [&] { return fmt::format("delivery {}, unit {}", delivery, unit.view()); };
  const auto id = elements_.find(element);
  if (!id) return std::unexpected(id.error());
  if (*id) {
    Query query(*db_,
                "SELECT size, checksum, bytes FROM run JOIN run_blob ON run_blob.id = run.blob"
                " WHERE delivery = ? AND element = ? AND unit = ? AND key_id = ?",
                delivery, **id, unit, key_id);
    if (query.next()) {
      const auto bytes = query.bytes(2);
      if (bytes.size() == 8 * query.u64(0) && run_checksum(bytes) == query.u64(1)) return keys_of(bytes);
      return base::fail(
          base::Fault::bad_data,
          fmt::format("{}: the stored run is damaged, expected its checksum to hold; restore a backup", subject()));
    }
    if (auto done = query.status(); !done) return std::unexpected(done.error());
  }
  return base::fail(base::Fault::gone,
                    fmt::format("{}: no run is stored, expected one; deliver the file again", subject()));
}

}  // namespace ntmd::store
