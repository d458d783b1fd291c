// Reads the three kinds of files into a UnitRegister and checks what only the whole can show.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <compare>
#include <map>
#include <unordered_set>

#include "daemon/base/utf8.h"
#include "daemon/settings/reader.h"
#include "daemon/units/csv_table.h"
#include "daemon/units/register.h"

namespace ntmd::units {

using model::Day;
using model::UnitCode;

namespace {

constexpr std::array<std::string_view, 6> kUnitColumns = {"code", "name", "kind", "group", "valid_from", "valid_to"};
constexpr std::array<std::string_view, 4> kLineageColumns = {"from_code", "to_code", "on", "share"};
constexpr std::array<std::string_view, 5> kAliasColumns = {"scheme", "alias", "code", "valid_from", "valid_to"};

constexpr std::size_t kShownChars = 60;
/// Shares are written in decimals: their sum may miss 1 by rounding.
constexpr double kShareSlack = 1e-9;

/// One row being read: each reader adds a fault and clears `good` when its cell is wrong.
class RowReader {
 public:
  RowReader(const CsvRow& row, std::span<const std::string_view> columns, FileFaults& faults)
      : row_(row), columns_(columns), faults_(faults) {}

  [[nodiscard]] const std::string& text(std::size_t i) const { return row_.cells[i].text; }
  [[nodiscard]] std::string shown(std::size_t i) const { return base::printable(text(i), kShownChars); }
  [[nodiscard]] settings::Place place(std::size_t i) const { return faults_.place(row_.line, row_.cells[i].column); }
  [[nodiscard]] bool good() const { return good_; }

  std::string required_text(std::size_t i) {
    if (text(i).find_first_not_of(' ') == std::string::npos) fault(i, "is empty, expected a text");
    return text(i);
  }
  UnitCode code(std::size_t i) {
    const auto code = UnitCode::of(text(i));
    if (!code) {
      fault(i, text(i).empty() ? "is empty, expected a unit code"
                               : fmt::format("is \"{}\", expected a code of 1 to {} characters 0-9 A-Z a-z . _ -",
                                             shown(i), UnitCode::kMax));
    }
    return code.value_or(UnitCode{});
  }
  std::optional<Day> optional_day(std::size_t i) {
    if (text(i).empty()) return std::nullopt;
    const auto day = Day::parse(text(i));
    if (!day) fault(i, fmt::format("is \"{}\", expected a date yyyy-MM-dd", shown(i)));
    return day;
  }
  Day day(std::size_t i) {
    if (text(i).empty()) fault(i, "is empty, expected a date yyyy-MM-dd");
    return optional_day(i).value_or(Day{});
  }
  void in_order(std::size_t i, std::optional<Day> from, std::optional<Day> to) {
    if (good_ && from && to && *to < *from) {
      fault(i, fmt::format("is {}, expected {} or later", to->iso(), from->iso()));
    }
  }
  void fault(std::size_t i, std::string_view what) {
    faults_.add(row_.line, row_.cells[i].column, fmt::format("column \"{}\" {}", columns_[i], what));
    good_ = false;
  }

 private:
  const CsvRow& row_;
  std::span<const std::string_view> columns_;
  FileFaults& faults_;
  bool good_ = true;
};

std::optional<double> parse_share(std::string_view text) {
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share, std::chars_format::fixed);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && share > 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

/// Whether `later`, the next to begin, leaves `earlier` at least a day and shares at most its last.
bool follows(std::optional<Day> earlier_from, std::optional<Day> earlier_to, std::optional<Day> later_from) {
  return later_from && earlier_to && *earlier_to <= *later_from && earlier_from != later_from;
}

std::string span_text(std::optional<Day> from, std::optional<Day> to) {
  return fmt::format("{} to {}", from ? from->iso() : "ever", to ? to->iso() : "now");
}

}  // namespace

/// Builds one register, once.
class RegisterLoader {
 public:
  explicit RegisterLoader(settings::Problems& problems) : problems_(problems) {}

  void read_units(const UnitRegister::Csv& csv) {
    FileFaults faults(csv.file, problems_);
    read_csv(csv.text, kUnitColumns, faults, [&](const CsvRow& row) {
      RowReader cells(row, kUnitColumns, faults);
      Unit unit;
      unit.code = cells.code(0);
      unit.name = cells.required_text(1);
      if (!unit.name.empty() && fold_with_kind(unit.name).plain.empty())
        cells.fault(1, "has no letter, expected a name");
      if (const auto kind = parse_unit_kind(cells.text(2))) {
        unit.kind = *kind;
      } else {
        cells.fault(2, fmt::format("is \"{}\", expected xa, phuong or thi_tran{}", cells.shown(2),
                                   settings::suggestion(cells.text(2), {"xa", "phuong", "thi_tran"})));
      }
      unit.group = cells.text(3);
      if (!unit.group.empty()) cells.code(3);
      unit.valid_from = cells.day(4);
      unit.valid_to = cells.optional_day(5);
      cells.in_order(5, unit.valid_from, unit.valid_to);
      if (cells.good()) {
        units_.push_back({std::move(unit), cells.place(0)});
      } else if (const auto code = UnitCode::of(cells.text(0))) {
        faulty_.insert(*code);
      }
    });
  }

  /// Orders and indexes the units; before lineage and aliases, which refer to them.
  void settle_units() {
    std::ranges::stable_sort(units_, {},
                             [](const Placed<Unit>& u) { return std::pair(u.value.code, u.value.valid_from); });
    for (Placed<Unit>& placed : units_) {
      Unit& unit = placed.value;
      auto& rows = made_.by_code_[unit.code];
      if (!rows.empty()) {
        const Unit& before = made_.rows_[rows.back()];
        if (!follows(before.valid_from, before.valid_to, unit.valid_from)) {
          tell(placed.place,
               fmt::format("unit {}: {} overlaps {} of the same code, expected one row a day", unit.code.view(),
                           span_text(unit.valid_from, unit.valid_to), span_text(before.valid_from, before.valid_to)));
          continue;
        }
      }
      const auto row = static_cast<UnitRow>(made_.rows_.size());
      rows.push_back(row);
      FoldedName name = fold_with_kind(unit.name);
      made_.by_name_[name.plain].push_back(row);
      made_.accented_.push_back(std::move(name.accented));
      if (const auto group = UnitCode::of(unit.group)) made_.groups_.push_back(*group);
      made_.rows_.push_back(std::move(unit));
    }
    std::ranges::sort(made_.groups_);
    const auto repeats = std::ranges::unique(made_.groups_);
    made_.groups_.erase(repeats.begin(), repeats.end());
    units_.clear();
  }

  void read_lineage(const UnitRegister::Csv& csv) {
    FileFaults faults(csv.file, problems_);
    read_csv(csv.text, kLineageColumns, faults, [&](const CsvRow& row) {
      RowReader cells(row, kLineageColumns, faults);
      LineageEdge edge;
      edge.from = cells.code(0);
      edge.to = cells.code(1);
      edge.on = cells.day(2);
      if (!cells.text(3).empty()) {
        edge.share = parse_share(cells.text(3));
        if (!edge.share)
          cells.fault(3, fmt::format("is \"{}\", expected a number above 0 to 1, or empty", cells.shown(3)));
      }
      if (cells.good() && known(cells, 1, edge.to) && !faulty_.contains(edge.to) && !made_.find(edge.to, edge.on)) {
        cells.fault(1, fmt::format("is {}, which is not valid on {}", edge.to.view(), edge.on.iso()));
      }
      if (cells.good()) edges_.push_back({edge, cells.place(0)});
    });
  }

  void settle_lineage() {
    std::ranges::stable_sort(
        edges_, {}, [](const Placed<LineageEdge>& e) { return std::tuple(e.value.on, e.value.to, e.value.from); });
    std::map<std::pair<UnitCode, Day>, double> passed_on;
    for (const auto& [edge, place] : edges_) {
      const auto& all = made_.lineage_;
      if (!all.empty() && all.back().on == edge.on && all.back().to == edge.to && all.back().from == edge.from) {
        tell(place, fmt::format("lineage {} to {}: stands twice for {}, expected once", edge.from.view(),
                                edge.to.view(), edge.on.iso()));
        continue;
      }
      double& total = passed_on[{edge.from, edge.on}];
      total += edge.share.value_or(0);
      if (total > 1 + kShareSlack) {
        tell(place, fmt::format("lineage {}: its shares on {} add up to more than 1, expected at most 1",
                                edge.from.view(), edge.on.iso()));
        continue;
      }
      made_.lineage_.push_back(edge);
      if (edge.from != edge.to) made_.formed_of_[edge.from].push_back(edge.to);
    }
    edges_.clear();
  }

  void read_aliases(const UnitRegister::Csv& csv) {
    FileFaults faults(csv.file, problems_);
    read_csv(csv.text, kAliasColumns, faults, [&](const CsvRow& row) {
      RowReader cells(row, kAliasColumns, faults);
      NamedAlias named{cells.required_text(0), cells.required_text(1), {}};
      if (named.scheme == "gso" || named.scheme == "name") {
        cells.fault(0,
                    fmt::format("is \"{}\", which the register itself answers, expected another scheme", named.scheme));
      }
      named.alias.code = cells.code(2);
      named.alias.valid_from = cells.optional_day(3);
      named.alias.valid_to = cells.optional_day(4);
      cells.in_order(4, named.alias.valid_from, named.alias.valid_to);
      if (cells.good() && known(cells, 2, named.alias.code)) aliases_.push_back({std::move(named), cells.place(1)});
    });
  }

  void settle_aliases() {
    std::ranges::stable_sort(aliases_, {}, [](const Placed<NamedAlias>& a) { return a.value.alias.valid_from; });
    for (auto& [named, place] : aliases_) {
      auto& dated = made_.by_alias_[named.scheme][named.name];
      const UnitRegister::Alias& alias = named.alias;
      if (!dated.empty() && !follows(dated.back().valid_from, dated.back().valid_to, alias.valid_from)) {
        tell(place, fmt::format("alias \"{}\" of {}: {} overlaps {} for unit {}, expected one unit a day", named.name,
                                named.scheme, span_text(alias.valid_from, alias.valid_to),
                                span_text(dated.back().valid_from, dated.back().valid_to), dated.back().code.view()));
        continue;
      }
      dated.push_back(alias);
    }
    aliases_.clear();
  }

  UnitRegister take() { return std::move(made_); }

 private:
  template <class T>
  struct Placed {
    T value;
    settings::Place place;
  };
  struct NamedAlias {
    std::string scheme;
    std::string name;
    UnitRegister::Alias alias;
  };

  /// A code whose own row had a fault counts as known: one fault is told once.
  bool known(RowReader& cells, std::size_t i, const UnitCode& code) {
    if (made_.by_code_.contains(code) || faulty_.contains(code)) return true;
    cells.fault(i, fmt::format("is {}, expected a unit of the register", code.view()));
    return false;
  }

  /// For faults that only several rows together show; as many as of one file.
  void tell(const settings::Place& place, std::string_view what) {
    if (told_ < kMaxFaults) problems_.add(place, what);
    if (++told_ == kMaxFaults) problems_.add(place, fmt::format("units: {} faults, the rest is not told", kMaxFaults));
  }

  settings::Problems& problems_;
  std::size_t told_ = 0;
  UnitRegister made_;
  std::vector<Placed<Unit>> units_;
  std::vector<Placed<LineageEdge>> edges_;
  std::vector<Placed<NamedAlias>> aliases_;
  std::unordered_set<UnitCode> faulty_;
};

UnitRegister UnitRegister::load(std::span<const Csv> registers, std::span<const Csv> lineage,
                                std::span<const Csv> aliases, settings::Problems& problems) {
  RegisterLoader loader(problems);
  for (const Csv& csv : registers) loader.read_units(csv);
  loader.settle_units();
  for (const Csv& csv : lineage) loader.read_lineage(csv);
  loader.settle_lineage();
  for (const Csv& csv : aliases) loader.read_aliases(csv);
  loader.settle_aliases();
  return loader.take();
}

}  // namespace ntmd::units
