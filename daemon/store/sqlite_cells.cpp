// Versions of cells, what is counted over several sources, and evidence.

#include <fmt/format.h>

#include "daemon/store/sqlite_impl.h"
#include "daemon/store/sqlite_in_force.h"

namespace ntmd::store {
namespace {

const std::string kVersions =
    "SELECT figure.unit, figure.element, figure.source, first_day, last_day, value, missing, figure.delivery IS NULL,"
    " figure.received, figure.revision, row_number, figure.recorded FROM figure";
const std::string kOrder = " ORDER BY figure.element, figure.unit, figure.revision, row_number, first_day, last_day";
const std::string kAllVersions = kVersions + " WHERE (figure.delivery IS NULL AND figure.recorded <= ?1) OR" +
                                 " figure.delivery IN (" + kFiguresInForce + ")" + kOrder;
const std::string kCellVersions = kVersions +
                                  " WHERE figure.element = ?2 AND figure.unit = ?3 AND (figure.delivery IS NULL"
                                  " OR EXISTS (" +
                                  kFiguresInForce + " AND told.revision = figure.delivery))" + kOrder;

}  // namespace

base::Status SqliteStore::read_versions(Query& query, const FigureSink& sink) {
  while (query.next()) {
    const auto element = elements_.to_memory(query.i64(1));
    if (!element) return std::unexpected(element.error());
    const auto source = sources_.to_memory(query.i64(2));
    if (!source) return std::unexpected(source.error());
    model::Figure figure;
    figure.unit = query.unit(0);
    figure.element = *element;
    figure.source = *source;
    figure.period = {query.day(3), query.day(4)};
    figure.value = query.i64(5);
    figure.missing = query.as<model::Missing>(6);
    figure.derived = query.i64(7) != 0;
    figure.received = query.instant(8);
    figure.revision = query.u64(9);
    figure.row = query.u32(10);
    figure.recorded = query.instant(11);
    if (query.status()) sink(figure);
  }
  return query.status();
}

base::Status SqliteStore::read_figures(const FigureSink& sink, std::optional<base::Instant> known_at) {
  Query query(*db_, kAllVersions, known_by(known_at));
  if (auto read = read_versions(query, sink); !read) return read;
  return records_.read(sink, known_at);
}

base::Result<std::vector<model::Figure>> SqliteStore::read_cell(const model::UnitCode& unit, model::ElementId element) {
  std::vector<model::Figure> versions;
  const auto id = elements_.find(element);
  if (!id) return std::unexpected(id.error());
  if (!*id) return versions;
  Query query(*db_, kCellVersions, known_by(std::nullopt), **id, unit);
  const auto take = [&](const model::Figure& figure) { versions.push_back(figure); };
  auto done = read_versions(query, take);
  if (done) done = records_.read_cell(unit, element, take);
  if (!done) return std::unexpected(done.error());
  return versions;
}

base::Result<std::vector<model::Evidence>> SqliteStore::read_evidence(std::optional<base::Instant> known_at) {
  static const std::string kEvidence =
      "SELECT unit, indicator, evidence.kind, number, issued_on, issuer, valid_to, state, confirmed_value, sha256,"
      " delivery.source, delivery.revision, row_number, recorded"
      " FROM evidence JOIN delivery ON delivery.revision = evidence.delivery"
      " WHERE evidence.delivery IN (SELECT newest.revision FROM (" +
      kNewestEvidence + ") AS newest) ORDER BY evidence.delivery, place";
  Query query(*db_, kEvidence, known_by(known_at));
  std::vector<model::Evidence> all;
  while (query.next()) {
    const auto source = sources_.to_memory(query.i64(10));
    if (!source) return std::unexpected(source.error());
    model::Evidence& entry = all.emplace_back();
    entry.unit = query.unit(0);
    entry.indicator = query.text(1);
    entry.kind = query.as<model::EvidenceKind>(2);
    entry.number = query.text(3);
    entry.issued_on = query.day(4);
    entry.issuer = query.text(5);
    entry.valid_to = query.optional(6, [&](int column) { return query.day(column); });
    entry.state = query.as<model::EvidenceState>(7);
    entry.confirmed_value = query.optional(8, [&](int column) { return query.i64(column); });
    entry.sha256 = query.text(9);
    entry.source = *source;
    entry.revision = query.u64(11);
    entry.row = query.u32(12);
    entry.recorded = query.instant(13);
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return all;
}

base::Result<std::vector<Basis>> SqliteStore::bases() {
  Query query(
      *db_,
      "SELECT basis.element, delivery FROM basis LEFT JOIN basis_delivery ON basis_delivery.element = basis.element"
      " ORDER BY basis.element, delivery");
  std::vector<Basis> all;
  while (query.next()) {
    const auto element = elements_.to_memory(query.i64(0));
    if (!element) return std::unexpected(element.error());
    if (all.empty() || all.back().element != *element) all.push_back({*element, {}});
    if (!query.is_null(1)) all.back().deliveries.push_back(query.u64(1));
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return all;
}

base::Result<std::vector<CountedFrom>> SqliteStore::counted_from() {
  Query query(*db_,
              "SELECT counted_from.revision, delivery.id FROM counted_from"
              " JOIN delivery ON delivery.revision = counted_from.delivery"
              " ORDER BY counted_from.revision, delivery.dated, delivery.revision");
  std::vector<CountedFrom> all;
  while (query.next()) {
    const auto revision = query.u64(0);
    if (all.empty() || all.back().revision != revision) all.push_back({revision, {}});
    all.back().deliveries.push_back(query.text(1));
  }
  if (auto done = query.status(); !done) return std::unexpected(done.error());
  return all;
}

base::Status SqliteStore::append_derived(const Basis& basis, std::span<const DerivedFigure> figures) {
  return write([&]() -> base::Status {
    const auto element = elements_.to_file(basis.element);
    if (!element) return std::unexpected(element.error());
    const auto revision = next_revision();
    if (!revision) return std::unexpected(revision.error());
    const auto recorded = clock_.now();
    for (const auto& [figure, because] : figures) {
      if (figure.element != basis.element) {
        return base::fail(base::Fault::bug,
                          fmt::format("element {}: a computed figure of another one, expected its own; report it",
                                      elements_.names().name(basis.element)));
      }
      const auto source = sources_.to_file(figure.source);
      if (!source) return std::unexpected(source.error());
      auto done = db_->run(
          "INSERT INTO figure (element, unit, revision, row_number, first_day, last_day, value, missing, delivery, "
          "source,"
          " received, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?)",
          *element, figure.unit, *revision, figure.row, figure.period.first, figure.period.last, figure.value,
          figure.missing, *source, figure.received, recorded);
      if (!done) return done;
      for (const auto& [delivery, touch] : because) {
        done = db_->run("INSERT INTO dirty (unit, element, delivery, touch) VALUES (?, ?, ?, ?)", figure.unit, *element,
                        delivery, touch);
        if (!done) return done;
      }
    }
    if (auto done = db_->run("DELETE FROM basis WHERE element = ?", *element); !done) return done;
    if (auto done = db_->run("INSERT INTO basis (element) VALUES (?)", *element); !done) return done;
    for (const auto from : basis.deliveries) {
      auto done = db_->run("INSERT INTO basis_delivery (element, delivery) VALUES (?, ?)", *element, from);
      if (!done) return done;
      if (figures.empty()) continue;
      done = db_->run("INSERT INTO counted_from (revision, delivery) VALUES (?, ?)", *revision, from);
      if (!done) return done;
    }
    return figures.empty() ? base::Status{} : witness_computed(*revision);
  });
}

}  // namespace ntmd::store
