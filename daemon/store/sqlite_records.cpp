// Deliveries of records: written, put in force, taken out.

#include "daemon/store/sqlite_records.h"

#include <fmt/format.h>

#include <charconv>

#include "daemon/store/sqlite_impl.h"
#include "daemon/store/sqlite_records_impl.h"

namespace ntmd::store {
namespace {

/// Rows of one slice of the keys, and changes, that memory holds.
constexpr std::uint64_t kSliceRows = std::uint64_t{1} << 16U;
constexpr std::size_t kHeldChanges = std::size_t{1} << 23U;

const std::string kDeliveries =
    "SELECT record_delivery.delivery, record_delivery.source, told, part, turn, bits, size, units, days, counters,"
    " daily_from FROM record_delivery JOIN delivery ON delivery.revision = record_delivery.delivery";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; !text.empty() && at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::unexpected<base::Error> damaged(model::Revision delivery) {
  return base::fail(base::Fault::bad_data,
                    fmt::format("delivery {}: its stored records are damaged, expected them as they were written; "
                                "restore a backup",
                                delivery));
}

}  // namespace

base::Result<std::int64_t> RecordBook::day_slot(std::int64_t source, std::string_view name) {
  const auto known = db_.number("SELECT slot FROM record_day WHERE source = ? AND name = ?", source, name);
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  const auto next = db_.number("SELECT count(*) FROM record_day WHERE source = ?", source);
  if (!next) return std::unexpected(next.error());
  if (**next >= static_cast<std::int64_t>(RecordLayout::kMostDays)) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("load.upsert: over {} different days in the life of the source, expected fewer; give "
                                  "the source another id",
                                  RecordLayout::kMostDays));
  }
  if (auto done = db_.run("INSERT INTO record_day (source, slot, name) VALUES (?, ?, ?)", source, **next, name); !done)
    return std::unexpected(done.error());
  return **next;
}

base::Status RecordBook::write(const StagedDelivery& staged, model::Revision revision, std::int64_t source) {
  const auto& records = *staged.records;
  std::string units;
  for (const auto& unit : records.layout.units) units += fmt::format("{}{}", units.empty() ? "" : ",", unit.view());
  std::string days;
  std::vector<std::int64_t> slots;
  for (const auto& name : records.layout.days) {
    days += fmt::format("{}{}", days.empty() ? "" : ",", name);
    const auto slot = day_slot(source, name);
    if (!slot) return std::unexpected(slot.error());
    slots.push_back(*slot);
  }
  std::string counters;
  for (const auto& counter : records.layout.counters) {
    const auto element = elements_.to_file(counter.element);
    if (!element) return std::unexpected(element.error());
    counters += fmt::format("{}{}:{}", counters.empty() ? "" : ",", *element, counter.day);
    auto done = db_.run(
        "INSERT INTO record_counter (source, slot, element, day)"
        " SELECT ?1, (SELECT count(*) FROM record_counter WHERE source = ?1), ?2, ?3"
        " WHERE NOT EXISTS (SELECT 1 FROM record_counter WHERE source = ?1 AND element = ?2 AND day = ?3)",
        source, *element, slots.at(counter.day));
    if (!done) return done;
  }
  const auto known = db_.number("SELECT count(*) FROM record_counter WHERE source = ?", source);
  if (!known) return std::unexpected(known.error());
  if (**known > static_cast<std::int64_t>(RecordLayout::kMostCounters)) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("load.upsert: over {} different counters in the life of the source, expected fewer; "
                                  "give the source another id",
                                  RecordLayout::kMostCounters));
  }
  // A file put back may keep the time of its bytes: it is told no earlier than what it takes the place of.
  auto done = db_.run(
      "INSERT INTO record_delivery (delivery, source, told, daily_from, bits, size, units, days, counters)"
      " SELECT ?1, ?2, max(?3, coalesce((SELECT max(earlier.told) FROM record_delivery AS earlier"
      "   JOIN delivery AS head ON head.revision = earlier.delivery"
      "   WHERE head.source = ?2 AND head.part = own.part AND head.kind = 4 AND head.turn < own.turn), ?3)),"
      " ?4, ?5, ?6, ?7, ?8, ?9 FROM delivery AS own WHERE own.revision = ?1",
      revision, source, staged.head.received, records.daily_from, records.bits, records.rows, units, days, counters);
  if (!done) return done;
  while (true) {
    const auto block = records.blocks->next();
    if (!block) return base::fail_within(fmt::format("delivery {}", staged.head.id), block);
    if (*block == nullptr) return {};
    done = db_.run("INSERT INTO record_block (delivery, bucket, size, checksum, bytes) VALUES (?, ?, ?, ?, ?)",
                   revision, (*block)->bucket, (*block)->rows, run_checksum((*block)->bytes), Blob{(*block)->bytes});
    if (!done) return done;
  }
}

base::Result<RecordSlots> RecordBook::slots(std::int64_t source) {
  RecordSlots slots;
  Query days(db_, "SELECT name FROM record_day WHERE source = ? ORDER BY slot", source);
  while (days.next()) slots.days.push_back(days.text(0));
  if (auto done = days.status(); !done) return std::unexpected(done.error());
  Query counters(db_, "SELECT element, day FROM record_counter WHERE source = ? ORDER BY slot", source);
  while (counters.next()) {
    const auto element = elements_.to_memory(counters.i64(0));
    if (!element) return std::unexpected(element.error());
    slots.counters.push_back({*element, counters.u32(1)});
  }
  if (auto done = counters.status(); !done) return std::unexpected(done.error());
  return slots;
}

base::Status RecordBook::understand(Query& query, Delivery& into, Units& units) {
  into.revision = query.u64(0);
  into.source = query.i64(1);
  into.rank = {query.instant(2), query.text(3), query.u64(4), into.revision};
  into.bits = query.u32(5);
  into.rows = query.u64(6);
  for (const auto text : split(query.view(7))) {
    const auto code = model::UnitCode::of(text);
    if (!code) return damaged(into.revision);
    into.units.push_back(units.number(*code));
  }
  for (const auto name : split(query.view(8))) {
    const auto slot = db_.number("SELECT slot FROM record_day WHERE source = ? AND name = ?", into.source, name);
    if (!slot) return std::unexpected(slot.error());
    if (!*slot) return damaged(into.revision);
    into.days.push_back(static_cast<std::uint32_t>(**slot));
  }
  for (const auto text : split(query.view(9))) {
    std::int64_t element = 0;
    std::uint32_t day = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), element);
    if (read.ec != std::errc{} || *read.ptr != ':') return damaged(into.revision);
    if (std::from_chars(read.ptr + 1, text.data() + text.size(), day).ec != std::errc{} || day >= into.days.size())
      return damaged(into.revision);
    const auto slot = db_.number("SELECT slot FROM record_counter WHERE source = ? AND element = ? AND day = ?",
                                 into.source, element, into.days[day]);
    if (!slot) return std::unexpected(slot.error());
    if (!*slot) return damaged(into.revision);
    into.counters.push_back(static_cast<std::uint32_t>(**slot));
  }
  into.daily_from = query.day(10);
  into.same_counters = true;
  for (std::uint32_t i = 0; i < into.counters.size(); ++i) into.same_counters &= into.counters[i] == i;
  return {};
}

base::Result<std::optional<RecordBook::Delivery>> RecordBook::delivery(model::Revision revision, Units& units) {
  static const std::string kOne = kDeliveries + " WHERE record_delivery.delivery = ?";
  Query query(db_, kOne, revision);
  std::optional<Delivery> found;
  while (query.next()) {
    if (auto done = understand(query, found.emplace(), units); !done) return std::unexpected(done.error());
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return found;
}

base::Result<std::vector<RecordBook::Delivery>> RecordBook::in_force(std::int64_t source, model::Revision but,
                                                                     Units& units) {
  static const std::string kInForce =
      kDeliveries + " WHERE record_delivery.source = ? AND standing = 1 AND record_delivery.delivery <> ?";
  Query query(db_, kInForce, source, but);
  std::vector<Delivery> all;
  while (query.next()) {
    if (auto done = understand(query, all.emplace_back(), units); !done) return std::unexpected(done.error());
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  std::ranges::sort(all, {}, &Delivery::rank);
  return all;
}

base::Result<std::optional<model::Revision>> RecordBook::told_last(std::int64_t source, model::Revision but) {
  Units units;
  const auto all = in_force(source, but, units);
  if (!all) return std::unexpected(all.error());
  return all->empty() ? std::nullopt : std::optional(all->back().revision);
}

/// The blocks of the keys that begin with the `bits` bits of `slice`, rows outside it included.
base::Status RecordBook::read_blocks(const Delivery& of, unsigned bits, std::uint32_t slice,
                                     const std::function<base::Status(const RecordBlock&)>& take) {
  const auto first = of.bits >= bits ? std::uint64_t{slice} << (of.bits - bits) : slice >> (bits - of.bits);
  const auto last = of.bits >= bits ? ((std::uint64_t{slice} + 1) << (of.bits - bits)) - 1 : first;
  Query query(db_,
              "SELECT size, checksum, bytes FROM record_block WHERE delivery = ? AND bucket BETWEEN ? AND ?"
              " ORDER BY bucket",
              of.revision, first, last);
  RecordBlock block;
  while (query.next()) {
    const auto bytes = query.bytes(2);
    if (run_checksum(bytes) != query.u64(1)) return damaged(of.revision);
    if (auto read = unpack(bytes, of.days.size(), block); !read) return damaged(of.revision);
    if (block.size() != query.u64(0) || !of.explains(block)) return damaged(of.revision);
    if (auto taken = take(block); !taken) return taken;
  }
  return query.status();
}

/// Rows of the moved delivery that lie in one slice, each beside the best of the others.
struct RecordBook::Slice {
  struct Other {
    bool any = false;
    bool later = false;  ///< told after the moved delivery
    std::int64_t version = 0;
    TalliedRow row;
  };
  std::vector<std::uint64_t> keys;
  std::vector<std::int64_t> versions;
  std::vector<TalliedRow> rows;
  std::vector<Other> others;

  void take(const Delivery& moved, const RecordBlock& block) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      keys.push_back(block.keys[i]);
      versions.push_back(block.versions[i]);
      rows.push_back(moved.row(block, i));
    }
  }
  /// Others come in the order in which they were told.
  void meet(const Delivery& other, bool later, const RecordBlock& block) {
    others.resize(keys.size());
    const auto met = [&](std::size_t own, std::size_t row) {
      auto& best = others[own];
      if (best.any && best.version > block.versions[row]) return;
      best = {true, later, block.versions[row], other.row(block, row)};
    };
    if (keys.size() < block.size() / 16) {
      auto from = block.keys.begin();
      for (std::size_t own = 0; own < keys.size(); ++own) {
        from = std::lower_bound(from, block.keys.end(), keys[own]);
        if (from == block.keys.end()) return;
        if (*from == keys[own]) met(own, static_cast<std::size_t>(from - block.keys.begin()));
      }
      return;
    }
    auto own = static_cast<std::size_t>(std::ranges::lower_bound(keys, block.keys.front()) - keys.begin());
    for (std::size_t row = 0; row < block.size() && own < keys.size();) {
      if (keys[own] < block.keys[row]) {
        ++own;
      } else if (block.keys[row] < keys[own]) {
        ++row;
      } else {
        met(own++, row++);
      }
    }
  }
  void count(std::int32_t sign, RecordTally& tally) const {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i < others.size() && others[i].any) {
        const auto& other = others[i];
        if (other.version > versions[i] || (other.version == versions[i] && other.later)) continue;
        if (other.row == rows[i]) continue;
        tally.add(other.row, -sign);
      }
      tally.add(rows[i], sign);
    }
  }
};

base::Status RecordBook::tally(const Delivery& moved, const std::vector<Delivery>& others, std::int32_t sign,
                               RecordTally& tally, const std::function<base::Status()>& relieve) {
  unsigned bits = 0;
  while (bits < StagedRecords::kMostBits && moved.rows >> bits > kSliceRows) ++bits;
  for (std::uint32_t slice = 0; slice < std::uint32_t{1} << bits; ++slice) {
    Slice rows;
    auto read = read_blocks(moved, bits, slice, [&](const RecordBlock& block) -> base::Status {
      rows.take(moved, block);
      return {};
    });
    if (!read) return read;
    if (rows.keys.empty()) continue;
    for (const auto& other : others) {
      read = read_blocks(other, bits, slice, [&](const RecordBlock& block) -> base::Status {
        rows.meet(other, other.rank > moved.rank, block);
        return {};
      });
      if (!read) return read;
    }
    rows.count(sign, tally);
    if (tally.size() < kHeldChanges) continue;
    if (auto done = relieve(); !done) return done;
  }
  return relieve();
}

base::Status RecordBook::move(model::Revision revision, std::int32_t sign, const Stamp& stamp) {
  Units units;
  const auto moved = delivery(revision, units);
  if (!moved) return std::unexpected(moved.error());
  if (!*moved) return {};
  const auto source = (*moved)->source;
  const auto slots_of = slots(source);
  if (!slots_of) return std::unexpected(slots_of.error());
  const auto others = in_force(source, revision, units);
  if (!others) return std::unexpected(others.error());
  const auto before = span(source, *slots_of);
  if (!before) return std::unexpected(before.error());

  RecordTally changes(*slots_of);
  std::set<model::UnitCode> touched;
  auto done = tally(**moved, *others, sign, changes, [&]() -> base::Status {
    auto applied = apply(source, changes, units, *slots_of, stamp, touched);
    changes.clear();
    return applied;
  });
  if (!done) return done;
  if (sign > 0) {
    done = db_.run(
        "INSERT INTO record_source (source, daily_from) VALUES (?1, ?2)"
        " ON CONFLICT (source) DO UPDATE SET daily_from = max(daily_from, ?2)",
        source, (*moved)->daily_from);
    if (!done) return done;
  }
  const auto after = span(source, *slots_of);
  if (!after) return std::unexpected(after.error());
  if (after->last != before->last || after->daily_from != before->daily_from) {
    // How far everybody's figures reach has changed.
    Query query(db_, "SELECT DISTINCT unit FROM record_month WHERE source = ?", source);
    while (query.next()) touched.insert(query.unit(0));
    if (done = query.status(); !done) return done;
  }
  return mark_dirty(*slots_of, touched, stamp.cause);
}

}  // namespace ntmd::store
