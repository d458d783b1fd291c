// The counts of records in force: changed, and told as figures.

#include <fmt/format.h>

#include "daemon/store/sqlite_in_force.h"
#include "daemon/store/sqlite_records_impl.h"

namespace ntmd::store {
namespace {

const std::string kMonthsKnown =
    "SELECT source, unit, month, revision, received, recorded, counts, seen FROM record_month WHERE recorded <= ?1"
    " UNION ALL SELECT source, unit, month, revision, received, recorded, counts, seen FROM record_month_past"
    " WHERE recorded <= ?1 AND replaced > ?1";

std::unexpected<base::Error> damaged(std::string_view unit, Month month) {
  return base::fail(base::Fault::bad_data,
                    fmt::format("records of unit {} in {}: the stored counts are damaged, expected them as they were "
                                "written; restore a backup",
                                unit, first_day(month).iso().substr(0, 7)));
}

/// Columns 2 to 6 of a month.
base::Status month_of_row(Query& query, const RecordSlots& slots, UnitMonth& into) {
  into.month = static_cast<Month>(query.i64(2));
  into.revision = query.u64(3);
  into.received = query.instant(4);
  into.recorded = query.instant(5);
  into.cells.resize(slots.cells());
  if (!decode_month(query.bytes(6), into.cells)) return damaged(query.view(1), into.month);
  return {};
}

std::uint32_t seen_days(std::span<const std::int64_t> cells, const RecordSlots& slots) {
  std::uint32_t seen = 0;
  for (std::size_t day = 0; day < slots.days.size(); ++day) {
    const auto counts = cells.subspan(day * kMonthDays, kMonthDays);
    if (std::ranges::any_of(counts, [](auto count) { return count != 0; })) seen |= 1U << day;
  }
  return seen;
}

}  // namespace

base::Result<RecordSpan> RecordBook::span(std::int64_t source, const RecordSlots& slots,
                                          std::optional<base::Instant> known_at) {
  RecordSpan span;
  const auto daily = db_.number("SELECT daily_from FROM record_source WHERE source = ?", source);
  if (!daily) return std::unexpected(daily.error());
  span.daily_from = model::Day(static_cast<std::int32_t>(daily->value_or(0)));
  static const std::string kLastKnown =
      "SELECT max(month) FROM (" + kMonthsKnown + ") WHERE source = ?2 AND month <= ?3 AND (seen >> ?4) & 1 = 1";
  for (std::size_t day = 0; day < slots.days.size(); ++day) {
    const auto limit = month_of(span.daily_from);
    const auto last = known_at ? db_.number(kLastKnown, *known_at, source, limit, day)
                               : db_.number(
                                     "SELECT month FROM record_month WHERE source = ? AND month <= ?"
                                     " AND (seen >> ?) & 1 = 1 ORDER BY month DESC LIMIT 1",
                                     source, limit, day);
    if (!last) return std::unexpected(last.error());
    span.last.push_back(*last ? std::optional(static_cast<Month>(**last)) : std::nullopt);
  }
  return span;
}

base::Status RecordBook::apply(std::int64_t source, const RecordTally& tally, const Units& units,
                               const RecordSlots& slots, const Stamp& stamp, std::set<model::UnitCode>& touched) {
  return tally.visit([&](std::uint32_t unit, Month month, std::span<const std::int32_t> change) -> base::Status {
    if (std::ranges::all_of(change, [](auto count) { return count == 0; })) return {};
    const auto& code = units.code(unit);
    touched.insert(code);
    return change_month(source, code, month, change, slots, stamp);
  });
}

base::Status RecordBook::change_month(std::int64_t source, const model::UnitCode& unit, Month month,
                                      std::span<const std::int32_t> change, const RecordSlots& slots,
                                      const Stamp& stamp) {
  UnitMonth now;
  now.cells.resize(slots.cells());
  bool there = false;
  {
    Query query(db_,
                "SELECT source, unit, month, revision, received, recorded, counts FROM record_month"
                " WHERE source = ? AND unit = ? AND month = ?",
                source, unit, month);
    while (query.next()) {
      there = true;
      if (auto read = month_of_row(query, slots, now); !read) return read;
    }
    if (auto done = query.status(); !done) return done;
  }
  for (std::size_t i = 0; i < change.size(); ++i) {
    now.cells[i] += change[i];
    if (now.cells[i] < 0) return damaged(unit.view(), month);
  }
  if (there && now.revision != stamp.revision) {
    auto kept = db_.run(
        "INSERT INTO record_month_past (source, unit, month, revision, received, recorded, seen, counts, replaced)"
        " SELECT source, unit, month, revision, received, recorded, seen, counts, ?4 FROM record_month"
        " WHERE source = ?1 AND unit = ?2 AND month = ?3",
        source, unit, month, stamp.recorded);
    if (!kept) return kept;
  }
  const auto counts = encode_month(now.cells);
  if (counts.empty())
    return db_.run("DELETE FROM record_month WHERE source = ? AND unit = ? AND month = ?", source, unit, month);
  return db_.run(
      "INSERT OR REPLACE INTO record_month (source, unit, month, revision, received, recorded, seen, counts)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      source, unit, month, stamp.revision, stamp.received, stamp.recorded, seen_days(now.cells, slots), Blob{counts});
}

base::Status RecordBook::mark_dirty(const RecordSlots& slots, const std::set<model::UnitCode>& units,
                                    const Toucher& cause) {
  std::set<std::int64_t> elements;
  for (const auto& counter : slots.counters) {
    const auto element = elements_.to_file(counter.element);
    if (!element) return std::unexpected(element.error());
    elements.insert(*element);
  }
  for (const auto element : elements) {
    for (const auto& unit : units) {
      auto done = db_.run("INSERT INTO dirty (unit, element, delivery, touch) VALUES (?, ?, ?, ?)", unit, element,
                          cause.delivery, cause.touch);
      if (!done) return done;
    }
  }
  return {};
}

base::Status RecordBook::read(const FigureSink& sink, std::optional<base::Instant> known_at) {
  static const std::string kAll =
      "SELECT source, unit, month, revision, received, recorded, counts FROM record_month ORDER BY source, unit, month";
  static const std::string kAllKnown = "SELECT * FROM (" + kMonthsKnown + ") ORDER BY source, unit, month";
  std::optional<Query> query;
  if (known_at) {
    query.emplace(db_, kAllKnown, *known_at);
  } else {
    query.emplace(db_, kAll);
  }
  std::optional<std::int64_t> source;
  model::SourceId source_id = 0;
  RecordSlots slots_of;
  RecordSpan span_of;
  model::UnitCode unit;
  std::vector<UnitMonth> months;
  const auto tell = [&] {
    if (!months.empty()) tell_figures(unit, source_id, months, slots_of, span_of, std::nullopt, sink);
    months.clear();
  };
  while (query->next()) {
    const auto code = query->unit(1);
    if (source != query->i64(0) || code != unit) tell();
    unit = code;
    if (source != query->i64(0)) {
      source = query->i64(0);
      const auto id = sources_.to_memory(*source);
      if (!id) return std::unexpected(id.error());
      source_id = *id;
      auto read_slots = slots(*source);
      if (!read_slots) return std::unexpected(read_slots.error());
      slots_of = std::move(*read_slots);
      auto read_span = span(*source, slots_of, known_at);
      if (!read_span) return std::unexpected(read_span.error());
      span_of = std::move(*read_span);
    }
    if (auto read = month_of_row(*query, slots_of, months.emplace_back()); !read) return read;
  }
  if (auto done = query->status(); !done) return done;
  tell();
  return {};
}

base::Status RecordBook::read_cell(const model::UnitCode& unit, model::ElementId element, const FigureSink& sink) {
  const auto file_element = elements_.find(element);
  if (!file_element) return std::unexpected(file_element.error());
  if (!*file_element) return {};
  std::vector<std::int64_t> tellers;
  {
    Query query(db_, "SELECT DISTINCT source FROM record_counter WHERE element = ? ORDER BY source", **file_element);
    while (query.next()) tellers.push_back(query.i64(0));
    if (auto done = query.status(); !done) return done;
  }
  for (const auto source : tellers) {
    const auto id = sources_.to_memory(source);
    if (!id) return std::unexpected(id.error());
    const auto slots_of = slots(source);
    if (!slots_of) return std::unexpected(slots_of.error());
    const auto span_of = span(source, *slots_of);
    if (!span_of) return std::unexpected(span_of.error());
    std::vector<UnitMonth> months;
    Query query(db_,
                "SELECT source, unit, month, revision, received, recorded, counts FROM record_month"
                " WHERE source = ? AND unit = ? ORDER BY month",
                source, unit);
    while (query.next()) {
      if (auto read = month_of_row(query, *slots_of, months.emplace_back()); !read) return read;
    }
    if (auto done = query.status(); !done) return done;
    tell_figures(unit, *id, months, *slots_of, *span_of, element, sink);
  }
  return {};
}

}  // namespace ntmd::store
