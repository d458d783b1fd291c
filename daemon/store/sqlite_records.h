#pragma once
// Upserted records in the SQLite store: the rows of each delivery, and the counts of those in force.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/store/delivery.h"
#include "daemon/store/record_months.h"
#include "daemon/store/sqlite_connection.h"
#include "daemon/store/sqlite_names.h"
#include "daemon/store/store.h"

namespace ntmd::store {

/// Of the rows of one key that deliveries in force hold the one with the greatest version is in force; of equal ones
/// that of the delivery told last (received, then the name of the part, then its turn and revision). A delivery that
/// enters or leaves moves the counts by the difference. Cost: its own rows, and the rows of other deliveries whose keys
/// may be among them; memory: a slice of the keys. Used by the store alone.
class RecordBook {
 public:
  RecordBook(Connection& db, StoredNames& elements, StoredNames& sources)
      : db_(db), elements_(elements), sources_(sources) {}

  // Inside a write transaction.
  /// The rows of a delivery that has its head; they do not count yet.
  base::Status write(const StagedDelivery& staged, model::Revision revision, std::int64_t source);
  /// What the counts are told with.
  struct Stamp {
    model::Revision revision = 0;  ///< greater than every one before
    base::Instant received{};
    base::Instant recorded{};
    Toucher cause;  ///< of the dirty cells
  };
  /// Puts a delivery's rows in force or takes them out, whatever its standing says.
  base::Status enter(model::Revision delivery, const Stamp& stamp) { return move(delivery, 1, stamp); }
  base::Status leave(model::Revision delivery, const Stamp& stamp) { return move(delivery, -1, stamp); }
  /// The delivery told last of those in force, but for `but`; nullopt: there is none.
  base::Result<std::optional<model::Revision>> told_last(std::int64_t source, model::Revision but);

  using FigureSink = std::function<void(const model::Figure&)>;
  base::Status read(const FigureSink& sink, std::optional<base::Instant> known_at);
  base::Status read_cell(const model::UnitCode& unit, model::ElementId element, const FigureSink& sink);

  /// Damaged blocks, and counts that are not those of the rows: each a line. Reads everything.
  base::Status check(std::vector<std::string>& faults);

 private:
  struct Delivery;
  struct Slice;
  class Units;

  base::Result<std::vector<Delivery>> in_force(std::int64_t source, model::Revision but, Units& units);
  base::Result<std::optional<Delivery>> delivery(model::Revision revision, Units& units);
  base::Status understand(Query& query, Delivery& into, Units& units);
  base::Result<RecordSlots> slots(std::int64_t source);
  base::Result<std::int64_t> day_slot(std::int64_t source, std::string_view name);
  base::Result<RecordSpan> span(std::int64_t source, const RecordSlots& slots,
                                std::optional<base::Instant> known_at = std::nullopt);

  base::Status move(model::Revision delivery, std::int32_t sign, const Stamp& stamp);
  base::Status read_blocks(const Delivery& of, unsigned bits, std::uint32_t slice,
                           const std::function<base::Status(const RecordBlock&)>& take);
  base::Status tally(const Delivery& moved, const std::vector<Delivery>& others, std::int32_t sign, RecordTally& tally,
                     const std::function<base::Status()>& relieve);
  base::Status apply(std::int64_t source, const RecordTally& tally, const Units& units, const RecordSlots& slots,
                     const Stamp& stamp, std::set<model::UnitCode>& touched);
  base::Status change_month(std::int64_t source, const model::UnitCode& unit, Month month,
                            std::span<const std::int32_t> change, const RecordSlots& slots, const Stamp& stamp);
  base::Status mark_dirty(const RecordSlots& slots, const std::set<model::UnitCode>& units, const Toucher& cause);
  base::Status check_blocks(std::vector<std::string>& faults);
  base::Status check_counts(std::int64_t source, std::vector<std::string>& faults);

  Connection& db_;
  StoredNames& elements_;
  StoredNames& sources_;
};

}  // namespace ntmd::store
