// Whether the counts of records are those of the rows: everything counted anew.

#include <fmt/format.h>

#include "daemon/store/sqlite_impl.h"
#include "daemon/store/sqlite_records_impl.h"

namespace ntmd::store {
namespace {

constexpr std::uint64_t kSliceRows = std::uint64_t{1} << 18U;
constexpr std::size_t kNamed = 100;

}  // namespace

/// Those of deliveries in force are read to be counted; here the others.
base::Status RecordBook::check_blocks(std::vector<std::string>& faults) {
  Query query(
      db_,
      "SELECT record_block.delivery, checksum, bytes FROM record_block"
      " JOIN delivery ON delivery.revision = record_block.delivery WHERE standing <> 1 ORDER BY record_block.id");
  while (query.next()) {
    if (run_checksum(query.bytes(2)) == query.u64(1)) continue;
    faults.push_back(
        fmt::format("delivery {}: its stored records are damaged, expected them as they were written; "
                    "restore a backup",
                    query.i64(0)));
  }
  return query.status();
}

base::Status RecordBook::check(std::vector<std::string>& faults) {
  if (auto done = check_blocks(faults); !done) return done;
  std::vector<std::int64_t> all;
  {
    Query query(db_, "SELECT DISTINCT source FROM record_delivery UNION SELECT DISTINCT source FROM record_month");
    while (query.next()) all.push_back(query.i64(0));
    if (auto done = query.status(); !done) return done;
  }
  for (const auto source : all) {
    if (auto done = check_counts(source, faults); !done) {
      if (done.error().fault != base::Fault::bad_data) return done;
      faults.push_back(done.error().what);
    }
  }
  return {};
}

base::Status RecordBook::check_counts(std::int64_t source, std::vector<std::string>& faults) {
  Units units;
  const auto slots_of = slots(source);
  if (!slots_of) return std::unexpected(slots_of.error());
  const auto deliveries = in_force(source, 0, units);
  if (!deliveries) return std::unexpected(deliveries.error());
  std::uint64_t rows = 0;
  for (const auto& each : *deliveries) rows += each.rows;
  unsigned bits = 0;
  while (bits < StagedRecords::kMostBits && rows >> bits > kSliceRows) ++bits;

  RecordTally tally(*slots_of);
  struct Best {
    std::int64_t version = 0;
    TalliedRow row;
  };
  for (std::uint32_t slice = 0; slice < std::uint32_t{1} << bits; ++slice) {
    std::unordered_map<std::uint64_t, Best> best;
    for (const auto& each : *deliveries) {
      auto read = read_blocks(each, bits, slice, [&](const RecordBlock& block) -> base::Status {
        for (std::size_t i = 0; i < block.size(); ++i) {
          if (bits != 0 && block.keys[i] >> (64U - bits) != slice) continue;
          const auto [place, fresh] = best.try_emplace(block.keys[i]);
          if (fresh || block.versions[i] >= place->second.version)
            place->second = {block.versions[i], each.row(block, i)};
        }
        return {};
      });
      if (!read) return read;
    }
    for (const auto& [key, record] : best) tally.add(record.row, 1);
  }

  std::map<std::pair<model::UnitCode, Month>, std::string> counted;
  std::vector<std::int64_t> cells(slots_of->cells());
  auto visited =
      tally.visit([&](std::uint32_t unit, Month month, std::span<const std::int32_t> change) -> base::Status {
        std::ranges::copy(change, cells.begin());
        counted.emplace(std::pair(units.code(unit), month), encode_month(cells));
        return {};
      });
  if (!visited) return visited;
  std::size_t wrong = 0;
  const auto tell = [&](const model::UnitCode& unit, Month month) {
    if (++wrong > kNamed) return;
    faults.push_back(fmt::format("records of unit {} in {}: the counts are not those of the rows; restore a backup",
                                 unit.view(), first_day(month).iso().substr(0, 7)));
  };
  Query query(db_, "SELECT unit, month, counts FROM record_month WHERE source = ? ORDER BY unit, month", source);
  while (query.next()) {
    const auto place = std::pair(query.unit(0), static_cast<Month>(query.i64(1)));
    const auto found = counted.find(place);
    if (found == counted.end() || found->second != query.bytes(2)) tell(place.first, place.second);
    if (found != counted.end()) counted.erase(found);
  }
  if (auto done = query.status(); !done) return done;
  for (const auto& [place, cells_of] : counted) {
    if (!cells_of.empty()) tell(place.first, place.second);
  }
  return {};
}

}  // namespace ntmd::store
