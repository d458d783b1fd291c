#include "connectors/map/mapper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "connectors/map/cell_text.h"
#include "connectors/map/short_text.h"
#include "daemon/base/siphash.h"
#include "daemon/base/utf8.h"

namespace ntmd::connectors {
namespace {

constexpr std::size_t kMaxText = 10'000;
/// Not a secret: it only spreads the names of things (areas, schools) over 64 bits, the same in every source.
constexpr base::SipKey kThingsKey = {'n', 't', 'm', 'd', ' ', 't', 'h', 'i', 'n', 'g', 's', ' ', 'k', 'e', 'y', '1'};

}  // namespace

std::optional<model::Day> Variables::day(const DayRef& ref) const {
  switch (ref.from) {
    case DayRef::From::delivery:
      return date();
    case DayRef::From::today:
      return today;
    case DayRef::From::window_first:
      return window ? std::optional(window->first) : std::nullopt;
    case DayRef::From::window_last:
      return window ? std::optional(window->last) : std::nullopt;
    case DayRef::From::field:
      return std::nullopt;
  }
  return std::nullopt;
}

bool holds(const Condition& condition, const FieldColumn& column, std::size_t row) {
  if (column.present[row] == 0) return false;
  if (!condition.texts.empty()) {
    return std::find(condition.texts.begin(), condition.texts.end(), column.text[row]) != condition.texts.end();
  }
  const auto code = column.code[row];
  for (const auto known : condition.codes) {
    if (known == code) return true;
  }
  return false;
}

/// One loop per type of field. Each sees only rows that are good so far and leaves `present` 1 where it put a value.
struct RecordMapper::Ops {
  RecordMapper& mapper;
  const RawBatch& raw;
  FieldId id;
  const FieldPlan& field;
  FieldColumn& column;
  const Cell* cells;

  /// Calls `read(row, cell)` for the cells that have text; a cell without is the fault `required`, or no value.
  template <class Read>
  void each(Read&& read) {
    const auto rows = raw.rows;
    auto* const state = mapper.batch_.state.data();
    for (std::size_t row = 0; row < rows; ++row) {
      if (state[row] != RowState::good) continue;
      const Cell cell = cells[row];
      if (cell.empty()) [[unlikely]] {
        column.present[row] = 0;
        if (!field.optional) mapper.refuse(id, row, "required", "is empty, expected a value");
        continue;
      }
      column.present[row] = 1;
      read(row, cell);
    }
  }

  void text() {
    each([&](std::size_t row, Cell cell) {
      if (cell.size() > kMaxText || !is_plain(cell)) {
        return mapper.refuse(id, row, "text",
                             cell.size() > kMaxText ? "is longer than 10000 bytes"
                                                    : "has control or invisible characters, expected text");
      }
      column.text[row] = cell;
      if (field.keyed) column.key[row] = base::siphash(kThingsKey, cell);
    });
  }
  void integer() {
    each([&](std::size_t row, Cell cell) {
      column.number[row] = count_of(cell);
      if (column.number[row] < 0) mapper.refuse(id, row, "integer", "is no whole number from 0 to 10^15 in digits");
    });
  }
  void boolean() {
    each([&](std::size_t row, Cell cell) {
      column.code[row] = cell == "true" ? 1 : 0;
      if (cell != "true" && cell != "false") mapper.refuse(id, row, "boolean", "is neither true nor false");
    });
  }
  void choice() {
    // Most rows say what the row before said, in few bytes.
    const auto* last = &field.choices.front();
    auto last_word = short_text(last->first);
    each([&](std::size_t row, Cell cell) {
      if (cell.size() != last->first.size() || short_text(cell) != last_word ||
          (cell.size() > sizeof last_word && cell != last->first)) {
        const auto found = std::find_if(field.choices.begin(), field.choices.end(),
                                        [&](const auto& known) { return known.first == cell; });
        if (found == field.choices.end()) {
          std::string known;
          for (const auto& [written, code] : field.choices)
            known += fmt::format("{}{}", known.empty() ? "" : ", ", written);
          return mapper.refuse(id, row, "enum", fmt::format("is none of {}", known));
        }
        last = &*found;
        last_word = short_text(last->first);
      }
      column.code[row] = last->second;
    });
  }
  void date() {
    const auto& format = *field.format;
    const auto not_after = field.not_after ? mapper.variables_.day(*field.not_after) : std::nullopt;
    const auto latest = not_after.value_or(model::Day(std::numeric_limits<std::int32_t>::max()));
    each([&](std::size_t row, Cell cell) {
      auto& day = column.day[row];
      if (!format.read(cell, day)) {
        return mapper.refuse(
            id, row, "date",
            format.has_shape(cell) ? "is no real date" : fmt::format("is no date, expected {}", format.pattern()));
      }
      if (day > latest) {
        return mapper.refuse(id, row, "date", fmt::format("is after {}, expected a day until then", latest.iso()));
      }
      if (field.to_the_second) column.number[row] = std::int64_t{day.since_epoch()} * 86'400 + format.seconds(cell);
    });
  }
  void citizen_number() {
    each([&](std::size_t row, Cell cell) {
      if (!is_citizen_number(cell)) {
        const bool digits = std::all_of(cell.begin(), cell.end(), [](char c) { return c >= '0' && c <= '9'; });
        return mapper.refuse(id, row, "citizen_number",
                             digits ? fmt::format("has {} digits, expected 12", cell.size())
                                    : "has characters other than digits, expected 12 digits");
      }
      column.key[row] = mapper.pseudonyms_.of(cell);
      column.code[row] = static_cast<std::uint8_t>(cell[3] - '0');
    });
    if (const auto& incoming = mapper.pseudonyms_.incoming()) {
      for (std::size_t row = 0; row < raw.rows; ++row) {
        if (mapper.batch_.state[row] == RowState::good && column.present[row] != 0)
          column.key_too[row] = incoming->of(cells[row]);
      }
    }
  }
  void unit() {
    auto& memo = *mapper.memos_[id];
    // The day is one for the delivery, or the first filled date of the row.
    const auto fixed = field.on.size() == 1 ? mapper.variables_.day(field.on.front()) : std::nullopt;
    const auto find = [&](std::size_t row, Cell cell, model::Day day) {
      const auto unit = memo.find(cell, day);
      if (unit == UnitMemo::kNone) return refuse_unit(row, cell, day);
      column.unit[row] = unit;
    };
    if (fixed) return each([&, day = *fixed](std::size_t row, Cell cell) { find(row, cell, day); });
    each([&](std::size_t row, Cell cell) {
      const auto day = row_day(row);
      if (!day) return mapper.refuse(id, row, "unit", "has no day to be valid on, expected a date in the row");
      find(row, cell, *day);
    });
  }
  [[nodiscard]] std::optional<model::Day> row_day(std::size_t row) const {
    for (const auto& ref : field.on) {
      if (ref.from != DayRef::From::field) return mapper.variables_.day(ref);
      const auto& dates = mapper.batch_.fields[ref.field];
      if (dates.present[row] != 0) return dates.day[row];
    }
    return std::nullopt;
  }
  void refuse_unit(std::size_t row, Cell cell, model::Day day) {
    if (mapper.plan_.personal) {
      return mapper.refuse(id, row, "unit",
                           fmt::format("is no unit on {}, expected one of scheme {}", day.iso(), field.scheme));
    }
    const auto found = mapper.units_.resolve(field.scheme, cell, day);
    mapper.refuse(id, row, "unit", fmt::format("on {}: {}", day.iso(), found.describe(mapper.units_, cell)));
  }

  void run() {
    switch (field.type) {
      case FieldType::text:
        return text();
      case FieldType::unit:
        return unit();
      case FieldType::date:
        return date();
      case FieldType::integer:
        return integer();
      case FieldType::boolean:
        return boolean();
      case FieldType::choice:
        return choice();
      case FieldType::citizen_number:
        return citizen_number();
    }
  }
};

RecordMapper::RecordMapper(const RecordPlan& plan, const units::UnitRegister& units, const Pseudonyms& pseudonyms,
                           Variables variables)
    : plan_(plan), units_(units), pseudonyms_(pseudonyms), variables_(std::move(variables)) {
  batch_.state.resize(RawBatch::kRows);
  batch_.fields.resize(plan_.fields.size());
  memos_.resize(plan_.fields.size());
  constants_.resize(plan_.fields.size());
  constant_cells_.resize(plan_.fields.size());
  for (FieldId id = 0; id < plan_.fields.size(); ++id) {
    const auto& field = plan_.fields[id];
    auto& column = batch_.fields[id];
    column.present.resize(RawBatch::kRows);
    switch (field.type) {
      case FieldType::text:
        column.text.resize(RawBatch::kRows);
        if (field.keyed) column.key.resize(RawBatch::kRows);
        break;
      case FieldType::unit:
        column.unit.resize(RawBatch::kRows);
        memos_[id] = std::make_unique<UnitMemo>(units_, field.scheme, field.on_any_day, field.groups);
        break;
      case FieldType::date:
        column.day.resize(RawBatch::kRows);
        if (field.to_the_second) column.number.resize(RawBatch::kRows);
        break;
      case FieldType::integer:
        column.number.resize(RawBatch::kRows);
        break;
      case FieldType::boolean:
      case FieldType::choice:
        column.code.resize(RawBatch::kRows);
        break;
      case FieldType::citizen_number:
        column.key.resize(RawBatch::kRows);
        if (pseudonyms_.incoming()) column.key_too.resize(RawBatch::kRows);
        column.code.resize(RawBatch::kRows);
        break;
    }
  }
}

RecordMapper::~RecordMapper() = default;

base::Status RecordMapper::begin_document(std::span<const std::pair<std::string, std::string>> items) {
  constexpr std::string_view kItem = "$item.";
  const auto resolve = [&](const std::string& text) -> base::Result<std::string> {
    const auto missing = [&] {
      return base::fail(base::Fault::bad_data,
                        fmt::format("\"{}\": is not known here, expected it from the protocol", text));
    };
    if (text.starts_with(kItem)) {
      const auto found = std::find_if(items.begin(), items.end(),
                                      [&](const auto& item) { return item.first == text.substr(kItem.size()); });
      if (found == items.end()) return missing();
      return found->second;
    }
    if (text == "$source") return variables_.source;
    if (text == "$date") return variables_.date().iso();
    if (text == "$today") return variables_.today.iso();
    if (!variables_.window) return missing();
    if (text == "$window.first") return variables_.window->first.iso();
    if (text == "$window.last") return variables_.window->last.iso();
    return missing();
  };
  for (FieldId id = 0; id < plan_.fields.size(); ++id) {
    const auto& field = plan_.fields[id];
    if (field.input) continue;
    auto text = field.variable ? resolve(field.value) : base::Result<std::string>(field.value);
    if (!text) return base::fail_within(field.name, text);
    constants_[id] = std::move(*text);
    constant_cells_[id].assign(RawBatch::kRows, Cell(constants_[id]));
  }
  skip_values_.clear();
  for (const auto& rule : plan_.skip) {
    auto& values = skip_values_.emplace_back();
    for (const auto& value : rule.values) {
      auto text = value.starts_with('$') ? resolve(value) : base::Result<std::string>(value);
      if (!text) return base::fail_within("check.skip", text);
      values.push_back(std::move(*text));
    }
  }
  return {};
}

const Cell* RecordMapper::cells(FieldId field, const RawBatch& raw) const {
  const auto& input = plan_.fields[field].input;
  return input ? raw.cells[*input].data() : constant_cells_[field].data();
}

void RecordMapper::refuse(FieldId field, std::size_t row, std::string_view rule, std::string_view what) {
  batch_.state[row] = RowState::bad;
  const auto& column = plan_.fields[field].column;
  quarantine_->add(batch_.raw->line[row], batch_.raw->byte[row], column, rule,
                   quarantine_->keeps() ? fmt::format("column \"{}\" {}", column, what) : std::string(),
                   cells(field, *batch_.raw)[row]);
}

void RecordMapper::skip(const RawBatch& raw) {
  for (std::size_t i = 0; i < plan_.skip.size(); ++i) {
    const auto* const column = cells(plan_.skip[i].field, raw);
    const auto& values = skip_values_[i];
    for (std::size_t row = 0; row < raw.rows; ++row) {
      if (has_value(column[row]) && std::find(values.begin(), values.end(), column[row]) != values.end())
        batch_.state[row] = RowState::skipped;
    }
  }
}

void RecordMapper::filter() {
  for (const auto& condition : plan_.filter) {
    const auto& column = batch_.fields[condition.field];
    for (std::size_t row = 0; row < batch_.rows; ++row) {
      if (batch_.state[row] == RowState::good && !holds(condition, column, row)) batch_.state[row] = RowState::filtered;
    }
  }
}

const RecordBatch& RecordMapper::map(const RawBatch& raw, Quarantine& quarantine) {
  quarantine_ = &quarantine;
  batch_.rows = raw.rows;
  batch_.raw = &raw;
  std::fill_n(batch_.state.begin(), raw.rows, RowState::good);
  for (const auto& fault : raw.faults) quarantine.add(fault);
  if (!plan_.skip.empty()) skip(raw);
  for (const auto id : plan_.order) Ops{*this, raw, id, plan_.fields[id], batch_.fields[id], cells(id, raw)}.run();
  filter();
  return batch_;
}

}  // namespace ntmd::connectors
