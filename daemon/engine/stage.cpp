#include "daemon/engine/stage.h"

#include <algorithm>

#include <fmt/format.h>

namespace ntmd::engine {
namespace {

using connectors::RecordBatch;
using connectors::RowState;

bool present(const RecordBatch& batch, connectors::FieldRef field, std::size_t row) {
  return field && batch.columns[*field].present[row] != 0;
}

model::Day day_at(const RecordBatch& batch, std::size_t field, std::size_t row) {
  return model::Day(static_cast<std::int32_t>(batch.columns[field].number[row]));
}

std::string text_at(const RecordBatch& batch, connectors::FieldRef field, std::size_t row) {
  return present(batch, field, row) ? std::string(batch.columns[*field].text[row]) : std::string{};
}

}  // namespace

Stage::Stage(const StageContext& context) : context_(context) {
  if (const auto* load = std::get_if<connectors::SnapshotLoad>(&context.plan.load)) {
    keys_.resize(load->derive.size());
    for (auto& units : keys_) units.resize(context.units.all().size());
    seen_.resize(context.units.all().size());
    if (context.dated) working_age_.emplace(*context.dated);
  }
}

void Stage::take(const RecordBatch& batch, std::vector<LoadFault>& faults) {
  std::visit(
      [&](const auto& load) {
        using Load = std::decay_t<decltype(load)>;
        if constexpr (std::is_same_v<Load, connectors::FiguresLoad>) {
          take_figures(load, batch, faults);
        } else if constexpr (std::is_same_v<Load, connectors::EvidenceLoad>) {
          take_evidence(load, batch);
        } else {
          take_snapshot(load, batch);
        }
      },
      context_.plan.load);
}

void Stage::note_date(model::Day day, std::uint64_t line) {
  if (day <= context_.today) return;
  if (later_rows_++ == 0) first_later_line_ = line;
}

void Stage::take_figures(const connectors::FiguresLoad& load, const RecordBatch& batch,
                         std::vector<LoadFault>& faults) {
  const auto column = [&](connectors::FieldRef field) {
    return field ? context_.plan.fields[*field].column : std::string{};
  };
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (batch.state[row] != RowState::good) {
      filtered_ += batch.state[row] == RowState::filtered ? 1 : 0;
      continue;
    }
    const auto* element = context_.elements.get(static_cast<model::ElementId>(batch.columns[load.element].number[row]));
    const bool as_of = present(batch, load.as_of, row);
    const bool first = present(batch, load.period_first, row);
    const bool last = present(batch, load.period_last, row);
    const auto refuse = [&](connectors::FieldRef field, std::string_view rule, std::string message) {
      faults.push_back({row, column(field), std::string(rule), std::move(message)});
    };
    model::Figure figure;
    if (element->kind == model::ElementKind::stock) {
      if (!as_of) {
        refuse(load.as_of, "required",
               fmt::format("column \"{}\" is empty, expected the date of the stock {}", column(load.as_of),
                           element->name));
        continue;
      }
      if (first || last) {
        refuse(load.period_first, "period", fmt::format("{} is a stock, expected no period", element->name));
        continue;
      }
      figure.period = {day_at(batch, *load.as_of, row), day_at(batch, *load.as_of, row)};
    } else {
      if (!first || !last) {
        const auto missing = first ? load.period_last : load.period_first;
        refuse(
            missing, "required",
            fmt::format("column \"{}\" is empty, expected the period of the flow {}", column(missing), element->name));
        continue;
      }
      if (as_of) {
        refuse(load.as_of, "period", fmt::format("{} is a flow, expected no {}", element->name, column(load.as_of)));
        continue;
      }
      figure.period = {day_at(batch, *load.period_first, row), day_at(batch, *load.period_last, row)};
      if (figure.period.last < figure.period.first) {
        refuse(load.period_last, "period", "the period ends before it begins");
        continue;
      }
    }
    if (!present(batch, load.value, row)) {
      ++filtered_;
      continue;
    }
    figure.unit = context_.units.at(batch.columns[load.unit].unit[row]).code;
    figure.element = element->id;
    figure.source = context_.source;
    figure.value = batch.columns[load.value].number[row];
    figure.received = context_.received;
    figure.row = ++row_;
    note_date(figure.period.last, batch.raw->line[row]);
    figures_.push_back(figure);
    ++loaded_;
  }
}

void Stage::take_evidence(const connectors::EvidenceLoad& load, const RecordBatch& batch) {
  const auto& fields = context_.plan.fields;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (batch.state[row] != RowState::good) {
      filtered_ += batch.state[row] == RowState::filtered ? 1 : 0;
      continue;
    }
    const auto meaning = [&](std::size_t field) -> const std::string& {
      return fields[field].choices[static_cast<std::size_t>(batch.columns[field].number[row])].second;
    };
    model::Evidence record;
    record.unit = context_.units.at(batch.columns[load.unit].unit[row]).code;
    record.indicator = text_at(batch, load.indicator, row);
    record.kind = model::parse_evidence_kind(meaning(load.kind)).value();
    record.number = text_at(batch, load.number, row);
    record.issued_on = day_at(batch, load.issued_on, row);
    record.issuer = text_at(batch, load.issuer, row);
    if (present(batch, load.valid_to, row)) record.valid_to = day_at(batch, *load.valid_to, row);
    record.state = model::parse_evidence_state(meaning(load.state)).value();
    if (present(batch, load.confirmed_value, row))
      record.confirmed_value = batch.columns[*load.confirmed_value].number[row];
    record.sha256 = text_at(batch, load.sha256, row);
    record.source = context_.source;
    record.row = ++row_;
    note_date(record.issued_on, batch.raw->line[row]);
    evidence_.push_back(std::move(record));
    ++loaded_;
  }
}

void Stage::take_snapshot(const connectors::SnapshotLoad& load, const RecordBatch& batch) {
  const auto& units = batch.columns[load.unit].unit;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (batch.state[row] == RowState::refused) continue;
    seen_[units[row]] = 1;
    ++(batch.state[row] == RowState::filtered ? filtered_ : loaded_);
  }
  for (std::size_t i = 0; i < load.derive.size(); ++i) {
    const auto& count = load.derive[i];
    const auto& people = batch.columns[count.key];
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (batch.state[row] != RowState::good) continue;
      if (count.born_in_working_age &&
          !working_age_->holds(day_at(batch, *count.born_in_working_age, row), people.male[row] != 0)) {
        continue;
      }
      keys_[i][units[row]].push_back(people.key[row]);
    }
  }
}

void Stage::finish(store::StagedDelivery& delivery) {
  delivery.figures = std::move(figures_);
  delivery.evidence = std::move(evidence_);
  const auto* load = std::get_if<connectors::SnapshotLoad>(&context_.plan.load);
  if (load == nullptr) return;
  for (std::size_t i = 0; i < load->derive.size(); ++i) {
    for (std::size_t unit = 0; unit < seen_.size(); ++unit) {
      if (seen_[unit] == 0) continue;
      auto& keys = keys_[i][unit];
      std::ranges::sort(keys);
      keys.erase(std::ranges::unique(keys).begin(), keys.end());
      delivery.runs.push_back({load->derive[i].element, context_.units.at(static_cast<units::UnitRow>(unit)).code,
                               context_.key_id, std::move(keys)});
    }
  }
}

}  // namespace ntmd::engine
