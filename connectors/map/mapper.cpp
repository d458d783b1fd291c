#include "connectors/map/mapper.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "daemon/settings/reader.h"

namespace ntmd::connectors {
namespace {

constexpr std::size_t kCitizenDigits = 12;
constexpr std::int64_t kMaxValue = 1'000'000'000'000'000;

bool digits(Cell text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int two(Cell text, std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); }

std::optional<model::Day> parse_date(Cell text, bool day_first) {
  if (!day_first) return model::Day::parse(text);
  if (text.size() != 10 || text[2] != '/' || text[5] != '/') return std::nullopt;
  if (!digits(text.substr(0, 2)) || !digits(text.substr(3, 2)) || !digits(text.substr(6))) return std::nullopt;
  return model::Day::of(two(text, 6) * 100 + two(text, 8), static_cast<unsigned>(two(text, 3)),
                        static_cast<unsigned>(two(text, 0)));
}

std::optional<std::int64_t> parse_integer(Cell text) {
  std::int64_t value = 0;
  if (text.empty() || !digits(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > kMaxValue) return std::nullopt;
  return value;
}

/// What may be kept of a refused cell: short, printable, no long run of digits.
std::string shown(Cell cell) {
  constexpr std::size_t kMost = 80;
  std::string out;
  for (const char c : cell.substr(0, kMost)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  while (!out.empty() && cell.size() > kMost && (static_cast<unsigned char>(cell[out.size()]) & 0xC0U) == 0x80U)
    out.pop_back();
  return out;
}

}  // namespace

Mapper::Mapper(const RecordPlan& plan, const units::UnitRegister& units, const model::ElementTable& elements,
               const Pseudonyms& pseudonyms, std::optional<model::Day> delivery_date, model::Day today)
    : plan_(plan),
      units_(units),
      elements_(elements),
      pseudonyms_(pseudonyms),
      delivery_date_(delivery_date),
      today_(today) {
  batch_.columns.resize(plan.fields.size());
}

const RecordBatch& Mapper::map(const RawBatch& raw, const FaultSink& refuse) {
  batch_.rows = raw.rows;
  batch_.raw = &raw;
  batch_.state.assign(raw.rows, RowState::good);
  for (std::size_t i = 0; i < plan_.fields.size(); ++i) map_field(i, raw, refuse);
  for (const auto& filter : plan_.filters) {
    const auto& column = batch_.columns[filter.field];
    for (std::size_t row = 0; row < raw.rows; ++row) {
      const bool other = column.number[row] != static_cast<std::int64_t>(filter.choice);
      if (other && batch_.state[row] == RowState::good) batch_.state[row] = RowState::filtered;
    }
  }
  return batch_;
}

void Mapper::refuse_row(std::size_t row, const Field& field, std::string_view rule, std::string message,
                        const FaultSink& refuse) {
  batch_.state[row] = RowState::refused;
  FieldFault fault;
  fault.row = row;
  fault.field = &field;
  fault.rule = rule;
  fault.message = fmt::format("column \"{}\" {}", field.column, message);
  if (!plan_.personal) fault.value = shown(batch_.raw->cells[field.input][row]);
  refuse(fault);
}

void Mapper::map_field(std::size_t index, const RawBatch& raw, const FaultSink& refuse) {
  const auto& field = plan_.fields[index];
  auto& column = batch_.columns[index];
  const auto& cells = raw.cells[field.input];
  column.present.assign(raw.rows, 1);
  switch (field.type) {
    case FieldType::unit:
      column.unit.resize(raw.rows);
      break;
    case FieldType::text:
      column.text.resize(raw.rows);
      break;
    case FieldType::citizen_number:
      column.key.resize(raw.rows);
      column.male.resize(raw.rows);
      break;
    default:
      column.number.assign(raw.rows, -1);
  }
  for (std::size_t row = 0; row < raw.rows; ++row) {
    if (batch_.state[row] == RowState::refused) continue;
    const auto cell = cells[row];
    if (cell.empty()) {
      column.present[row] = 0;
      if (!field.optional) refuse_row(row, field, "required", "is empty, expected a value", refuse);
      continue;
    }
    switch (field.type) {
      case FieldType::text:
        column.text[row] = cell;
        break;
      case FieldType::unit:
        map_unit(field, column, row, cell, refuse);
        break;
      case FieldType::date:
        if (const auto day = parse_date(cell, field.day_first)) {
          column.number[row] = day->since_epoch();
        } else {
          refuse_row(row, field, "date",
                     fmt::format("is no real date, expected {}", field.day_first ? "dd/MM/yyyy" : "yyyy-MM-dd"),
                     refuse);
        }
        break;
      case FieldType::integer:
        if (const auto value = parse_integer(cell)) {
          column.number[row] = *value;
        } else {
          refuse_row(row, field, "integer", fmt::format("is no integer from 0 to {}", kMaxValue), refuse);
        }
        break;
      case FieldType::choice: {
        const auto found = std::ranges::find(field.choices, cell, &std::pair<std::string, std::string>::first);
        if (found != field.choices.end()) {
          column.number[row] = found - field.choices.begin();
        } else {
          std::string known;
          for (const auto& [text, meaning] : field.choices) known += (known.empty() ? "" : ", ") + text;
          refuse_row(row, field, "enum", "is not one of the agreed values, expected one of " + known, refuse);
        }
        break;
      }
      case FieldType::element:
        if (const auto* element = elements_.find(cell)) {
          column.number[row] = element->id;
        } else {
          std::vector<std::string> names;
          for (const auto& each : elements_.all()) names.push_back(each.name);
          refuse_row(row, field, "element", "is no known element" + settings::suggestion(cell, names), refuse);
        }
        break;
      case FieldType::citizen_number:
        if (cell.size() == kCitizenDigits && digits(cell)) {
          column.key[row] = pseudonyms_.of(cell);
          // The fourth digit tells the century and the sex: even is male.
          column.male[row] = (cell[3] - '0') % 2 == 0 ? 1 : 0;
        } else if (digits(cell)) {
          refuse_row(row, field, "citizen_number",
                     fmt::format("has {} digits, expected {}", cell.size(), kCitizenDigits), refuse);
        } else {
          refuse_row(row, field, "citizen_number",
                     fmt::format("holds something else than digits, expected {} digits", kCitizenDigits), refuse);
        }
        break;
    }
  }
}

void Mapper::map_unit(const Field& field, Column& column, std::size_t row, Cell cell, const FaultSink& refuse) {
  auto day = field.on_delivery_date ? delivery_date_ : std::nullopt;
  for (const auto on : field.on_fields) {
    if (day) break;
    if (batch_.columns[on].present[row] != 0)
      day = model::Day(static_cast<std::int32_t>(batch_.columns[on].number[row]));
  }
  const auto asked = day.value_or(today_);
  const auto code = model::UnitCode::of(cell);
  const auto found = code ? units_.find(*code, asked) : std::nullopt;
  if (found) {
    column.unit[row] = *found;
    return;
  }
  const auto resolution = units_.resolve("", cell, asked);
  if (field.on_any_day && !resolution.candidates.empty()) {
    column.unit[row] = resolution.candidates.back();
    return;
  }
  refuse_row(row, field, "unit", "names no unit: " + resolution.describe(units_, cell), refuse);
}

}  // namespace ntmd::connectors
